# SPDX-License-Identifier: Apache-2.0
"""What is lost on real roads, told by the role `spill`: sand, oil, pale and dark loads, laid under real traffic.

Each clip of a fixed camera is watched twice a second by pipeline and role, as on a device. After a minute something
lies in one place; what drives goes over it. Films on which nothing lies, however they deceive, must stay silent.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from benchmarks.eyes import OURS, detector
from benchmarks.figures import Figures, progress
from benchmarks.judged.road_films import FPS, SILENT, Look, Matter, losses
from benchmarks.judged.views import scenes
from edge.config.models import Camera
from edge.contract.spill import OBSTRUCTED_TYPE
from edge.contract.words import ClockQuality
from edge.core.clock import Now
from edge.core.effects import Emit
from edge.core.geometry import Box
from edge.core.inputs import CameraChanged, Seen, Started, Ticked
from edge.roles.spill.config import Settings
from edge.roles.spill.role import ROLE
from edge.roles.spill.rules import step
from edge.roles.spill.state import State
from edge.vision.attendants import attendants
from edge.vision.detector import Detector
from edge.vision.evidence import Photographer, PictureRing, ring_bytes
from edge.vision.pipeline import Pipeline
from edge.vision.source import Frame

Corners = tuple[tuple[float, float], ...]
CONFIRM_S: Final = 20.0
START_US: Final = 1_750_000_000_000_000
ROADS: Final[dict[str, tuple[Corners, Box]]] = {
    "road_640x360": (
        ((0.02, 1.0), (0.62, 0.42), (0.75, 0.22), (0.86, 0.22), (0.93, 0.5), (0.95, 1.0)),
        Box(0.52, 0.62, 0.62, 0.69),
    ),
    "road_overhead_768x432": (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), Box(0.45, 0.55, 0.55, 0.68)),
    "highway_frames": (
        ((0.6, 0.08), (0.83, 0.08), (0.8, 1.0), (0.02, 1.0), (0.05, 0.8), (0.2, 0.65), (0.36, 0.46), (0.47, 0.32)),
        Box(0.50, 0.55, 0.60, 0.62),
    ),
}
"""Asphalt of each clip, and the place in it at which things are lost."""
MATTER: Final = {
    "sand": Matter(1.0, 0.2, (96.0, 132.0, 156.0)),
    "oil": Matter(1.0, 0.45, (8.0, 8.0, 8.0)),
    "thin oil": Matter(1.0, 0.72, (4.0, 4.0, 4.0)),
    "pale load": Matter(0.6, 0.15, (174.0, 177.0, 177.0)),
    "grey load": Matter(0.6, 0.3, (119.0, 120.0, 120.0)),
    "wood": Matter(0.6, 0.2, (40.0, 64.0, 88.0)),
}


def measure(data: Path) -> Figures:
    """Losses told, after how many seconds, and false ones. Raises `OSError` if none of the known clips is there."""
    roads = [scene for scene in scenes(data, clips_only=True) if scene.name in ROADS]
    if not roads:
        raise FileNotFoundError(f"no clip of a known road in {data / 'video'}")
    eye = detector(OURS, data / "models")
    table: dict[str, dict[str, float | None]] = {}
    false = 0
    for scene in roads:
        table[scene.name] = {}
        outline, place = ROADS[scene.name]
        for name, matter in MATTER.items():
            after_s, wrong = told(losses(scene, place, matter), outline, place, eye)
            table[scene.name][name] = after_s
            false += wrong
            progress(f"  {scene.name:<24} {name:<16} told after {after_s} s, {wrong} false")
        for name, film in SILENT.items():
            _, wrong = told(film(scene), outline, place, eye)
            false += wrong
            progress(f"  {scene.name:<24} nothing, {name:<16} {wrong} false")
    seconds = [after_s for row in table.values() for after_s in row.values()]
    return {
        "told": sum(after_s is not None for after_s in seconds),
        "losses": len(seconds),
        "false": false,
        "silent_films": len(roads) * len(SILENT),
        "slowest_s": max((after_s for after_s in seconds if after_s is not None), default=None),
        "confirm_s": CONFIRM_S,
        "table": table,
    }


def told(film: Iterable[Look], outline: Corners, place: Box, eye: Detector) -> tuple[float | None, int]:
    """Seconds from the loss until it is told in its place, None if it is not; and how many others were told."""
    road = {"name": "road", "camera": "camera", "polygon": outline}
    settings = Settings.model_validate(
        {"place": {"code": "0", "name": "-"}, "confirm_s": CONFIRM_S, "passes": 2, "surfaces": [road]}
    )
    after_s, wrong = None, 0
    with tempfile.TemporaryDirectory() as folder:
        for at_s, lost_s, emit in _emitted(film, settings, _pipeline(settings, eye, Path(folder))):
            box = Box(**emit.data["box"])
            there = lost_s is not None and box.overlap(place) > 0.3 * min(box.area, place.area)
            if there and lost_s is not None and after_s is None:
                after_s = at_s - lost_s
            wrong += not there
    return after_s, wrong


def _pipeline(settings: Settings, eye: Detector, folder: Path) -> Pipeline:
    camera = Camera.model_validate(
        {
            "name": "camera",
            "source": "film",
            "pace": "fast",
            "fps": FPS,
            "idle_fps": FPS,
            "gate": True,
            "detector": {"kind": "onnx", "model": OURS},
            "evidence": {"every_s": 5.0, "ring_mb": 16, "jpeg_quality": 60, "width": 320},
        }
    )
    photographer = Photographer(PictureRing(folder, ring_bytes(camera.evidence)), camera.evidence)
    return Pipeline(camera, eye, photographer, attendants(ROLE.needs.errands(settings), camera, (), photographer))


def _emitted(
    film: Iterable[Look], settings: Settings, pipeline: Pipeline
) -> Iterator[tuple[float, float | None, Emit]]:
    """Seconds of the film, seconds at which something was lost, and what was told then."""
    state, ticked_s = State(), 0.0
    for happened in (Started(_now(0.0), "device"), CameraChanged(_now(0.0), "camera", online=True)):
        state, _ = step(settings, state, happened)
    for at_s, lost_s, image in film:
        while ticked_s + 1 <= at_s:
            ticked_s += 1
            state, _ = step(settings, state, Ticked(_now(ticked_s)))
        sighting = pipeline.process(Frame(START_US + round(at_s * 1e6), image))
        if sighting is not None:
            state, effects = step(settings, state, Seen(_now(at_s), sighting))
            for effect in effects:
                if isinstance(effect, Emit) and effect.type == OBSTRUCTED_TYPE:
                    yield at_s, lost_s, effect


def _now(at_s: float) -> Now:
    return Now(START_US + round(at_s * 1e6), round(at_s * 1000) + 60_000, ClockQuality.SYNCED)
