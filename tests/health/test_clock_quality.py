# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from edge.contract.words import ClockQuality
from edge.health import clock_quality
from edge.health.clock_quality import DRIFT_US, EARLIEST_US, MAX_SKEW_MS, disciplined, judge

GOOD = EARLIEST_US + 1_000_000


@pytest.mark.parametrize(
    ("wall_us", "last_good_us", "time_service", "skew_ms", "quality"),
    [
        (0, 0, True, 0, ClockQuality.UNSET),
        (EARLIEST_US - 1, 0, True, 0, ClockQuality.UNSET),
        (GOOD, GOOD + DRIFT_US + 1, False, None, ClockQuality.UNSET),
        (GOOD, GOOD + DRIFT_US, False, None, ClockQuality.HELD),
        (GOOD, GOOD + DRIFT_US + 1, True, None, ClockQuality.SYNCED),
        (GOOD, GOOD, True, None, ClockQuality.SYNCED),
        (GOOD, 0, False, MAX_SKEW_MS, ClockQuality.SYNCED),
        (GOOD, 0, False, -MAX_SKEW_MS - 1, ClockQuality.HELD),
        (GOOD, 0, False, None, ClockQuality.HELD),
    ],
    ids=[
        "boot_at_1970",
        "before_our_time",
        "back_in_time",
        "runs_slow",
        "hub_in_the_future",
        "time_service",
        "hub_agrees",
        "hub_differs",
        "alone",
    ],
)
def test_clock_is_judged(
    wall_us: int, last_good_us: int, time_service: bool, skew_ms: int | None, quality: ClockQuality
) -> None:
    """A clock before its own past was never set; one that somebody vouches for is synced; else it is held."""
    assert judge(wall_us, last_good_us, disciplined=time_service, skew_ms=skew_ms) is quality


def test_time_service_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd-timesyncd leaves a mark once it holds the clock."""
    monkeypatch.setattr(clock_quality, "_TIMESYNC", tmp_path / "synchronized")
    assert not disciplined()
    (tmp_path / "synchronized").touch()
    assert disciplined()
