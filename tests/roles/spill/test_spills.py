# SPDX-License-Identifier: Apache-2.0
"""What lies on a road: when it is told, what is told, and when it is over."""

from dataclasses import replace

import pytest

from edge.core.geometry import Box
from edge.core.inputs import CameraChanged, Ordered, Started
from edge.roles.spill.state import State
from tests.roles.spill.road import CAR, SAND, Road, settings_of

PINS = [
    {"picture": (0.0, 0.5), "metres": (0.0, 20.0)},
    {"picture": (1.0, 0.5), "metres": (20.0, 20.0)},
    {"picture": (1.0, 0.9), "metres": (20.0, 0.0)},
    {"picture": (0.0, 0.9), "metres": (0.0, 0.0)},
]


def test_a_lost_load_is_told_once_traffic_has_passed_and_cleared_once_it_is_gone() -> None:
    """A minute and three cars: urgent, with pictures from before and after; then it is cleared, and they are let go."""
    road = Road()
    road.spills()
    road.traffic(4)
    road.plays(50)
    assert road.facts == []
    road.plays(5)
    assert road.facts == ["obstructed"]
    told = road.emitted[0].data
    assert (told["passes"], len(told["photographs"]), told["area_m2"]) == (4, 2, None)
    road.plays(600)
    road.lying.clear()
    road.plays(25)
    assert road.facts == ["obstructed"]
    road.plays(10)
    assert road.facts == ["obstructed", "cleared"]
    assert road.emitted[1].data["lasted_s"] == pytest.approx(663, abs=2)
    assert not road.held


def test_without_traffic_it_takes_longer() -> None:
    """On an empty road nobody proves that it is no shadow; a quarter of an hour does."""
    road = Road()
    road.spills()
    road.plays(890)
    assert road.facts == []
    road.plays(15)
    assert road.facts == ["obstructed"]


def test_beside_the_carriageway_it_is_no_alarm() -> None:
    """It travels on the state lane, as something noticed."""
    road = Road(settings_of({"carriageway": False}))
    road.spills()
    road.traffic(3)
    road.plays(60)
    assert road.facts == ["noticed"]


def test_its_size_is_told_in_square_metres_where_the_ground_was_measured() -> None:
    """A tenth of 20 m by a tenth of 20 m, of which it fills all."""
    road = Road(settings_of({"pins": PINS}))
    road.spills(share=0.01)
    road.traffic(3)
    road.plays(60)
    assert [emit.data["area_m2"] for emit in road.emitted] == [4.0]


def test_who_stands_there_has_not_passed() -> None:
    """A parked car beside it, or one that is only remembered, proves nothing, and neither does one far away."""
    road = Road()
    road.spills()
    road.drives(1, still=True)
    road.drives(2, seen=False)
    road.drives(3, Box(0.8, 0.5, 0.95, 0.66))
    road.plays(120)
    assert road.facts == []


def test_a_car_that_hides_it_does_not_end_it() -> None:
    """Parked over it, and vision goes on telling of it; a look after a long silence is no proof either."""
    road = Road()
    road.spills()
    road.traffic(3)
    road.plays(60)
    road.drives(1, still=True)
    road.plays(600)
    assert road.facts == ["obstructed"]
    road.tracks.clear()
    road.lying.clear()
    road.wall_us += 60_000_000
    road.uptime_ms += 60_000
    road.plays(10)
    assert road.facts == ["obstructed"]
    road.plays(30)
    assert road.facts == ["obstructed", "cleared"]


def test_what_goes_away_in_time_is_nobodys_business() -> None:
    """A sheet of paper that the wind takes along after half a minute."""
    road = Road()
    road.spills()
    road.traffic(3)
    road.plays(30)
    road.lying.clear()
    road.plays(120)
    assert road.facts == []
    assert road.state.spills == ()


def test_a_change_of_the_whole_surface_is_the_weather() -> None:
    """Half of the road looks different: nothing is told, and nothing that was told is cleared by it."""
    road = Road()
    road.spills()
    road.traffic(3)
    road.plays(60)
    road.lying.clear()
    road.spills("rain", Box(0.0, 0.5, 1.0, 0.8), share=0.6)
    road.traffic(3)
    road.plays(300)
    assert road.facts == ["obstructed"]


def test_specks_are_not_heeded() -> None:
    """Below the least share of the surface it may be anything."""
    road = Road()
    road.spills(share=0.0001)
    road.traffic(3)
    road.plays(2000)
    assert road.facts == []


def test_two_at_a_time_are_two() -> None:
    """Each has its own name, place and end; one that grows is still the same."""
    road = Road()
    road.spills()
    road.plays(3)
    road.spills("oil", Box(0.7, 0.7, 0.8, 0.75))
    road.traffic(3)
    road.lying["sand"] = replace(road.lying["sand"], box=Box(0.35, 0.58, 0.55, 0.66), share=0.02)
    road.plays(900)
    assert road.facts == ["obstructed", "obstructed"]
    assert len({emit.subject for emit in road.emitted}) == 2
    del road.lying["oil"]
    road.plays(40)
    assert road.facts == ["obstructed", "obstructed", "cleared"]


def test_outside_its_hours_nothing_begins() -> None:
    """What came in the hours goes on all the same."""
    road = Road(settings_of({"hours": [{"from": "12:00", "to": "12:01"}]}))
    road.wall_us += 7_200_000_000
    road.uptime_ms += 7_200_000
    road.spills()
    road.traffic(3)
    road.plays(1000)
    assert road.facts == []


def test_without_a_picture_it_is_told_all_the_same() -> None:
    """The fact matters more than its photograph."""
    road = Road()
    road.scenes = False
    road.spills()
    road.lying["sand"] = replace(road.lying["sand"], before=None)
    road.traffic(3)
    road.plays(60)
    assert road.emitted[0].data["photographs"] == []


def test_other_cameras_and_surfaces_that_were_not_looked_at_say_nothing() -> None:
    """No word of a surface is not a word that it is clean."""
    road = Road()
    road.spills()
    road.traffic(3)
    road.plays(60)
    road.lying.clear()
    road.surfaces = ()
    road.plays(100)
    road.drives(1, CAR)
    road.plays(100, camera="west")
    assert road.facts == ["obstructed"]


def test_a_restart_keeps_what_was_told_and_forgets_what_was_not() -> None:
    """Told once, though seen anew; a surface that is no more lets its pictures go."""
    road = Road(settings_of({}, {"name": "ramp"}))
    road.surfaces = ("lane", "ramp")
    road.spills()
    road.spills("oil", SAND, surface="ramp")
    road.traffic(3)
    road.plays(60)
    road.spills("new", Box(0.7, 0.7, 0.8, 0.75))
    road.plays(5)
    road.settings = settings_of()
    road.happens(Started(road.now, "pole-1"))
    assert [spill.surface for spill in road.state.spills] == ["lane"]
    assert len(road.held) == 1
    road.plays(30)
    assert road.facts == ["obstructed", "obstructed", "unwatched"]
    assert road.emitted[2].data["why"] == "surface-removed"


def test_what_vision_has_learnt_as_road_is_not_called_clear() -> None:
    """A camera that begins anew cannot tell whether it still lies there: said once, and what comes later is new."""
    road = Road()
    road.spills()
    road.traffic(3)
    road.plays(60)
    road.spills("new", Box(0.7, 0.7, 0.8, 0.75))
    road.plays(3)
    road.lying.clear()
    road.learnt_us = road.wall_us + 1
    road.plays(60)
    assert road.facts == ["obstructed", "unwatched"]
    assert road.emitted[1].data["why"] == "learnt-anew"
    assert road.state.spills == ()
    assert not road.held
    road.spills()
    road.traffic(3)
    road.plays(60)
    assert road.facts == ["obstructed", "unwatched", "obstructed"]


def test_one_that_runs_into_another_is_not_gone() -> None:
    """Oil that spreads to where sand lies is one change to vision; neither is cleared before both are gone."""
    road = Road()
    road.spills()
    road.spills("oil", Box(0.52, 0.60, 0.60, 0.64))
    road.traffic(3)
    road.plays(900)
    assert road.facts == ["obstructed", "obstructed"]
    del road.lying["oil"]
    road.lying["sand"] = replace(road.lying["sand"], box=Box(0.40, 0.60, 0.60, 0.64), share=0.02)
    road.plays(120)
    assert road.facts == ["obstructed", "obstructed"]
    road.lying.clear()
    road.plays(60)
    assert road.facts == ["obstructed", "obstructed", "cleared", "cleared"]


def test_of_two_that_overlap_each_keeps_its_own() -> None:
    """The nearest change is a spill's own, whatever the order in which vision tells them."""
    road = Road()
    road.spills("left", Box(0.40, 0.60, 0.50, 0.64))
    road.spills("right", Box(0.46, 0.60, 0.56, 0.64))
    road.traffic(3)
    road.plays(60)
    before = {spill.name: spill.box for spill in road.state.spills}
    road.lying = dict(reversed(road.lying.items()))
    road.plays(30)
    assert {spill.name: spill.box for spill in road.state.spills} == before
    assert road.facts == ["obstructed", "obstructed"]


def test_a_clock_that_is_set_makes_nothing_last_longer() -> None:
    """An hour forward is no hour on the road."""
    road = Road()
    road.spills()
    road.plays(10)
    road.wall_us += 3_600_000_000
    road.lying["sand"] = replace(road.lying["sand"], since_us=road.lying["sand"].since_us + 3_600_000_000)
    road.traffic(3)
    road.plays(20)
    assert road.facts == []


def test_cameras_and_orders_change_nothing() -> None:
    """Only looks count; before the agent has told its name not even they do."""
    road = Road()
    assert not road.happens(CameraChanged(road.now, "east", online=False))
    assert not road.happens(Ordered(road.now, road.settings))
    road.state = State()
    road.spills()
    road.look()
    assert road.state == State()
