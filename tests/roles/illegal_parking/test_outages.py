# SPDX-License-Identifier: Apache-2.0
"""Restarts, lost cameras and silence."""

from edge.core.inputs import Ticked
from edge.core.tracks import Kind
from tests.roles.illegal_parking.street import BUS, ELSEWHERE, SPOT, Street, shifted_box


def test_restart_in_mid_stay() -> None:
    """After a restart with new names the same car goes on with the same stay, the time without eyes included."""
    for played in (5, 30, 59):
        street = Street()
        street.comes(1)
        street.plays(played)
        street.restarts(20)
        street.plays(100)
        assert street.facts == ["opened", "case"]
        assert 60 <= street.said("case")[0]["dwell_s"] <= 80
        street.leaves(101)
        street.plays(10)
        assert street.facts == ["opened", "case", "departed"]


def test_restart_after_the_case() -> None:
    """A case that is out stays the only one through any number of restarts."""
    street = Street()
    street.comes(1)
    street.plays(70)
    for _ in range(3):
        street.restarts(600)
        street.plays(100)
    assert street.facts == ["opened", "case"]


def test_restart_too_long() -> None:
    """After a longer outage than may be bridged nobody can tell whether it is the same car: no case comes of it."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.restarts(400)
    street.plays(200)
    assert street.facts == ["opened", "departed"]
    assert street.said("departed")[0]["dwell_s"] <= 30


def test_left_during_the_restart() -> None:
    """A car that is gone after a restart is told departed once the camera has looked; the gap is no dwell."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.vanishes(1)
    street.restarts(50)
    street.plays(7)
    assert street.facts == ["opened"]
    street.plays(5)
    assert street.facts == ["opened", "departed"]
    assert 25 <= street.said("departed")[0]["dwell_s"] <= 30


def test_names_begin_anew() -> None:
    """A new worker counts its tracks from one again: the same number is not the same vehicle."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.restarts(20)
    street.vanishes(101)
    street.comes(1, shifted_box(SPOT, right=1.2), arrived=False)
    street.plays(100)
    assert street.facts == ["opened", "departed"]


def test_camera_lost() -> None:
    """While the camera is away stays are held; when it is back they go on, or end after it has looked for a while."""
    for back in (True, False):
        street = Street()
        street.comes(1)
        street.plays(30)
        street.camera(online=False)
        street.passes(100)
        street.ticks()
        assert street.facts == ["opened"]
        street.camera(online=True)
        if not back:
            street.vanishes(1)
        street.plays(30)
        assert street.facts == (["opened", "case"] if back else ["opened", "departed"])


def test_camera_lost_while_the_place_looked_empty() -> None:
    """What was seen before the camera was lost does not add to what it sees when it is back."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.vanishes(1)
    street.plays(5)
    assert street.camera(online=False)
    assert not street.camera(online=False)
    street.passes(60)
    assert street.camera(online=True)
    assert not street.camera(online=True)
    street.plays(7)
    assert street.facts == ["opened"]
    street.plays(3)
    assert street.facts == ["opened", "departed"]


def test_agent_held_up_while_the_place_looked_empty() -> None:
    """Time in which nothing at all came through to the role is no silence of the camera."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.vanishes(1)
    street.plays(2)
    street.passes(60)
    street.ticks()
    street.comes(2)
    street.plays(60)
    assert street.facts == ["opened", "case"]


def test_hidden_while_it_was_missed() -> None:
    """A bus before a place that just looked empty stops the silence, but does not count as looking."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.vanishes(1)
    street.plays(5)
    street.comes(9, BUS, moving=True, kind=Kind.BUS)
    street.plays(60)
    street.vanishes(9)
    street.comes(2)
    street.plays(5)
    assert street.facts == ["opened", "case"]


def test_worker_that_does_not_come_to_look() -> None:
    """Silence of a camera that is back and whose worker waits for a processor ends no stay; once it looks, it may."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.camera(online=False)
    street.camera(online=True)
    for _ in range(60):
        street.passes(1)
        street.happens(Ticked(street.now, behind=("east",)))
    assert street.facts == ["opened"]
    for _ in range(7):
        street.passes(1)
        street.ticks()
    assert street.facts == ["opened"]
    street.passes(1)
    street.ticks()
    assert street.facts == ["opened", "departed"]


def test_silent_night() -> None:
    """Vision says nothing of an empty street; a car that was the only one there is told departed all the same."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.moves(1, ELSEWHERE)
    street.plays(1)
    street.changes(1, seen=False)
    street.plays(1)
    street.vanishes(1)
    street.plays(3)
    assert street.facts == ["opened", "departed"]


def test_before_the_agent_told_its_name() -> None:
    """Without the device's name nothing can be told apart, so nothing is looked at."""
    street = Street()
    street.state = type(street.state)()
    street.comes(1)
    street.plays(100)
    assert (street.facts, street.state.stays, street.ticks()) == ([], (), False)
