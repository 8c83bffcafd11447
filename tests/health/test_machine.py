# SPDX-License-Identifier: Apache-2.0
"""What the kernel is asked about its clock, and what is made of its answer."""

import time
from pathlib import Path

import pytest

from edge.core.clock import uptime_us
from edge.health import machine
from edge.health.machine import STA_NANO, Timex, judged, look, read_boot_id, service_error_ms

SYSTEM_US = 1_795_000_000_500_000


def answer(**figures: int) -> Timex:
    """A kernel that shows `SYSTEM_US`."""
    return Timex(time_s=SYSTEM_US // 1_000_000, time_part=SYSTEM_US % 1_000_000, **figures)


@pytest.mark.parametrize(
    ("state", "said", "error_ms"),
    [
        (5, answer(maxerror=16_000_000), None),
        (0, answer(maxerror=50_000, esterror=2_000), 12),
        (0, answer(maxerror=16_000_000), 3_200),
        (1, answer(), 0),
        (0, Timex(time_s=86_400), None),
        (0, Timex(time_s=SYSTEM_US // 1_000_000, time_part=500_000_000, status=STA_NANO), 0),
    ],
    ids=["nobody_holds_it", "held", "long_ago", "leap_second_ahead", "another_clock", "nanoseconds"],
)
def test_answer_is_judged(state: int, said: Timex, error_ms: int | None) -> None:
    """Held or not, how far off, and only if it is the clock that this process sees."""
    assert judged(state, said, SYSTEM_US) == error_ms


def test_where_the_kernel_may_not_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sandbox timesyncd's mark must do."""
    monkeypatch.setattr(machine, "TIMESYNC", tmp_path / "synchronized")
    assert judged(-1, Timex(), SYSTEM_US) is None
    (tmp_path / "synchronized").touch()
    assert judged(-1, Timex(), SYSTEM_US) == 0


def test_this_machine() -> None:
    """Both clocks are read at one moment, and the kernel of this machine answers in the shape that is expected."""
    seen = look()
    assert abs(seen.system_us - time.time_ns() // 1_000) < 60_000_000
    assert 0 < seen.uptime_us <= uptime_us()
    told = service_error_ms(time.time_ns() // 1_000)
    assert told is None or 0 <= told <= 4_000
    assert len(read_boot_id()) == 36
