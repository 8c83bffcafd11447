# SPDX-License-Identifier: Apache-2.0
"""People in, out and present: counted at gates, put right by what is seen, told in numbers only."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contract.crowd import CrowdSummary
from edge.core.inputs import Ordered, Seen, Ticked
from edge.core.tracks import Kind, Sighting
from edge.roles.crowd.state import State
from tests.roles.counted import stands
from tests.roles.crowd.square import Person, Square, settings_of, walks

CROWD = tuple(Person(number, stands(0.4 + 0.02 * number), y=0.5 + 0.01 * number) for number in range(1, 21))
"""Twenty people on ten square metres."""


def alarms(square: Square) -> list[tuple[str, str]]:
    """What was told of alarms, in order."""
    return [(one["what"], one["phase"]) for one in square.said("alarm")]


def test_people_are_counted_in_and_out() -> None:
    """Three come, one goes; a car through the gate is nobody."""
    square = Square()
    people = [Person(number, walks(from_s=2.0 * number)) for number in range(3)]
    out = Person(7, walks(from_s=9, x=0.6, to_x=0.1))
    square.plays(16, *people, out, Person(8, walks(from_s=1), y=0.8, kind=Kind.CAR))
    told = square.summary()
    assert told["gates"] == [{"gate": "west", "entered": 3, "left": 1, "seen_s": 300.0}]
    assert (told["present"], told["peak"], told["corrected"]) == (2, 3, 0)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(-0.011, 0.011), min_size=1, max_size=20), st.booleans())
def test_loitering_on_the_line_never_counts(sway: list[float], through: bool) -> None:
    """Somebody who waits in the gate is counted when he goes through it, once, and not before."""
    square = Square()
    end = 0.5 if through else 0.1
    for place in (0.1, 0.1, *(0.3 + each for each in sway), end, end):
        square.passes(0.2)
        square.looks(Person(1, stands(place)))
    assert (square.site.gates[0].entered, square.site.gates[0].left) == (int(through), 0)


def test_who_turns_back_is_counted_out_again() -> None:
    """In and out by the same person are two crossings; one odd look in between is none."""
    square = Square()
    for place in (0.1, 0.2, 0.5, 0.2, 0.2, 0.4, 0.5, 0.5, 0.2, 0.1):
        square.passes(0.2)
        square.looks(Person(1, stands(place)))
    gate = square.site.gates[0]
    assert (gate.entered, gate.left) == (1, 1)


def test_who_is_lost_in_the_gate_counts_once() -> None:
    """Hidden for a second while he walks through, and found under another name."""
    square = Square()
    way = walks(0)
    square.plays(
        6,
        Person(1, lambda now_s: way(now_s) if now_s < 1.6 else None),
        Person(2, lambda now_s: way(now_s) if now_s > 2.6 else None),
    )
    assert square.site.gates[0].entered == 1


def test_people_that_were_missed_at_the_gate_are_put_right() -> None:
    """More seen at once than the balance holds, for five seconds, raises it; doubled boxes of a moment do not."""
    square = Square()
    square.plays(3, *CROWD[:4])
    square.plays(2, *CROWD[:1])
    square.plays(3, *CROWD[:4])
    assert square.site.present in {0, 1}
    square.plays(4, *CROWD[:3])
    assert square.site.present == 3
    assert square.summary()["corrected"] == 3


def test_whoever_leaves_an_empty_site_had_been_missed() -> None:
    """The balance is never negative; the drift is told."""
    square = Square()
    square.plays(6, Person(1, walks(0, x=0.34, to_x=0.05)))
    assert square.summary()["gates"][0]["left"] == 1
    assert square.site.present == 0
    assert square.said("summary")[0]["corrected"] == 1


def test_an_area_seen_empty_for_long_means_nobody() -> None:
    """Drift ends after ten minutes without anybody in view; a lost camera or a passer-by begin them anew."""
    square = Square()
    square.plays(6, Person(1, walks(0)))
    square.waits(400)
    square.camera(online=False)
    square.waits(60)
    square.camera(online=True)
    square.waits(400)
    assert square.site.present == 1
    square.waits(250)
    assert square.site.present == 0
    assert sum(one["corrected"] for one in square.said("summary")) + square.site.corrected == -1


def test_a_site_without_areas_keeps_its_balance_until_the_night() -> None:
    """At the time that the technician chose the balance begins anew, also if the device slept over it."""
    square = Square(settings_of({"areas": [], "empty_s": 0}, utc_offset="+08:00"))
    square.plays(6, Person(1, walks(0)))
    square.waits(1200)
    assert square.site.present == 1
    square.restarts(down_s=20 * 3600)
    square.waits(5)
    assert square.site.present == 0


def test_a_balance_can_be_kept_for_ever() -> None:
    """Without a reset and without an empty time nothing but gates changes it."""
    square = Square(settings_of({"empty_s": 0, "reset": None}))
    square.plays(6, Person(1, walks(0)))
    square.restarts(down_s=30 * 3600)
    square.waits(1000)
    assert square.site.present == 1


def test_a_crowd_is_told_with_its_level_and_its_end() -> None:
    """Level and alarm when it has held for ten seconds, all-clear when it is over, each once."""
    square = Square()
    square.plays(9, *CROWD[:12])
    assert square.emitted == []
    square.plays(10, *CROWD[:12])
    assert [one["level"] for one in square.said("density")] == ["crowded"]
    assert alarms(square) == [("density", "raised")]
    (told,) = square.said("alarm")
    assert (told["area"], told["people"], told["limit"]) == ("deck", 12, 1.0)
    square.restarts()
    square.plays(15, *CROWD[:11])
    assert len(square.emitted) == 2
    square.waits(40)
    assert [one["level"] for one in square.said("density")][-1] == "comfortable"
    assert alarms(square) == [("density", "raised"), ("density", "cleared")]
    area = square.summary()["areas"][0]
    assert (area["peak"], area["peak_per_m2"]) == (12, 1.2)
    assert area["mean"] == pytest.approx((19 * 12 + 15 * 11) / 280, rel=0.05)


def test_a_full_site_is_told_and_told_to_have_room() -> None:
    """Beyond the capacity at once; over when clearly fewer are present."""
    square = Square(settings_of({"capacity": 2}))
    square.plays(12, *(Person(number, walks(from_s=2.0 * number)) for number in range(3)))
    assert alarms(square) == [("capacity", "raised")]
    square.plays(8, Person(9, walks(square.second, x=0.6, to_x=0.05)))
    assert alarms(square) == [("capacity", "raised")]
    square.plays(8, Person(10, walks(square.second, x=0.6, to_x=0.05)))
    assert alarms(square) == [("capacity", "raised"), ("capacity", "cleared")]


def test_a_restart_loses_no_counts_and_a_summary_says_what_was_seen() -> None:
    """Counts before and after are told in one summary, with the time in which the camera looked."""
    square = Square()
    square.plays(6, Person(1, walks(0)))
    square.restarts(down_s=60)
    square.plays(6, Person(1, walks(square.second)))
    square.camera(online=False)
    square.waits(300)
    told = CrowdSummary.model_validate(square.said("summary")[0])
    assert told.gates[0].entered == 2
    assert 6 <= told.gates[0].seen_s <= 13
    assert told.areas[0].seen_s == told.gates[0].seen_s


def test_when_the_clock_is_set_what_was_counted_is_told_at_once() -> None:
    """A new span begins on the new clock; frames dated by the old one are let pass."""
    square = Square()
    square.plays(6, Person(1, walks(0)))
    for _ in range(2):
        square.wall_us += 86_400_000_000
        square.camera(online=True)
    (told,) = square.said("summary")
    assert told["gates"][0]["entered"] == 1
    assert not square.happens(Seen(square.now, Sighting("east", square.wall_us, ())))


def test_the_role_hears_only_what_concerns_it() -> None:
    """Before the start, from another camera, and orders: nothing comes of them."""
    square = Square(settings_of({}, {"name": "pier", "gates": [SITE_WEST], "areas": []}))
    assert not square.happens(Seen(square.now, Sighting("north", square.wall_us, ())))
    assert not square.happens(Ordered(square.now, square.settings))
    square.plays(6, Person(1, walks(0)))
    assert [site.present for site in square.state.sites] == [1, 0]
    early = Square()
    early.state = State()
    assert not early.happens(Ticked(early.now))


SITE_WEST = {"name": "west", "camera": "west", "line": [(0.3, 0.1), (0.3, 0.95)], "inside": (0.7, 0.5)}


def test_an_area_of_another_camera_is_left_alone() -> None:
    """A look by one camera says nothing of what another sees."""
    areas = [
        dict(settings_of().model_dump()["sites"][0]["areas"][0], ground=None),
        dict(settings_of().model_dump()["sites"][0]["areas"][0], ground=None, name="pier", camera="west"),
    ]
    square = Square(settings_of({"areas": areas}))
    square.camera(online=True, name="west")
    square.plays(10, *CROWD[:2])
    assert [area.people for area in square.site.areas] == [2, 0]
    square.camera(online=False, name="west")
    square.waits(700)
    assert square.site.present == 2


def test_an_empty_square_costs_no_writes() -> None:
    """While nobody comes, the state is the same object from tick to tick but for three a minute."""
    square = Square()
    square.waits(30)
    assert square.waits(60) <= 3


def test_nobody_s_way_is_told() -> None:
    """What is said and what is kept on the disk holds no box, no track and no instant of a person."""
    square = Square(settings_of({"capacity": 1}))
    square.plays(30, *CROWD, Person(99, walks(0)))
    square.waits(300)
    said = json.dumps([emit.data for emit in square.emitted])
    assert not {word for word in ("box", "track", "id", "x", "trail", "first") if f'"{word}"' in said}
