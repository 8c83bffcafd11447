# SPDX-License-Identifier: Apache-2.0
"""Clocks that are unset, set back, set ahead, or lost with the power."""

from edge.contract.words import ClockQuality
from edge.core.inputs import Seen
from tests.roles.illegal_parking.street import Street

NINETEEN_YEARS_S = 600_000_000.0
"""Between the date that a clock forgot and the one it thinks it is."""


def test_clock_unset() -> None:
    """Without a clock nothing is said, but time is counted; once it is set the case comes with true dates."""
    street = Street()
    street.jumps(-NINETEEN_YEARS_S, ClockQuality.UNSET)
    street.ticks()
    street.plays(3)
    street.comes(1)
    street.plays(40)
    assert (street.facts, street.kept) == ([], [])
    street.jumps(NINETEEN_YEARS_S)
    street.ticks()
    street.plays(40)
    assert street.facts == ["opened", "case"]
    assert street.said("case")[0]["first_seen"].startswith("2025-06-17T04:00:0")
    assert 60 <= street.said("case")[0]["dwell_s"] <= 62


def test_reboot_without_a_clock() -> None:
    """A stay found again by a clock that lost its date goes on, and comes back to true dates when the clock does."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.jumps(-NINETEEN_YEARS_S, ClockQuality.UNSET)
    street.restarts(20, reboot=True)
    street.plays(10)
    assert street.facts == ["opened"]
    street.jumps(NINETEEN_YEARS_S)
    street.plays(50)
    assert street.facts == ["opened", "case"]
    case = street.said("case")[0]
    assert case["case"] == street.said("opened")[0]["case"]
    assert case["first_seen"].startswith("2025-06-17T04:00:")


def test_reboot_without_a_clock_and_the_car_gone() -> None:
    """A departure is told by whatever clock there is, with the dates of the good one."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.vanishes(1)
    street.jumps(-NINETEEN_YEARS_S, ClockQuality.UNSET)
    street.restarts(20, reboot=True)
    street.plays(4)
    street.jumps(NINETEEN_YEARS_S)
    street.plays(20)
    assert street.facts == ["opened", "departed"]
    assert street.said("departed")[0]["last_seen"].startswith("2025-06-17T04:00:")


def test_clock_set_in_mid_stay() -> None:
    """A clock that is set by an hour, either way, neither makes a case nor takes one away."""
    for hours in (1, -1):
        street = Street()
        street.comes(1)
        street.plays(25)
        stale = street.sighting("east")
        street.jumps(hours * 3600)
        street.passes(0.1)
        street.ticks()
        street.happens(Seen(street.now, stale))
        assert street.facts == ["opened"]
        street.plays(60)
        assert street.facts == ["opened", "case"]
        case = street.said("case")[0]
        assert 60 <= case["dwell_s"] <= 65
        assert all(one["taken_at"] >= case["first_seen"] for one in case["photographs"])
