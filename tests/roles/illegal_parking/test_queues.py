# SPDX-License-Identifier: Apache-2.0
"""Queueing traffic: lines that stand and go together, red lights, jams, and who parks in the midst of it."""

from dataclasses import replace

from edge.core.geometry import Box
from edge.core.tracks import Kind
from tests.roles.illegal_parking.street import SPOT, Street, settings_of, shifted_box

LANE = [(0.0, 0.5), (1.0, 0.5), (1.0, 0.75), (0.0, 0.75)]
HEAD, SECOND, THIRD = (shifted_box(SPOT, right=step) for step in (1.3, 0.0, -1.3))


def queueing(**queue: object) -> Street:
    """A street whose zone has a queue of two or more."""
    return Street(settings_of({"limit_s": 40, "queue": {"lane": LANE, "red_s": 90, **queue}}))


def stops(street: Street, *boxes: Box) -> None:
    """Vehicles drive up and stop in line, one after the other."""
    for number, box in enumerate(boxes, 1):
        street.comes(number, box)
        street.plays(3)


def test_red_light() -> None:
    """A line that stands through a long red light gets no case, and is gone with the green one."""
    street = queueing()
    stops(street, HEAD, SECOND, THIRD)
    street.plays(70)
    assert "case" not in street.facts
    for number, box in enumerate((HEAD, SECOND, THIRD), 1):
        street.moves(number, shifted_box(box, right=1.0))
    street.plays(3)
    assert "case" not in street.facts


def test_left_behind_by_the_queue() -> None:
    """Whose queue goes without it is parked, and its time begins with that."""
    street = queueing()
    stops(street, HEAD, SECOND)
    street.plays(30)
    street.moves(1, shifted_box(HEAD, right=0.6))
    street.plays(2)
    street.vanishes(1)
    street.plays(38)
    assert street.facts.count("case") == 0
    street.plays(15)
    assert street.facts.count("case") == 1
    case = street.said("case")[0]
    assert 40 <= case["dwell_s"] <= 45
    assert all(one["taken_at"] >= case["first_seen"] for one in case["photographs"])


def test_left_behind_before_it_was_opened() -> None:
    """The same within the grace."""
    street = queueing()
    stops(street, HEAD, SECOND)
    street.plays(3)
    street.moves(1, shifted_box(HEAD, right=0.6))
    street.plays(2)
    street.vanishes(1)
    street.plays(60)
    assert street.said("case")[0]["first_seen"] >= "2025-06-17T04:00:10"


def test_jam_that_never_ends() -> None:
    """A line that stands for longer than any queue is none: those are parked, with their whole dwell."""
    street = queueing(red_s=60)
    stops(street, HEAD, SECOND)
    street.plays(80)
    assert street.facts.count("case") == 2
    assert all(case["dwell_s"] >= 55 for case in street.said("case"))


def test_parked_one_by_one() -> None:
    """Neighbours that came at other times, stood there before, or stand across are no queue."""
    for other in ("later", "resident", "across", "off-lane"):
        street = queueing(together_s=10, lane=[(0.3, 0.5), (0.65, 0.5), (0.65, 0.75), (0.3, 0.75)])
        street.comes(1, shifted_box(HEAD, down=-2.0 if other == "across" else 0.0), arrived=other != "resident")
        street.plays(12 if other == "later" else 1)
        street.comes(2, SECOND)
        street.plays(43)
        cases = [case["vehicle"] for case in street.said("case")]
        assert len(cases) >= 1, other


def test_beside_the_queue() -> None:
    """Who parks beside a queue has its case, whatever that does."""
    street = queueing()
    street.comes(9, shifted_box(SPOT, down=1.1), kind=Kind.VAN)
    stops(street, HEAD, SECOND, THIRD)
    street.plays(40)
    assert [case["vehicle"] for case in street.said("case")] == ["van"]


def test_two_by_chance_are_no_queue_where_nothing_is_said_of_queues() -> None:
    """Without a word on queues two in a row are parkers, three that stop together wait for the light."""
    street = Street()
    stops(street, HEAD, SECOND)
    street.plays(65)
    assert street.facts.count("case") == 2
    street = Street()
    stops(street, HEAD, SECOND, THIRD)
    street.plays(65)
    assert street.facts.count("case") == 0


def drives(street: Street, name: int, *rights: float, down: float = 0.0, wide: float = 1.0) -> None:
    """A vehicle drives along, seen once at each place (in lengths of the spot)."""
    for step in rights:
        box = shifted_box(SPOT, right=step, down=down)
        box = Box(box.left, box.top, box.left + wide * box.width, box.bottom) if step == 0.0 else box
        if name in street.tracks:
            street.moves(name, box)
        else:
            street.comes(name, box, moving=True)
        street.plays(1)
    street.vanishes(name)


def test_driven_through() -> None:
    """Where another drives through, nobody stands: what the camera took for a vehicle is let go."""
    street = Street()
    street.comes(1)
    street.plays(20)
    street.changes(1, seen=False)
    drives(street, 2, -1.0, -0.7, 0.0, 0.7)
    assert street.facts == ["opened", "departed"]


def test_passed_and_not_driven_through() -> None:
    """A vehicle that shows meanwhile, one that passes nearer or merges, and one that turns back, take nothing away."""
    for how in ("shows", "nearer", "merged", "back"):
        street = Street()
        street.comes(1)
        street.plays(20)
        if how != "shows":
            street.changes(1, seen=False)
        rights = (-1.0, 0.0, -1.0) if how == "back" else (-1.0, 0.0, 0.7)
        drives(street, 2, *rights, down=0.3 if how == "nearer" else 0.0, wide=2.0 if how == "merged" else 1.0)
        street.changes(1, seen=True)
        street.plays(50)
        assert street.facts == ["opened", "case"], how


def test_first_seen_in_the_place() -> None:
    """A track that begins in the place, such as one of the vehicle itself told twice, drives through nothing."""
    street = Street()
    street.comes(1)
    street.plays(20)
    street.changes(1, seen=False)
    drives(street, 2, 0.1, 0.7)
    street.changes(1, seen=True)
    street.plays(50)
    assert street.facts == ["opened", "case"]


def test_clock_set_in_a_queue() -> None:
    """A clock that is set renames every track; the queue is looked at anew."""
    street = queueing()
    stops(street, HEAD, SECOND)
    street.jumps(3600)
    street.ticks()
    street.tracks = {
        name: replace(track, first_us=track.first_us + 3_600_000_000, still_since_us=track.still_since_us)
        for name, track in street.tracks.items()
    }
    street.plays(20)
    assert "case" not in street.facts
