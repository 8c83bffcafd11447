# SPDX-License-Identifier: Apache-2.0
"""Days and hours: minute by minute the same as a calendar says."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.clock import wall_us
from edge.core.schedule import DAYS, Hours, in_force

BEIJING = timezone(timedelta(hours=8))
offsets = st.integers(-14 * 60, 14 * 60)


def hours(text_from: str, text_to: str, *days: str) -> Hours:
    """Hours as a technician writes them."""
    return Hours.model_validate({"from": text_from, "to": text_to} | ({"days": days} if days else {}))


@pytest.mark.parametrize(
    ("at", "expected"),
    [("16 06:59", False), ("16 07:00", True), ("16 21:59", True), ("16 22:00", False), ("17 12:00", False)],
)
def test_a_day_shift(at: str, expected: bool) -> None:
    """From is within, to is not; other days are not meant. 16 June 2025 is a Monday."""
    moment = datetime.strptime(f"2025-06-{at}", "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)
    assert in_force([hours("07:00", "22:00", "mon")], "+08:00", wall_us(moment)) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [("15 23:00", False), ("16 21:59", False), ("16 22:00", True), ("17 05:59", True), ("17 06:00", False)],
)
def test_a_night_shift(at: str, expected: bool) -> None:
    """Hours that wrap midnight belong to the day on which they begin."""
    moment = datetime.strptime(f"2025-06-{at}", "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)
    assert in_force([hours("22:00", "06:00", "mon")], "+08:00", wall_us(moment)) is expected


@given(us=st.integers(0, 4_000_000_000_000_000), offset=offsets)
def test_the_day_is_the_calendars_day(us: int, offset: int) -> None:
    """For any instant and offset, exactly the hours of the local weekday hold, from midnight to midnight."""
    text = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    local = datetime.fromtimestamp(us // 1_000_000, timezone(timedelta(minutes=offset)))
    holding = [day for day in DAYS if in_force([hours("00:00", "24:00", day)], text, us)]
    assert holding == [f"{local:%a}".lower()]


@given(us=st.integers(0, 4_000_000_000_000_000))
def test_no_hours_and_whole_days_are_always(us: int) -> None:
    """Without hours a zone is always in force, as it is from any time to the same time of the next day."""
    assert in_force([], "+08:00", us)
    assert in_force([hours("09:00", "09:00")], "+08:00", us)
