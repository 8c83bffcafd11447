# SPDX-License-Identifier: Apache-2.0
"""Gulls, boats, lost cameras, restarts and clocks: what must not ring all night, and what must."""

from dataclasses import replace

from edge.core.geometry import Box
from edge.core.tracks import Kind
from tests.roles.port_watch.quay import LORRY, MAN, Quay, moved, settings_of

HEIGHTS = [{"foot_y": 0.3, "height": 0.1}, {"foot_y": 0.6, "height": 0.2}, {"foot_y": 0.9, "height": 0.4}]


def test_gulls_are_too_small_and_reflections_too_large_for_people() -> None:
    """Where it is known how tall a person looks, half of that and less is none, and so is twice as much."""
    quay = Quay(settings_of({"heights": HEIGHTS}))
    quay.comes(1, Box(0.5, 0.52, 0.52, 0.58))
    quay.comes(2, Box(0.5, 0.2, 0.6, 0.85))
    quay.comes(3, Box(0.3, 0.28, 0.31, 0.30))
    quay.comes(4, Box(0.3, 0.85, 0.32, 0.97))
    quay.plays(60)
    assert quay.facts == []
    quay.comes(5, Box(0.5, 0.41, 0.54, 0.6))
    quay.comes(6, Box(0.6, 0.35, 0.8, 0.6), Kind.TRUCK)
    quay.plays(20)
    assert sorted(one["party"] for one in quay.said("alarm")) == ["people", "vehicles"]


def test_what_the_detector_is_not_sure_of_does_not_ring() -> None:
    """A weak track is no person."""
    quay = Quay()
    quay.comes(1, score=0.4)
    quay.plays(60)
    assert quay.facts == []


def test_a_boat_that_sways_over_the_edge_does_not_ring() -> None:
    """Half of the time in the area is not there; the same lorry standing is."""
    quay = Quay()
    for number in range(90):
        quay.comes(1, moved(LORRY, 0.12 if number % 6 < 3 else 0.35), Kind.TRUCK)
        quay.plays(1)
    assert quay.facts == []


def test_a_flickering_track_is_not_steady() -> None:
    """Seen in two of five seconds, it is never counted."""
    quay = Quay()
    for number in range(100):
        quay.tracks.clear()
        if number % 5 < 2:
            quay.comes(1)
            quay.tracks[1] = replace(quay.tracks[1], first_us=7)
        else:
            quay.comes(2, moved(MAN, -0.4))
        quay.plays(1)
    assert quay.facts == []


def test_what_comes_and_goes_all_night_rings_less_and_less() -> None:
    """Thirty visits of half a minute in ninety minutes ring five times at most; a higher level rings at once."""
    quay = Quay()
    for _ in range(30):
        quay.comes(1)
        quay.plays(35)
        quay.tracks.clear()
        quay.plays(145)
    assert 2 <= len(quay.said("alarm")) <= 5
    quay.emitted.clear()
    quay.plan("i", issued_s=1)
    quay.comes(1)
    quay.plays(15)
    assert quay.facts == ["plan", "alarm"]


def test_a_lost_camera_of_a_closed_quay_is_an_alarm() -> None:
    """Nobody watches: told once after a minute, and told when it is back; nothing is cleared meanwhile."""
    quay = Quay()
    quay.comes(1)
    quay.plays(15)
    quay.camera(online=False)
    quay.camera(online=False)
    quay.plays(50, seen=False)
    assert quay.facts == ["alarm"]
    quay.plays(60, seen=False)
    assert quay.facts == ["alarm", "blind"]
    assert quay.said("blind")[0]["areas"] == ["berth-2"]
    quay.camera(online=True)
    quay.camera("another", online=False)
    quay.plays(10)
    assert quay.facts == ["alarm", "blind", "sighted"]


def test_a_camera_that_nobody_needs_any_more_is_called_off() -> None:
    """The plan ends while the camera is lost: that is told, and the next plan tells of it anew."""
    quay = Quay()
    quay.camera(online=False)
    quay.plays(61)
    quay.plan("none", issued_s=1)
    quay.plays(5)
    quay.plan("i", issued_s=2)
    quay.plays(5)
    assert quay.facts == ["blind", "plan", "sighted", "plan", "blind"]
    quay.camera(online=True)
    assert quay.facts[-1] == "sighted"


def test_a_camera_that_was_never_there_is_missed_too() -> None:
    """Cameras are lost until they give their first picture, also after a start; a sighting is as good as a word."""
    quay = Quay()
    quay.cameras = ()
    quay.starts()
    quay.plays(70)
    assert quay.facts == ["blind"]
    quay.comes(1)
    quay.plays(2)
    assert quay.facts == ["blind", "sighted"]


def test_a_restart_goes_on_with_the_incident() -> None:
    """The same incident under a new track, no second alarm, and the end is told when they leave."""
    quay = Quay()
    quay.comes(1)
    quay.plays(15)
    quay.uptime_ms = 1_000
    quay.starts()
    quay.tracks.clear()
    quay.comes(9)
    quay.plays(30)
    quay.tracks.clear()
    quay.plays(70)
    assert quay.facts == ["alarm", "cleared"]


def test_an_area_that_is_no_more_ends_its_incident() -> None:
    """After a change of settings the hub is not left waiting; areas without incidents go quietly."""
    quay = Quay()
    quay.comes(1)
    quay.plays(15)
    quay.settings = settings_of({"name": "berth-3"})
    quay.starts()
    assert quay.facts == ["alarm", "cleared"]
    assert not quay.held


def test_a_clock_that_is_set_moves_incidents_along() -> None:
    """An hour forward is no hour on the quay: no reminder, and whoever was within the grace begins anew."""
    quay = Quay()
    quay.comes(1)
    quay.plays(15)
    quay.wall_us += 3_600_000_000
    quay.plays(60)
    assert quay.facts == ["alarm"]


def test_looks_far_apart_prove_nothing_of_the_time_between() -> None:
    """Two looks at ten seconds' distance do not make a steady guest."""
    quay = Quay()
    for _ in range(5):
        quay.comes(1)
        quay.tracks[1] = replace(quay.tracks[1], first_us=7)
        quay.look()
        quay.wall_us += 4_000_000
        quay.uptime_ms += 4_000
    assert quay.facts == []
