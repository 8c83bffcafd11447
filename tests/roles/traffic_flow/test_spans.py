# SPDX-License-Identifier: Apache-2.0
"""Summaries: aligned to the clock, true about what was seen, and none is lost over restarts and clock changes."""

from edge.contract.traffic import TrafficSummary
from edge.core.clock import instant
from edge.core.inputs import Seen
from edge.core.tracks import Sighting
from tests.roles.counted import START_US, stands
from tests.roles.traffic_flow.road import Car, Street, drives, settings_of

SPAN_S = 300


def test_a_summary_is_told_every_five_minutes_of_the_clock() -> None:
    """Also when the agent came up in the middle of them; each begins where the one before ended."""
    street = Street()
    street.passes(100)
    street.restarts(0)
    street.waits(2 * SPAN_S)
    told = [TrafficSummary.model_validate(one) for one in street.said("summary")]
    assert [one.from_ for one in told] == [instant(START_US), instant(START_US + SPAN_S * 1_000_000)]
    assert told[0].to == told[1].from_
    assert told[1].seen_s == SPAN_S
    assert 199 <= told[0].seen_s <= 231


def test_silence_of_a_lost_camera_is_not_an_empty_road() -> None:
    """A summary says for how long the camera looked."""
    street = Street()
    street.waits(60)
    street.camera(online=False)
    street.waits(90)
    street.camera(online=True)
    street.waits(200)
    (told,) = street.said("summary")
    assert told["seen_s"] == SPAN_S - 90


def test_a_restart_in_the_middle_loses_no_counts() -> None:
    """What passed before it and after it is told in one summary; the time in between was not seen."""
    street = Street()
    street.plays(12, Car(1, drives(36)))
    street.restarts(down_s=40)
    street.plays(12, Car(1, drives(36, from_s=street.second)))
    lane = street.lane()
    assert lane["forward"] == {"car": 2}
    assert street.said("summary")[0]["seen_s"] <= SPAN_S - 40


def test_what_was_counted_before_an_outage_is_told_after_it() -> None:
    """The span in which the device went down is told at the next start; those it slept through are not."""
    street = Street()
    street.plays(12, Car(1, drives(36)))
    street.restarts(down_s=3600)
    (told,) = street.said("summary")
    assert told["lanes"][0]["forward"] == {"car": 1}
    assert told["seen_s"] <= 12
    street.waits(SPAN_S)
    assert len(street.said("summary")) == 2


def test_an_agent_that_was_held_up_claims_little() -> None:
    """A gap of minutes between two ticks counts for half a minute."""
    street = Street()
    street.waits(30)
    street.passes(200)
    street.waits(80)
    (told,) = street.said("summary")
    assert 100 <= told["seen_s"] <= 150


def test_a_vehicle_under_way_at_the_end_of_a_span_counts_once() -> None:
    """Its count and its speed are told with the span in which it crossed the line."""
    street = Street()
    street.waits(SPAN_S - 6)
    street.plays(12, Car(1, drives(36, from_s=street.second)))
    street.waits(SPAN_S)
    first, second = (one["lanes"][0] for one in street.said("summary"))
    assert (first["forward"], second["forward"]) == ({"car": 1}, {})
    assert first["mean_kmh"] == 36
    assert second["mean_kmh"] is None


def test_when_the_clock_is_set_what_was_counted_is_told_at_once() -> None:
    """A new span begins on the new clock; frames dated by the old one are let pass for two seconds."""
    street = Street()
    street.plays(12, Car(1, drives(36)))
    street.wall_us += 86_400_000_000
    street.waits(1)
    (told,) = street.said("summary")
    assert told["lanes"][0]["forward"] == {"car": 1}
    assert not street.happens(Seen(street.now, Sighting("east", street.wall_us - 86_400_000_000, ())))
    street.waits(SPAN_S)
    assert len(street.said("summary")) == 2
    assert street.said("summary")[1]["from"].startswith("2026-12-01")


def test_a_clock_set_twice_before_anything_was_summed_up_tells_nothing() -> None:
    """There is no span yet to be told of."""
    street = Street()
    for _ in range(2):
        street.wall_us += 86_400_000_000
        street.camera(online=True)
    assert len(street.said("summary")) == 1


def test_roads_of_other_cameras_are_left_alone() -> None:
    """Each road has its own camera's looks, losses and time."""
    street = Street(settings_of({}, {"name": "other", "camera": "west"}))
    street.plays(12, Car(1, drives(36)))
    street.waits(SPAN_S)
    east, west = street.said("summary")
    assert (east["lanes"][0]["forward"], west["lanes"][0]["forward"]) == ({"car": 1}, {})
    assert west["seen_s"] == 0


def test_a_lane_that_is_new_in_the_settings_begins_at_nothing() -> None:
    """Sums of lanes that are still there go on over a change of the settings."""
    street = Street()
    street.plays(12, Car(1, drives(36)))
    street.plays(15, Car(2, stands(20)))
    lanes = [dict(lane) for lane in street.settings.model_dump()["roads"][0]["lanes"]]
    lanes[1]["name"] = "back"
    street.settings = settings_of({"lanes": lanes})
    street.restarts()
    assert street.lane("out")["forward"] == {"car": 1}
    assert street.lane("back")["forward"] == {}
