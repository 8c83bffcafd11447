# SPDX-License-Identifier: Apache-2.0
"""Time as a value: both clocks move together, and nothing is lost between microseconds and datetimes."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from edge.contract.words import ClockQuality
from edge.core.clock import ManualClock, Now, SteeredClock, SystemClock, instant, wall_us

NOW = Now(1_750_132_800_000_001, 5_000, ClockQuality.SYNCED)
micros = st.integers(0, 250_000_000_000_000_000 // 1000)


@given(us=micros)
def test_microseconds_survive_the_datetime(us: int) -> None:
    """A wall clock in microseconds becomes a datetime and comes back the same."""
    assert wall_us(instant(us)) == us


def test_an_instant_is_in_utc() -> None:
    """The datetime of an instant is aware and in UTC."""
    assert NOW.at == datetime(2025, 6, 17, 4, 0, 0, 1, UTC)


def test_a_manual_clock_moves_when_told() -> None:
    """Both clocks go on by the same time, and the quality stays."""
    clock = ManualClock(NOW)
    assert clock.now() == NOW
    assert clock.advance(1.5) == clock.now() == Now(NOW.wall_us + 1_500_000, 6_500, ClockQuality.SYNCED)


def test_the_system_clock_does_not_stand_still_or_go_back() -> None:
    """The machine's uptime rises, and of its clock nothing is known."""
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert second.uptime_ms >= first.uptime_ms > 0
    assert first.quality is ClockQuality.HELD


def test_a_steered_clock_is_uptime_and_an_offset() -> None:
    """It jumps when its offset is set, and never by itself."""
    clock = SteeredClock(NOW.wall_us, ClockQuality.UNSET, uptime=lambda: 2_500_999)
    assert clock.now() == Now(NOW.wall_us + 2_500_999, 2_500, ClockQuality.UNSET)
    clock.offset_us, clock.quality = 0, ClockQuality.SYNCED
    assert clock.now() == Now(2_500_999, 2_500, ClockQuality.SYNCED)
    clock.error_ms = 120
    assert clock.now().error_ms == 120
    machine = SteeredClock(0, ClockQuality.HELD)
    assert machine.now().uptime_ms <= machine.now().uptime_ms
