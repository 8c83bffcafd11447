# SPDX-License-Identifier: Apache-2.0
"""What is lost on real roads, told by the role `spill`: sand, oil, pale and dark loads, laid under real traffic.

Each clip of a fixed camera is watched twice a second by pipeline and role, as on a device. After a minute something
lies in one place, from the moment on at which a vehicle hides it; what drives goes over it. A clip on which nothing
lies, one whose exposure sways, and one with a shadow that comes with the sun, must stay silent.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.eyes import OURS, detector
from benchmarks.figures import Figures, progress
from benchmarks.judged.views import Scene, scenes
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
from edge.vision.source import Frame, Image

Corners = tuple[tuple[float, float], ...]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
FPS: Final = 2.0
LOST_S, END_S, HIDDEN_S = 60.0, 150.0, 20.0
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
MATTER: Final[dict[str, tuple[float, float, tuple[float, float, float]]]] = {
    "sand": (1.0, 0.2, (96.0, 132.0, 156.0)),
    "oil": (1.0, 0.45, (8.0, 8.0, 8.0)),
    "thin oil": (1.0, 0.72, (4.0, 4.0, 4.0)),
    "pale load": (0.6, 0.15, (174.0, 177.0, 177.0)),
    "grey load": (0.6, 0.3, (119.0, 120.0, 120.0)),
    "wood": (0.6, 0.2, (40.0, 64.0, 88.0)),
}
"""Width in parts of the place's, what is seen of the road through it, and what it adds: blue, green, red."""
DRIVES: Final = 24
"""Levels by which what drives differs from the road's median picture."""


@dataclass(frozen=True, slots=True)
class Run:
    """One film: what lies there, if anything, and what is done to its light."""

    scene: Scene
    matter: str
    light: Callable[[Image, float], Image]


def measure(data: Path) -> Figures:
    """Losses told, after how many seconds, and false ones. Raises `OSError` if none of the known clips is there."""
    roads = [scene for scene in scenes(data, clips_only=True) if scene.name in ROADS]
    if not roads:
        raise FileNotFoundError(f"no clip of a known road in {data / 'video'}")
    eye = detector(OURS, data / "models")
    table: dict[str, dict[str, float | None]] = {}
    false = films = 0
    for scene in roads:
        table[scene.name] = {}
        for name in MATTER:
            after_s, wrong = _told(Run(scene, name, _as_it_is), eye)
            table[scene.name][name] = after_s
            false += wrong
            progress(f"  {scene.name:<24} {name:<10} told after {after_s} s, {wrong} false")
        for light in (_as_it_is, _swaying, _sun_comes_out):
            films += 1
            wrong = _told(Run(scene, "", light), eye)[1]
            false += wrong
            progress(f"  {scene.name:<24} nothing, {light.__name__.strip('_')}: {wrong} false")
    told = [after_s for row in table.values() for after_s in row.values()]
    return {
        "told": sum(after_s is not None for after_s in told),
        "losses": len(told),
        "false": false,
        "silent_films": films,
        "slowest_s": max((after_s for after_s in told if after_s is not None), default=None),
        "confirm_s": CONFIRM_S,
        "table": table,
    }


def _told(run: Run, eye: Detector) -> tuple[float | None, int]:
    """Seconds from the loss until it is told in its place, None if it is not; and how many others were told."""
    outline, place = ROADS[run.scene.name]
    road = {"name": "road", "camera": "camera", "polygon": outline}
    settings = Settings.model_validate(
        {"place": {"code": "0", "name": "-"}, "confirm_s": CONFIRM_S, "passes": 2, "surfaces": [road]}
    )
    after_s, wrong = None, 0
    with tempfile.TemporaryDirectory() as folder:
        for at_s, lost_s, emit in _emitted(run, settings, _pipeline(settings, eye, Path(folder))):
            told = Box(**emit.data["box"])
            there = lost_s is not None and told.overlap(place) > 0.3 * min(told.area, place.area)
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


def _emitted(run: Run, settings: Settings, pipeline: Pipeline) -> Iterator[tuple[float, float | None, Emit]]:
    """Seconds of the film, seconds at which something was lost, and what was told then."""
    state, ticked_s = State(), 0.0
    for happened in (Started(_now(0.0), "device"), CameraChanged(_now(0.0), "camera", online=True)):
        state, _ = step(settings, state, happened)
    for at_s, lost_s, image in _film(run):
        while ticked_s + 1 <= at_s:
            ticked_s += 1
            state, _ = step(settings, state, Ticked(_now(ticked_s)))
        sighting = pipeline.process(Frame(START_US + round(at_s * 1e6), image))
        if sighting is not None:
            state, effects = step(settings, state, Seen(_now(at_s), sighting))
            for effect in effects:
                if isinstance(effect, Emit) and effect.type == OBSTRUCTED_TYPE:
                    yield at_s, lost_s, effect


def _film(run: Run) -> Iterator[tuple[float, float | None, Image]]:
    """The clip with something on the road below the traffic, from the moment on at which traffic hides it."""
    pictures = run.scene.pictures
    usual = np.median(np.stack(pictures[:: max(1, len(pictures) // 50)]), axis=0).astype(np.uint8)
    _, place = ROADS[run.scene.name]
    lost_s: float | None = None
    for number in range(round(END_S * FPS)):
        at_s = number / FPS
        image = run.scene.at(at_s)
        if run.matter and at_s >= LOST_S:
            drives = cv2.dilate((cv2.absdiff(image, usual).max(axis=2) > DRIVES).astype(np.uint8), np.ones((5, 5)))
            cover = _cover(place, MATTER[run.matter][0], image.shape)
            hidden = float(drives[cover[..., 0] > 0.5].mean()) > 0.3
            lost_s = at_s if lost_s is None and (hidden or at_s >= LOST_S + HIDDEN_S) else lost_s
            if lost_s is not None:
                image = _lying(image, cover * (1 - drives[..., None]), run.matter)
        yield at_s, lost_s, run.light(image, at_s)


def _lying(image: Image, cover: Floats, matter: str) -> Image:
    _, through, colour = MATTER[matter]
    laid = image * np.float32(through) + np.array(colour, np.float32)
    return np.asarray(np.clip(image * (1 - cover) + laid * cover, 0, 255), np.uint8)


def _cover(place: Box, size: float, shape: tuple[int, ...]) -> Floats:
    rows, columns = shape[:2]
    mask = np.zeros((rows, columns), np.float32)
    middle = (round(place.centre.x * columns), round(place.centre.y * rows))
    half = (max(2, round(place.width * size * columns / 2)), max(2, round(place.height * size * rows / 2)))
    cv2.ellipse(mask, middle, half, 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (3, 3), 0)[..., None], np.float32)


def _as_it_is(image: Image, _: float) -> Image:
    return image


def _swaying(image: Image, at_s: float) -> Image:
    """An exposure that is led astray by what passes."""
    return np.asarray(
        cv2.convertScaleAbs(image, alpha=1 + 0.12 * float(np.sin(at_s * 0.9) * np.sin(at_s * 0.13))), np.uint8
    )


def _sun_comes_out(image: Image, at_s: float) -> Image:
    """Clouds come and go every half minute, and with the sun a pole's hard shadow, which wanders."""
    sun = np.clip(np.sin(at_s * 2 * np.pi / 60) * 4, -1, 1) / 2 + 0.5
    columns = np.arange(image.shape[1], dtype=np.float32) / image.shape[1]
    pole = np.exp(-(((columns - 0.45 - 0.0005 * at_s) / 0.03) ** 4))[None, :, None]
    shade = 1 - pole * np.array((0.42, 0.47, 0.51), np.float32) * sun
    return np.asarray(np.clip(image * (0.6 + 0.4 * sun) * shade, 0, 255), np.uint8)


def _now(at_s: float) -> Now:
    return Now(START_US + round(at_s * 1e6), round(at_s * 1000) + 60_000, ClockQuality.SYNCED)
