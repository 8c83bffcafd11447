# SPDX-License-Identifier: Apache-2.0
"""Other vehicles: queues, neighbours, a bus in front, whoever takes the place."""

from edge.core.tracks import Kind
from tests.roles.illegal_parking.street import BUS, ELSEWHERE, SPOT, Street, shifted_box


def test_crawling_queue() -> None:
    """Vehicles that stand for less than the grace at a time never count, however long the queue takes."""
    street = Street()
    box = shifted_box(SPOT, right=-0.4)
    street.comes(1, box)
    for _ in range(30):
        street.stands(1)
        street.plays(8)
        box = shifted_box(box, right=0.05)
        street.moves(1, box)
        street.plays(1)
    assert (street.facts, street.kept) == ([], [])


def test_queue_whose_ids_are_lost() -> None:
    """In a queue each vehicle takes the last one's place under a new name; their times do not add up."""
    street = Street()
    for name in range(1, 20):
        street.comes(name, shifted_box(SPOT, right=-0.3), moving=True)
        street.plays(3)
        street.changes(name, box=SPOT)
        street.stands(name)
        street.plays(8)
        street.vanishes(name)
    assert (street.facts, street.kept) == ([], [])


def test_queue_that_stood_longer_than_the_grace() -> None:
    """An opened stay whose vehicle moves on by its own length is over; where it stands next its time begins anew."""
    street = Street()
    street.comes(1)
    street.plays(45)
    street.moves(1, shifted_box(SPOT, right=1.0))
    street.plays(2)
    street.stands(1)
    street.plays(45)
    assert street.facts == ["opened", "departed", "opened"]


def test_bus_in_front() -> None:
    """A vehicle hidden for a while, remembered or lost and found under a new name, keeps its stay and its dwell."""
    for lost in (False, True):
        street = Street()
        street.comes(1)
        street.plays(30)
        street.comes(9, BUS, moving=True, kind=Kind.BUS)
        street.changes(1, seen=False)
        if lost:
            street.vanishes(1)
        street.plays(20)
        street.vanishes(9)
        if lost:
            street.comes(2, arrived=True)
        else:
            street.changes(1, seen=True)
        street.plays(100)
        assert street.facts == ["opened", "case"]
        assert street.said("case")[0]["dwell_s"] == 60


def test_bus_takes_the_name_along() -> None:
    """When a passing bus carries the track away, the car that still stands there keeps its stay."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.moves(1, BUS)
    street.plays(2)
    street.moves(1, ELSEWHERE)
    street.comes(2, arrived=True)
    street.plays(60)
    assert street.facts == ["opened", "case"]


def test_bus_in_front_for_too_long() -> None:
    """A vehicle out of sight for longer than may be bridged is let go, unless it has had its case already."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.vanishes(1)
    street.comes(9, BUS, arrived=False, kind=Kind.OTHER)
    street.plays(310)
    assert street.facts == ["opened", "departed"]
    street.vanishes(9)
    street.comes(2)
    street.plays(65)
    street.vanishes(2)
    street.comes(9, BUS, arrived=False, kind=Kind.OTHER)
    street.plays(1000)
    street.vanishes(9)
    street.comes(3)
    street.plays(100)
    assert street.facts == ["opened", "departed", "opened", "case"]


def test_place_hidden_for_good() -> None:
    """A finished stay behind something that never moves is given up in the end."""
    street = Street()
    street.comes(1)
    street.plays(65)
    street.vanishes(1)
    street.comes(9, BUS, arrived=False, kind=Kind.OTHER)
    street.plays(3700)
    assert (street.facts, street.state.stays) == (["opened", "case", "departed"], ())


def test_detector_blinks() -> None:
    """A few seconds without a detection are no departure."""
    street = Street()
    street.comes(1)
    for name in range(2, 30):
        street.plays(4)
        street.vanishes(name - 1)
        street.plays(5)
        street.comes(name)
    assert street.facts == ["opened", "case"]


def test_detector_sees_double() -> None:
    """One vehicle told as a car and as a truck is one stay."""
    street = Street()
    street.comes(1)
    street.comes(2, shifted_box(SPOT, right=0.05), kind=Kind.TRUCK)
    street.plays(100)
    street.vanishes(1)
    street.plays(100)
    assert street.facts == ["opened", "case"]


def test_part_of_a_hidden_vehicle_is_told_for_it() -> None:
    """While its own track is remembered, a piece of the vehicle, or who hides it, does not take its stay away."""
    street = Street()
    street.comes(1)
    street.plays(65)
    street.changes(1, seen=False)
    street.comes(2, shifted_box(SPOT, right=0.5), arrived=False)
    street.plays(2)
    street.changes(1, seen=True)
    street.plays(70)
    assert street.facts == ["opened", "case"]


def test_neighbours_after_a_restart() -> None:
    """Two cars whose boxes overlap each keep their own stay, though either could be the other by its place."""
    street = Street()
    street.comes(1)
    street.plays(5)
    street.comes(2, shifted_box(SPOT, right=0.5))
    street.plays(30)
    before = sorted(opened["first_seen"] for opened in street.said("opened"))
    street.restarts(10)
    street.plays(60)
    assert sorted(street.facts) == ["case", "case", "opened", "opened"]
    assert sorted(case["first_seen"] for case in street.said("case")) == before


def test_place_taken_by_another() -> None:
    """Who was seen to drive up to a place seen empty is another vehicle, and has its own stay."""
    street = Street()
    street.comes(1)
    street.plays(65)
    street.comes(2, ELSEWHERE, moving=True)
    street.plays(5)
    street.moves(1, ELSEWHERE)
    street.plays(2)
    street.changes(2, box=SPOT)
    street.stands(2)
    street.plays(70)
    assert street.facts == ["opened", "case", "departed", "opened", "case"]
    assert len({case["case"] for case in street.said("case")}) == 2


def test_place_taken_by_one_who_was_noticed_late() -> None:
    """A vehicle that was seen to leave does not lend its time to the next, even if that is first seen standing."""
    street = Street()
    street.comes(1)
    street.plays(50)
    street.leaves(1)
    street.plays(3)
    street.comes(2)
    street.plays(55)
    assert street.facts == ["opened", "departed", "opened"]
