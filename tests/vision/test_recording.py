# SPDX-License-Identifier: Apache-2.0
"""The whole path over a recording: what the street's truth says is what comes out."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from edge.contract.problems import ProblemError
from edge.core.geometry import Polygon
from edge.core.tracks import VEHICLES, Sighting, Track
from edge.vision.sources.street.scenario import read_scenario
from edge.vision.sources.street.truth import NO_STOPPING_ZONE, STOPPER_ID, truth
from tests.vision.played import watch_recording
from tests.vision.scene import a_camera, recording

ZONE = Polygon.of(NO_STOPPING_ZONE)
DEMO = "street:demo?stay_s=40&end_s=60"


def _stays(sightings: Iterable[Sighting], longer_than_s: float) -> dict[int, list[tuple[Sighting, Track]]]:
    """Every look at a vehicle that had then been standing in the zone for so long, by track."""
    found: dict[int, list[tuple[Sighting, Track]]] = {}
    for sighting in sightings:
        for track in sighting.tracks:
            stood_s = (sighting.at_us - (track.still_since_us or sighting.at_us)) / 1e6
            if stood_s > longer_than_s and track.kind in VEHICLES and ZONE.holds(track.box.foot):
                found.setdefault(track.id, []).append((sighting, track))
    return found


def test_one_car_is_seen_to_arrive_and_stay(tmp_path: Path) -> None:
    """Of the demo's traffic one track stands, in the car's place, having arrived, for as long as the truth says."""
    sightings = list(watch_recording(a_camera(DEMO), tmp_path))
    (looks,) = _stays(sightings, 10).values()
    (sighting, track), (last, _) = looks[0], looks[-1]
    true_box = next(thing.box for thing in truth(read_scenario(DEMO), 30) if thing.id == STOPPER_ID)
    assert track.arrived
    assert track.box.iou(true_box) > 0.6
    assert (last.at_us - (track.still_since_us or 0)) / 1e6 == pytest.approx(40, abs=3)
    assert sighting.scene
    assert track.closeup
    assert (tmp_path / f"{track.closeup.sha256}.jpg").exists()


def test_nothing_in_a_quiet_street(tmp_path: Path) -> None:
    """Where nothing happens nothing is told."""
    assert list(watch_recording(a_camera("street:quiet?end_s=60"), tmp_path)) == []


def test_queue_never_parks(tmp_path: Path) -> None:
    """Cars that crawl through the zone in a queue never stand there for ten seconds."""
    assert _stays(watch_recording(a_camera("street:busy?end_s=60"), tmp_path), 10) == {}


def test_real_road_is_seen(tmp_path: Path) -> None:
    """On a real roadside recording vehicles are followed, and none is held to be parked."""
    sightings = list(watch_recording(a_camera(str(recording("road_640x360.avi"))), tmp_path))
    assert len({track.id for one in sightings for track in one.tracks if track.kind in VEHICLES}) >= 5
    assert all(one.at_us < later.at_us for one, later in pairwise(sightings))


def test_broken_recording_tells_after_what_it_saw(tmp_path: Path) -> None:
    """A recording that breaks off gives its sightings first and then its problem."""
    whole = recording("road_640x360.avi").read_bytes()
    (tmp_path / "film.avi").write_bytes(whole[: len(whole) // 2])
    seen: list[Sighting] = []
    with pytest.raises(ProblemError) as failed:
        seen.extend(watch_recording(a_camera(str(tmp_path / "film.avi")), tmp_path / "ring"))
    assert failed.value.problem.code == "video-truncated"
    assert seen
