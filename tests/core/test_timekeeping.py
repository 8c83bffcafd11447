# SPDX-License-Identifier: Apache-2.0
"""What a device believes of the time: who is believed, what a step does, what is remembered over a loss of power."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.clock import TimeSource
from edge.contract.words import ClockQuality
from edge.core.clock import EARLIEST_US
from edge.core.timekeeping import (
    AWAY_US,
    MAX_SKEW_MS,
    SLOW_US,
    STEP_US,
    VAGUE_MS,
    ZONES_US,
    Belief,
    Look,
    Word,
    at_boot,
    looked,
    told,
)

SECOND_US = 1_000_000
YEAR_US = 365 * 86_400 * SECOND_US
TRUE_US = EARLIEST_US + YEAR_US
"""What right time is ahead of uptime in these tests."""
LAST_US = TRUE_US - 30 * 86_400 * SECOND_US
"""The earliest that it can be, as was remembered."""


def look(up_s: float, system_off_us: int = 0, error_ms: int | None = None) -> Look:
    """The machine `up_s` after its boot, its system clock that far off."""
    up_us = round(up_s * SECOND_US)
    return Look(TRUE_US + up_us + system_off_us, up_us, error_ms)


def at_1970(up_s: float) -> Look:
    """The machine with a clock that begins with its boot."""
    up_us = round(up_s * SECOND_US)
    return Look(up_us, up_us)


def word(up_s: float, way_s: float = 0.02, off_us: int = 0) -> Word:
    """The hub's word, said in the middle between asking and hearing, `off_us` from the truth."""
    heard_us = round(up_s * SECOND_US)
    asked_us = heard_us - round(way_s * SECOND_US)
    return Word(TRUE_US + (asked_us + heard_us) // 2 + off_us, asked_us, heard_us)


def booted(seen: Look, *, ever_told: bool = True) -> Belief:
    """A device that was told the time a month ago."""
    return at_boot(seen, LAST_US, ever_told=ever_told)


@pytest.mark.parametrize(
    ("seen", "source", "quality"),
    [
        (at_1970(5), TimeSource.NONE, ClockQuality.UNSET),
        (look(5), TimeSource.SYSTEM, ClockQuality.HELD),
        (look(5, error_ms=3), TimeSource.TIME_SERVICE, ClockQuality.SYNCED),
        (look(5, -40 * 86_400 * SECOND_US), TimeSource.NONE, ClockQuality.UNSET),
        (look(5, 10 * YEAR_US), TimeSource.NONE, ClockQuality.UNSET),
        (look(5, 10 * YEAR_US, 3), TimeSource.TIME_SERVICE, ClockQuality.SYNCED),
        (replace(at_1970(5), error_ms=3), TimeSource.NONE, ClockQuality.UNSET),
        (look(5, error_ms=2 * MAX_SKEW_MS), TimeSource.TIME_SERVICE, ClockQuality.HELD),
    ],
    ids=["1970", "plausible", "time_service", "before_its_past", "years_ahead", "sure_of_it", "sure_of_1970", "vague"],
)
def test_boot(seen: Look, source: TimeSource, quality: ClockQuality) -> None:
    """A power-up believes a time service, then a system clock that can be right, and else nobody."""
    belief = booted(seen)
    assert (belief.source, belief.quality(seen.uptime_ms)) == (source, quality)


def test_boot_of_a_device_that_was_never_told() -> None:
    """A new device knows no last right time, so any clock of its own days is as good as it gets."""
    for off_us, source in ((5 * YEAR_US, TimeSource.SYSTEM), (30 * YEAR_US, TimeSource.NONE)):
        assert at_boot(look(5, off_us), 0, ever_told=False).source is source


def test_without_a_clock_time_goes_on_from_the_last_right_one() -> None:
    """What is shown then is the earliest that it can be, and it is remembered, so that reboots add up."""
    floor_us = LAST_US
    for _ in range(60):
        belief = booted(at_1970(40))
        belief = at_boot(at_1970(40), floor_us, ever_told=True)
        assert belief.offset_us + 40 * SECOND_US == floor_us
        belief = looked(belief, at_1970(1_040))
        floor_us = belief.floor_at_us(1_040 * SECOND_US)
    assert floor_us == LAST_US + 60 * 1_000 * SECOND_US < TRUE_US


def test_time_service_is_believed_at_once() -> None:
    """Whatever was believed before, a held system clock is the time, also when it steps back by years."""
    for before in (booted(at_1970(5)), booted(look(5, 10 * YEAR_US, 3)), told(booted(at_1970(5)), word(6))):
        now = looked(before, look(7, error_ms=1))
        assert (now.offset_us, now.source, now.error_ms) == (TRUE_US, TimeSource.TIME_SERVICE, 1)
        assert now.quality(7_000) is ClockQuality.SYNCED


@pytest.mark.parametrize("off_us", [10 * YEAR_US, -10 * YEAR_US, 3600 * SECOND_US], ids=["ahead", "back", "an_hour"])
def test_step_does_not_move_a_time_that_was_vouched_for(off_us: int) -> None:
    """Neither when the hub told it nor when a time service did that has gone since."""
    for before in (told(booted(at_1970(5)), word(6)), looked(booted(look(5)), look(6, error_ms=1))):
        after = looked(before, look(7, off_us))
        assert (after.offset_us, after.source) == (before.offset_us, before.source)
        assert after.quality(7_000) is ClockQuality.SYNCED
        assert after.system_us - after.offset_us == pytest.approx(off_us, abs=SECOND_US)


def test_vouched_time_grows_doubtful() -> None:
    """A crystal drifts: what was right to 10 ms is within a second for hours, and held after that."""
    belief = told(booted(at_1970(5)), word(10))
    assert belief.doubt_ms(10_000) == 11
    assert belief.quality(9_000_000) is ClockQuality.SYNCED
    assert belief.quality(11_000_000) is ClockQuality.HELD
    assert belief.doubt_ms(5_000) == 11


def test_step_of_years_without_anybody_to_ask() -> None:
    """The clock stays where it was and is no more trusted, until the system clock is back or somebody tells."""
    for off_us in (10 * YEAR_US, -10 * YEAR_US, 40 * 86_400 * SECOND_US):
        shaken = looked(booted(look(5)), look(6, off_us))
        assert (shaken.offset_us, shaken.quality(6_000)) == (TRUE_US, ClockQuality.UNSET)
        still = looked(shaken, look(7, off_us))
        assert (still.offset_us, still.quality(7_000)) == (TRUE_US, ClockQuality.UNSET)
        back = looked(still, look(8))
        assert (back.offset_us, back.quality(8_000)) == (TRUE_US, ClockQuality.HELD)
        assert told(still, word(8)).quality(8_000) is ClockQuality.SYNCED


def test_step_that_a_person_makes() -> None:
    """Where nobody else knows the time, a clock that is set by some hours is followed; it is held as before."""
    belief = looked(booted(look(5, -8 * 3600 * SECOND_US)), look(6))
    assert (belief.offset_us, belief.source, belief.quality(6_000)) == (TRUE_US, TimeSource.SYSTEM, ClockQuality.HELD)
    trimmed = looked(belief, look(7, STEP_US // 2))
    assert trimmed.offset_us == TRUE_US + STEP_US // 2
    assert looked(booted(look(5)), look(6, ZONES_US + SECOND_US)).quality(6_000) is ClockQuality.UNSET


def test_clock_that_is_set_at_last() -> None:
    """A device that came up in 1970 takes the first clock that can be right, and none that cannot."""
    unset = booted(at_1970(5))
    assert looked(unset, at_1970(6)) == unset
    assert looked(unset, look(7)).quality(7_000) is ClockQuality.HELD
    assert looked(unset, look(7, 20 * YEAR_US)).quality(7_000) is ClockQuality.UNSET
    assert looked(unset, look(7, -SLOW_US - 31 * 86_400 * SECOND_US)).quality(7_000) is ClockQuality.UNSET


def test_hub_tells_the_time() -> None:
    """Without a time service the hub's word is the time, as exactly as the way there and back allows."""
    belief = told(booted(at_1970(5)), word(10, way_s=0.5))
    assert abs(belief.offset_us - TRUE_US) <= belief.error_ms * 1_000
    assert (belief.source, belief.error_ms, belief.ever_told) == (TimeSource.HUB, 251, True)
    assert belief.quality(10_000) is ClockQuality.SYNCED


def test_hub_makes_no_time_twitch() -> None:
    """What agrees with the hub's word stays as it is, and its doubt begins anew; a better word replaces a worse one."""
    belief = told(booted(at_1970(5)), word(10, way_s=0.5))
    off = told(belief, word(20, way_s=0.5, off_us=30_000))
    assert off == belief
    later = told(belief, word(10_000, way_s=0.5, off_us=30_000))
    assert (later.offset_us, later.error_ms, later.learnt_ms) == (belief.offset_us, 251 + 30, 10_000_000)
    better = told(belief, word(20, way_s=0.002, off_us=100_000))
    assert (better.offset_us, better.error_ms) == (TRUE_US + 100_000, 2)


@pytest.mark.parametrize(
    ("before", "heard"),
    [
        (booted(at_1970(5)), word(20, way_s=2 * VAGUE_MS / 1000 + 1)),
        (booted(at_1970(5)), word(10, off_us=-2 * YEAR_US)),
        (booted(look(5, error_ms=1)), word(10, off_us=3_000_000)),
        (told(booted(at_1970(5)), word(6, way_s=0.01)), word(10, way_s=4.0)),
    ],
    ids=["too_vague", "from_1970", "time_service_first", "worse_than_ours"],
)
def test_hub_is_not_believed(before: Belief, heard: Word) -> None:
    """Its word is passed over when it says less than is known already, or cannot be right."""
    assert told(before, heard) is before


def test_hub_after_a_time_service_that_is_long_gone() -> None:
    """Once drift has eaten the second, the hub's word is better than what the service said last night."""
    belief = booted(look(5, error_ms=1))
    assert told(belief, word(20_000, off_us=2_500_000)).offset_us == TRUE_US + 2_500_000


offs = st.sampled_from([0, 300_000, 5_000_000, 3_600_000_000, -3_600_000_000, 10 * YEAR_US, -10 * YEAR_US, AWAY_US])


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("look"), offs, st.sampled_from([None, None, None, 5])),
            st.tuples(st.just("word"), st.just(0), st.none()),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_vouched_time_is_right(story: list[tuple[str, int, int | None]]) -> None:
    """Whatever the system clock does: once vouched for, time is within its doubt, and without a source never ahead."""
    belief = booted(at_1970(5))
    for up_s, (what, off_us, error_ms) in enumerate(story, start=6):
        if what == "word":
            belief = told(belief, word(up_s))
        else:
            belief = looked(belief, look(up_s, 0 if error_ms else off_us, error_ms))
        if belief.vouched:
            assert abs(belief.offset_us - TRUE_US) <= belief.doubt_ms(up_s * 1_000) * 1_000
        if belief.source is TimeSource.NONE:
            assert belief.offset_us <= TRUE_US
        assert belief.vouched or belief.quality(up_s * 1_000) is not ClockQuality.SYNCED
        assert belief.floor_at_us(0) <= TRUE_US + belief.doubt_ms(up_s * 1_000) * 1_000
