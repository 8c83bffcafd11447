# SPDX-License-Identifier: Apache-2.0
"""No evidence by a clock for which nobody vouches, and cameras that look only every few minutes."""

from edge.contract.words import ClockQuality
from edge.core.inputs import Seen
from edge.core.tracks import Sighting
from edge.roles.illegal_parking.role import ROLE
from tests.roles.illegal_parking.street import SPOT, Street, settings_of


def test_the_case_waits_for_the_clock() -> None:
    """With a clock that nobody vouches for the case waits, the hub hears why once, and it goes out when one does."""
    street = Street()
    street.quality = ClockQuality.HELD
    street.comes(1)
    street.plays(100)
    assert street.facts == ["opened", "problem"]
    assert street.said("problem")[0]["code"] == "case-waits-for-clock"
    street.quality = ClockQuality.SYNCED
    street.plays(2)
    assert street.facts == ["opened", "problem", "case"]
    assert street.said("case")[0]["clock"] == "synced"


def test_photographs_by_a_clock_that_was_off() -> None:
    """A clock that is put right by more than a second leaves photographs that are none, and new ones are taken."""
    street = Street()
    street.quality = ClockQuality.HELD
    street.comes(1)
    street.plays(50)
    street.jumps(1.5)
    street.plays(20)
    assert street.facts == ["opened"]
    street.plays(30)
    case = street.said("case")[0]
    assert all(one["taken_at"] >= "2025-06-17T04:00:51" for one in case["photographs"])


def test_a_place_that_takes_any_clock() -> None:
    """Where the settings say so, and where a recording is played, a kept clock is enough."""
    for settings in (settings_of(clock="held"), ROLE.rehearsed(settings_of())):
        street = Street(settings)
        street.quality = ClockQuality.HELD
        street.comes(1)
        street.plays(65)
        assert street.facts == ["opened", "case"]


def seldom(street: Street, looks: int, every_s: int = 300) -> None:
    """A camera that gives a picture every few minutes, with a tick each second between."""
    for _ in range(looks):
        before_us = street.wall_us
        for _ in range(every_s):
            street.passes(1)
            street.ticks()
        seen = street.sighting("east")
        street.happens(Seen(street.now, Sighting("east", seen.at_us, seen.tracks, seen.scene, before_us=before_us)))


def test_a_picture_each_five_minutes() -> None:
    """A stay begins with the first look at it, one look without it is no departure, three are."""
    street = Street(settings_of({"limit_s": 600, "grace_s": 60}))
    seldom(street, 3)
    street.comes(1, SPOT)
    seldom(street, 1)
    first = street.tracks.pop(1)
    seldom(street, 1)
    street.tracks[1] = first
    seldom(street, 3)
    assert street.facts == ["opened", "case"]
    street.vanishes(1)
    seldom(street, 2)
    assert street.facts == ["opened", "case"]
    seldom(street, 2)
    assert street.facts == ["opened", "case", "departed"]
    assert street.said("departed")[0]["dwell_s"] == 1500


def test_a_seldom_camera_that_falls_silent() -> None:
    """Silence counts from where a look is overdue."""
    street = Street(settings_of({"limit_s": 1200, "grace_s": 60}))
    street.comes(1, SPOT)
    seldom(street, 3)
    street.vanishes(1)
    seldom(street, 1)
    for _ in range(760):
        street.passes(1)
        street.ticks()
    assert street.facts == ["opened", "departed"]


def test_restart_of_a_seldom_camera() -> None:
    """After a restart its first look may still be to come: until it is overdue nobody has gone."""
    street = Street(settings_of({"limit_s": 600, "grace_s": 60}))
    street.comes(1, SPOT)
    seldom(street, 2)
    street.restarts(20)
    for _ in range(300):
        street.passes(1)
        street.ticks()
    seldom(street, 2)
    assert street.facts == ["opened", "case"]
