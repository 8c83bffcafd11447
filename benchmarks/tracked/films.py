# SPDX-License-Identifier: Apache-2.0
"""Films of a car park made of real pixels, with who is where known to the frame; each shows one mishap."""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from benchmarks.tracked.cuts import Cut, Lot, box_of, lay
from benchmarks.tracked.eye import Eye, Real
from edge.core.tracks import Kind
from edge.vision.detector import Detection
from edge.vision.source import Image

Place = tuple[float, float]
"""Upper left corner in pixels."""
Path = Callable[[float], Place | None]


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """Somebody who is one and the same as long as the film runs; `number` is who."""

    number: int
    cut: Cut
    path: Path
    kind: Kind = Kind.CAR


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One frame: the picture, what is really there, and what a detector said of it."""

    at_us: int
    picture: Image
    real: list[Real]
    detections: list[Detection]


def _daylight(_: float) -> float:
    return 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """A story: who acts, and what happens to light, camera and detector meanwhile."""

    name: str
    lot: Lot
    actors: Sequence[Actor]
    seconds: float
    fps: float = 5.0
    light: Callable[[float], float] = _daylight
    """Gain of the picture at a time."""
    sight: Callable[[float], float] = _daylight
    """What is left of the detector's scores."""
    glare: Callable[[float], Place | None] = field(default=lambda _: None)
    """Where a headlight shines."""
    kept: float = 1.0
    """Share of frames that arrive."""
    sway_px: float = 0.0
    """How far the pole sways."""

    def play(self, seed: int) -> Iterator[Moment]:
        """All frames in order; the same seed gives the same film."""
        chance, eye = random.Random(seed), Eye(random.Random(seed + 1))
        noise = np.random.default_rng(seed).normal(0, 2.5, (*self.lot.empty.shape[:2], 3)).astype(np.int16)
        for number in range(round(self.seconds * self.fps)):
            at_s = number / self.fps
            if chance.random() > self.kept:
                continue
            sway = (round(chance.gauss(0, self.sway_px)), round(chance.gauss(0, self.sway_px)))
            real, picture = self._painted(at_s, sway)
            lit = np.clip(picture * self.light(at_s) + np.roll(noise, 37 * number, axis=1), 0, 255).astype(np.uint8)
            yield Moment(round(at_s * 1e6) + 1, lit, real, eye.sees(real, self.sight(at_s)))

    def _painted(self, at_s: float, sway: tuple[int, int]) -> tuple[list[Real], Image]:
        picture = np.roll(self.lot.empty, sway, axis=(1, 0))
        height, width = picture.shape[:2]
        there = [(actor, place) for actor in self.actors if (place := actor.path(at_s)) is not None]
        there.sort(key=lambda one: one[1][1] + one[0].cut.size[1])
        real = []
        for actor, place in there:
            left, top = round(place[0]) + sway[0], round(place[1]) + sway[1]
            lay(picture, actor.cut, left, top)
            real.append(Real(actor.number, actor.kind, box_of(actor.cut, left, top, (width, height))))
        spot = self.glare(at_s)
        return real, picture if spot is None else _glaring(picture, spot)


def _glaring(picture: Image, spot: Place) -> Image:
    """A headlight with its halo."""
    halo = np.zeros(picture.shape[:2], np.float32)
    cv2.circle(halo, (round(spot[0]), round(spot[1])), 12, 255.0, -1)
    halo = np.asarray(cv2.GaussianBlur(halo, (0, 0), 14) * 1.6, np.float32)
    return np.asarray(np.clip(picture + halo[..., None], 0, 255), np.uint8)


def stands(cut: Cut, since: float = -math.inf, until: float = math.inf) -> Path:
    """Where it was cut from, for a while."""
    return lambda at_s: (cut.left, cut.top) if since <= at_s < until else None


def along(start: Place, end: Place, begin: float, end_s: float) -> Path:
    """From one place to another at even speed; not there before and after."""

    def path(at_s: float) -> Place | None:
        part = (at_s - begin) / (end_s - begin)
        return (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])) if 0 <= part < 1 else None

    return path


def one_after_the_other(*paths: Path) -> Path:
    """The first of the paths that is anywhere."""
    return lambda at_s: next((place for path in paths if (place := path(at_s)) is not None), None)
