# SPDX-License-Identifier: Apache-2.0
"""How far the wall clock may be trusted, judged from what is known about it. Pure but for the one probe."""

from pathlib import Path
from typing import Final

from edge.contract.words import ClockQuality

EARLIEST_US: Final = 1_767_225_600_000_000
"""2026-01-01 UTC: no event of this agent can be older; a clock before it was never set."""
MAX_SKEW_MS: Final = 1_000
"""GA/T 832-2014: evidence needs a clock within one second."""
DRIFT_US: Final = 600_000_000
"""A clock ten minutes behind what it should be runs slow; one further back was set back, or never set."""
_TIMESYNC = Path("/run/systemd/timesync/synchronized")


def judge(wall_us: int, last_good_us: int, *, disciplined: bool, skew_ms: int | None) -> ClockQuality:
    """`last_good_us` is the newest time that was known to be right; `skew_ms` is against the hub, if it was heard."""
    if wall_us < EARLIEST_US or (not disciplined and wall_us < last_good_us - DRIFT_US):
        return ClockQuality.UNSET
    if disciplined or (skew_ms is not None and abs(skew_ms) <= MAX_SKEW_MS):
        return ClockQuality.SYNCED
    return ClockQuality.HELD


def disciplined() -> bool:
    """Whether the system's time service says that it holds the clock."""
    return _TIMESYNC.exists()
