# SPDX-License-Identifier: Apache-2.0
"""Queues, levels and incidents: what is told at once, once, and when it is over."""

from dataclasses import replace
from typing import Any

import pytest

from edge.core.geometry import Box
from edge.core.inputs import Seen
from edge.core.tracks import Kind, Sighting, Track
from edge.core.trails import there
from tests.roles.counted import stands
from tests.roles.traffic_flow.road import HOME_Y, Car, Street, drives, settings_of

JAM = tuple(Car(number, stands(94 - 7 * number)) for number in range(10))
"""Ten cars, three metres between them, from the far end of the lane on."""


def phases(street: Street) -> list[tuple[str, str]]:
    """What was told of incidents, in order."""
    return [(one["what"], one["phase"]) for one in street.said("incident")]


def levels(street: Street) -> list[str]:
    """What was told of the lane's level, in order."""
    return [one["level"] for one in street.said("congestion")]


def test_a_queue_is_measured_from_the_stop_line() -> None:
    """Contiguous standing cars count; one that stands farther back, or has passed the line, does not."""
    stop = settings_of({"lanes": [street_lane(stop_line=[(0.8, 0.5), (0.8, 1)])]})
    street = Street(stop)
    cars = [Car(number, stands(place)) for number, place in enumerate((92, 77, 70, 62, 40), 1)]
    street.plays(20, *cars, Car(9, drives(30)))
    lane = street.lane()
    assert lane["queue_max_m"] == pytest.approx(80 - 59.75, abs=0.2)
    assert lane["queue_mean_m"] == pytest.approx(20 * 20.2 / 300, abs=0.3)
    assert lane["occupancy"] == pytest.approx(20 * 5 * 4.5 / 100 / 300, abs=0.005)


def street_lane(**more: Any) -> dict[str, Any]:  # noqa: ANN401  (whatever a lane has)
    """The lane that leads to the right, with differences."""
    return dict(settings_of().model_dump()["roads"][0]["lanes"][0]) | more


def test_a_jam_is_told_once_and_its_end_once() -> None:
    """Levels change after they have held; a queue is no breakdown; when all drive again it is free."""
    street = Street()
    street.plays(80, *JAM)
    assert levels(street) == ["congested", "blocked"]
    assert street.said("congestion")[0]["queue_m"] > 30
    street.plays(20, *(Car(car.id, drives(40, from_s=street.second, x_m=94 - 7 * car.id)) for car in JAM))
    street.waits(240)
    assert levels(street)[-1] == "free"
    assert phases(street) == []


def test_a_level_does_not_flicker() -> None:
    """One slow car does not congest a lane, nor does a red light of fifteen seconds."""
    street = Street()
    street.plays(30, Car(1, drives(11)))
    street.plays(15, *JAM[:4])
    street.waits(60)
    assert levels(street) == []


def test_a_jam_that_stands_beyond_any_red_is_told() -> None:
    """Five minutes without moving is an incident in a queue too; five kilometres an hour are not."""
    street = Street(settings_of({"queue_patience_s": 20, "stopped_s": 10}))
    street.plays(18, *JAM[:2])
    assert phases(street) == []
    street.plays(4, *JAM[:2])
    assert phases(street) == [("stopped-vehicle", "raised")] * 2


def test_who_stands_in_the_lane_is_told_and_told_to_be_gone() -> None:
    """Outside a queue a minute is enough; it is over when nothing has been seen of it for ten seconds."""
    street = Street()
    street.plays(59, Car(1, stands(30)))
    assert phases(street) == []
    street.plays(5, Car(1, stands(30)), Car(2, stands(50), kind=Kind.TWO_WHEELER))
    assert phases(street) == [("stopped-vehicle", "raised")]
    (told,) = street.said("incident")
    assert (told["vehicle"], told["lane"], told["along_m"]) == ("car", "out", 30)
    street.waits(20)
    assert phases(street) == [("stopped-vehicle", "raised"), ("stopped-vehicle", "cleared")]
    assert street.said("incident")[1]["incident"] == told["incident"]


def test_an_incident_that_goes_on_over_a_restart_is_not_told_again() -> None:
    """The same place after a restart is the same vehicle, whatever it is called now."""
    street = Street()
    street.plays(62, Car(1, stands(30)))
    street.restarts()
    street.plays(70, Car(9, stands(30.5)))
    assert phases(street) == [("stopped-vehicle", "raised")]


def test_a_lost_camera_ends_no_incident() -> None:
    """While nothing is seen nothing is known; when it is back, the incident has ten seconds to show itself."""
    street = Street()
    street.plays(62, Car(1, stands(30)))
    street.camera(online=False)
    street.waits(60)
    street.camera(online=True)
    street.plays(8, Car(1, stands(30)))
    assert phases(street) == [("stopped-vehicle", "raised")]
    street.wall_us += 86_400_000_000
    street.waits(5)
    assert phases(street) == [("stopped-vehicle", "raised")]


def test_a_wrong_way_driver_is_told_at_once_and_once() -> None:
    """After eight metres and four looks, while he is still in view; his count says against."""
    street = Street()
    street.plays(1.4, Car(1, drives(-50)))
    assert phases(street) == [("wrong-way", "raised")]
    street.plays(20, Car(1, drives(-50)))
    assert phases(street) == [("wrong-way", "raised"), ("wrong-way", "cleared")]
    assert street.lane()["against"] == {"car": 1}


@pytest.mark.parametrize(
    "way", [drives(-2), lambda now_s: 50 + 5 * (round(now_s * 5) % 2), drives(50)], ids=["roll", "jump", "drive"]
)
def test_creeping_back_and_jitter_are_not_the_wrong_way(way: Any) -> None:  # noqa: ANN401  (a way)
    """A car that rolls back at walking pace, a box that jumps, and people walking against traffic alarm nobody."""
    street = Street()
    street.plays(10, Car(1, way), Car(2, drives(-50), kind=Kind.PERSON), Car(3, drives(-50), y=HOME_Y))
    assert phases(street) == []


def test_slow_backing_over_a_long_way_is_not_the_wrong_way() -> None:
    """Somebody who rolls back at walking pace for half a minute is slower than any who drives."""
    street = Street()
    for _ in range(20):
        street.passes(1)
        street.looks(Car(1, drives(-3)))
    assert phases(street) == []


def test_who_is_hidden_for_a_moment_still_stands() -> None:
    """A standing car behind a bus is in the queue for five seconds more; one remembered at the edge is not."""
    street = Street()
    street.plays(4, Car(1, stands(94)))
    still = street.state.roads[0].vehicles[0].trail.box
    hidden = Track(1, Kind.CAR, 0.9, still, street.wall_us, street.wall_us, False, True, street.wall_us - 3_000_000)
    for _ in range(40):
        street.passes(0.2)
        street.happens(Seen(street.now, Sighting("east", street.wall_us, (hidden,))))
    lane = street.lane()
    assert lane["queue_mean_m"] * 300 == pytest.approx(8.25 * (2 + 5), abs=8.25)
    at_edge = replace(hidden, id=2, box=Box(0.97, 0.66, 1.0, 0.76))
    assert not there(at_edge, street.wall_us)
