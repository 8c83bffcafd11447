# SPDX-License-Identifier: Apache-2.0
"""People and vehicles on a closed quay: when it rings, what it says, and when it is called off."""

from dataclasses import replace

import pytest

from edge.core.geometry import Box
from edge.core.tracks import Kind
from edge.roles.port_watch.state import State
from tests.roles.port_watch.quay import LORRY, MAN, Quay, moved, settings_of


def test_a_man_on_a_closed_quay_rings_once_with_a_picture_and_is_called_off() -> None:
    """Alarm at the grace of the level, counted, with evidence; clear a minute after he has left, evidence let go."""
    quay = Quay()
    quay.comes(1)
    quay.plays(9)
    assert quay.facts == []
    quay.plays(5)
    assert quay.facts == ["alarm"]
    alarm = quay.said("alarm")[0]
    assert (alarm["party"], alarm["count"], alarm["kinds"], alarm["level"]) == ("people", 1, {"person": 1}, "ii")
    assert len(alarm["photographs"]) == 1
    assert quay.held
    quay.tracks.clear()
    quay.plays(55)
    assert quay.facts == ["alarm"]
    quay.plays(10)
    assert quay.facts == ["alarm", "cleared"]
    assert quay.said("cleared")[0]["why"] == "left"
    assert not quay.held
    assert [one["count"] for one in quay.said("presence")] == [1, 0]


def test_the_level_says_who_may_be_where() -> None:
    """At yellow people must go and vehicles may stay; at blue everybody may."""
    quay = Quay(level="iv")
    quay.comes(1)
    quay.comes(2, LORRY, Kind.TRUCK)
    quay.plays(60)
    assert quay.facts == []
    quay.plan("iii")
    quay.plays(30)
    assert [one["party"] for one in quay.said("alarm")] == ["people"]
    quay.plan("i")
    quay.plays(30)
    assert [one["party"] for one in quay.said("alarm")] == ["people", "vehicles"]


def test_people_beside_a_forgotten_lorry_ring_too() -> None:
    """Each party has its own incident, so one does not hide the other."""
    quay = Quay()
    quay.comes(1, LORRY, Kind.TRUCK)
    quay.plays(40)
    quay.comes(2, MAN)
    quay.comes(3, moved(MAN, -0.1))
    quay.plays(40)
    assert [(one["party"], one["count"]) for one in quay.said("alarm")] == [("vehicles", 1), ("people", 2)]


def test_whoever_stays_is_told_of_again() -> None:
    """A reminder each ten minutes, with a picture, counting up, under the same incident."""
    quay = Quay()
    quay.comes(1)
    quay.plays(1300)
    told = quay.said("alarm")
    assert [one["reminder"] for one in told] == [0, 1, 2]
    assert len({one["incident"] for one in told}) == 1
    quay.comes(2, moved(MAN, 0.2))
    quay.plays(60)
    quay.tracks.clear()
    quay.plays(100)
    assert quay.said("cleared")[0]["most"] == 2


def test_an_alarm_without_a_picture_waits_for_it_and_then_goes() -> None:
    """Three seconds and no more: the alarm matters more than its picture. An old picture shows nobody."""
    quay = Quay()
    quay.scenes = False
    quay.comes(1)
    quay.plays(13)
    assert quay.facts == []
    quay.plays(3)
    assert quay.facts == ["alarm"]
    assert quay.said("alarm")[0]["photographs"] == []


def test_a_short_visit_says_nothing() -> None:
    """Who leaves within the grace is nobody's business."""
    quay = Quay()
    quay.comes(1)
    quay.plays(8)
    quay.tracks.clear()
    quay.plays(120)
    assert quay.facts == []


def test_out_of_the_area_nobody_counts() -> None:
    """A foot beside the quay, or hardly any ground in it, is outside; an area of another camera is not asked."""
    quay = Quay()
    quay.comes(1, moved(MAN, -0.4))
    quay.comes(2, Box(0.05, 0.6, 0.37, 0.93), Kind.CAR)
    quay.plays(60)
    quay.plays(60, camera="elsewhere")
    assert quay.facts == []


def test_a_man_hidden_for_a_moment_is_the_same_man() -> None:
    """A new track where one was lost goes on with its time; one that is remembered unseen has not left."""
    quay = Quay()
    quay.comes(1)
    quay.plays(6)
    quay.tracks[1] = replace(quay.tracks[1], seen=False)
    quay.plays(2)
    quay.tracks.clear()
    quay.comes(2, moved(MAN, 0.005))
    quay.plays(6)
    assert quay.facts == ["alarm"]


def test_leaning_over_the_line_is_not_leaving() -> None:
    """Somebody who is known to be there stays so with a fifth of his ground in the area, but not beyond."""
    quay = Quay()
    edge = Box(0.85, 0.4, 0.93, 0.6)
    quay.comes(1, moved(MAN, 0.3))
    quay.plays(4)
    quay.tracks[1] = replace(quay.tracks[1], box=edge)
    quay.plays(10)
    assert quay.facts == ["alarm"]
    quay.tracks[1] = replace(quay.tracks[1], box=moved(edge, 0.1))
    quay.plays(62)
    assert quay.facts == ["alarm", "cleared"]


@pytest.mark.parametrize("camera", ["quay", "gone"])
def test_before_the_agent_has_told_its_name_nothing_is_seen(camera: str) -> None:
    """A sighting that comes before the start has no device to be told of."""
    quay = Quay()
    quay.state = State()
    quay.comes(1)
    quay.look(camera)
    assert quay.state == State()


def test_at_night_by_the_clock_whatever_the_plan_says() -> None:
    """A closure at level none with hours closes the quay by the clock, and opens it again."""
    hours = {"from": "20:00", "to": "20:01"}
    quay = Quay(settings_of({"closures": [{"level": "none", "grace_s": 0, "hours": [hours]}]}), level=None)
    quay.comes(1)
    quay.plays(20)
    assert quay.facts == ["alarm"]
    quay.plays(60)
    assert quay.facts == ["alarm", "cleared"]
    assert quay.said("cleared")[0]["why"] == "allowed"


def test_who_leaves_while_others_stay_is_no_longer_counted() -> None:
    """Of two, one vanishes: after a few seconds of patience one is left, and the hub is told so."""
    quay = Quay()
    quay.comes(1)
    quay.comes(2, moved(MAN, 0.2))
    quay.plays(20)
    del quay.tracks[2]
    quay.plays(20)
    assert [one["count"] for one in quay.said("presence")] == [2, 1]
    assert len(quay.state.posts[0].guests) == 1
