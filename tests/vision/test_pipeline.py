# SPDX-License-Identifier: Apache-2.0
"""The trip of a frame from gate to sighting."""

from pathlib import Path

import pytest

from edge.config.models import Detector
from edge.core.tracks import Sighting
from edge.vision.evidence import Photographer, PictureRing
from edge.vision.pipeline import Pipeline, Stopwatch
from edge.vision.sources.street.painter import Painter
from edge.vision.sources.street.scenario import read_scenario
from tests.vision.scene import START_US, ScriptedDetector, a_camera, a_car, frame

ONNX = Detector(kind="onnx", model="scripted")


def _pipeline(tmp_path: Path, scripted: ScriptedDetector, **changes: object) -> Pipeline:
    camera = a_camera("street:demo", **{"detector": ONNX, **changes})
    return Pipeline(camera, scripted, Photographer(PictureRing(tmp_path, 10**7), camera.evidence))


def _run(pipeline: Pipeline, seconds: float) -> list[Sighting | None]:
    return [pipeline.process(frame(number / 5)) for number in range(round(seconds * 5))]


def test_sightings_while_somebody_is_there_and_one_when_he_is_gone(tmp_path: Path) -> None:
    """No sighting before the first track, one for each frame while it lives, an empty one at its end, then none."""
    detector = ScriptedDetector(lambda at_s: [a_car()] if 2 <= at_s < 8 else [])
    seen = _run(_pipeline(tmp_path, detector, gate=False), 60)
    told = [number for number, one in enumerate(seen) if one]
    assert told == list(range(told[0], told[-1] + 1))
    assert 10 <= told[0] <= 13
    last = seen[told[-1]]
    assert last
    assert last.tracks == ()
    assert last.scene is None
    assert all(one.tracks for one in seen[told[0] : told[-1]] if one)


def test_standing_car_has_scene_and_closeup(tmp_path: Path) -> None:
    """A car that has stood for a while goes with a whole scene and its own close-up, both in the ring."""
    seen = _run(_pipeline(tmp_path, ScriptedDetector(lambda _: [a_car()]), gate=False), 12)[-1]
    assert seen
    assert seen.scene
    assert seen.tracks[0].closeup
    assert {(tmp_path / f"{one.sha256}.jpg").exists() for one in (seen.scene, seen.tracks[0].closeup)} == {True}


def test_closed_gate_spares_the_detector(tmp_path: Path) -> None:
    """On a still picture the detector looks during the first seconds and then once in ten."""
    detector = ScriptedDetector(lambda _: [])
    _run(_pipeline(tmp_path, detector), 62)
    assert 10 + 6 <= detector.looks <= 12 + 6


def test_live_track_keeps_the_detector_looking(tmp_path: Path) -> None:
    """A standing car moves nothing, and is still looked at in every frame."""
    detector = ScriptedDetector(lambda _: [a_car()])
    _run(_pipeline(tmp_path, detector), 30)
    assert detector.looks == 150


def test_motion_detector_sees_every_frame(tmp_path: Path) -> None:
    """A detector that is a background model is never cut off from the quiet frames it learns from."""
    detector = ScriptedDetector(lambda _: [])
    _run(_pipeline(tmp_path, detector, detector=Detector(kind="motion")), 30)
    assert detector.looks == 150


@pytest.mark.parametrize(("busy", "expected"), [(True, 50), (False, 20)], ids=["busy", "idle"])
def test_rate_follows_what_happens(tmp_path: Path, busy: bool, expected: int) -> None:
    """Of a camera's 25 frames a second, `fps` are wanted while a track lives and `idle_fps` otherwise."""
    pipeline = _pipeline(tmp_path, ScriptedDetector(lambda _: [a_car()] if busy else []))
    _run(pipeline, 5)
    wanted = [pipeline.wants(START_US + 5_000_000 + number * 40_000) for number in range(250)]
    assert sum(wanted) == pytest.approx(expected, abs=2)


def test_clock_set_back_does_not_blind(tmp_path: Path) -> None:
    """When the wall clock jumps back by an hour, the next frame is wanted all the same."""
    pipeline = _pipeline(tmp_path, ScriptedDetector(lambda _: []))
    assert pipeline.wants(START_US)
    assert pipeline.wants(START_US - 3_600_000_000)


def test_frame_is_cheap_when_nothing_happens(tmp_path: Path) -> None:
    """Stages that did not run cost nothing and are not told."""
    pipeline = _pipeline(tmp_path, ScriptedDetector(lambda _: []))
    painter = Painter(read_scenario("street:quiet"))
    for number in range(40):
        pipeline.process(frame(number / 5, painter.paint(number / 5)))
    pipeline.watch.read()
    pipeline.process(frame(8, painter.paint(8)))
    assert set(pipeline.watch.read()) == {"gate"}


def test_stopwatch_tells_the_mean_once() -> None:
    """What was read is not told again."""
    watch = Stopwatch()
    with watch.stage("gate"):
        pass
    assert watch.read()["gate"] >= 0
    assert watch.read() == {}
