# SPDX-License-Identifier: Apache-2.0
"""A made-up place with cars that look like somebody: each a pattern of its own, in a light that the test chooses."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from edge.core.geometry import Box
from edge.core.tracks import Track
from edge.vision.likeness import Look
from edge.vision.looks import looks_of
from edge.vision.source import Image
from edge.vision.tracker import Tracker
from tests.vision.film import Frame

WIDTH, HEIGHT = 640, 360


@dataclass(frozen=True, slots=True)
class Standing:
    """A car of that look in that place."""

    look: int
    box: Box


def painted(cars: Sequence[Standing], ground: int = 1) -> Image:
    """A picture of a rough ground with these cars on it, the later ones in front."""
    picture = _pattern(1000 + ground, WIDTH, HEIGHT, coarse=12, contrast=15)
    for car in cars:
        left, right = round(car.box.left * WIDTH), round(car.box.right * WIDTH)
        top, bottom = round(car.box.top * HEIGHT), round(car.box.bottom * HEIGHT)
        picture[top:bottom, left:right] = _pattern(car.look, right - left, bottom - top, coarse=6, contrast=50)
    return picture


def _pattern(seed: int, width: int, height: int, *, coarse: int, contrast: float) -> Image:
    chance = np.random.default_rng(seed)
    small = chance.normal(110, contrast, (max(2, height // coarse), max(2, width // coarse), 3)).astype(np.float32)
    return np.clip(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), 5, 250).astype(np.uint8)


def darker(picture: Image, gain: float = 0.35) -> Image:
    """The same at dusk, with a lamp's tint and a sensor's noise."""
    noise = np.random.default_rng(3).normal(0, 2, picture.shape)
    return np.clip(picture * (gain * np.array([0.8, 1.0, 1.2])) + noise, 0, 255).astype(np.uint8)


def shadowed(picture: Image) -> Image:
    """Half of it in the shadow of a house."""
    half = picture.copy()
    half[:, picture.shape[1] // 2 :] //= 2
    return half


def lit(picture: Image, x: float, y: float, radius: float = 0.02) -> Image:
    """A headlight's spot at (x, y)."""
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH]
    spot = 240 * np.exp(-((across - x * WIDTH) ** 2 + (down - y * HEIGHT) ** 2) / (2 * (radius * WIDTH) ** 2))
    return np.asarray(np.clip(picture + spot[..., None], 0, 255), np.uint8)


def watched(
    frames: Iterable[Frame], picture_at: Callable[[float], Image], tracker: Tracker
) -> list[tuple[int, tuple[Track, ...]]]:
    """Play frames to a tracker that can ask how each looks."""
    return [(at_us, tracker.update(at_us, found, looks_of(picture_at(at_us / 1e6)))) for at_us, found in frames]


def counting(looks: Callable[[Box], Look | None], asked: list[Box]) -> Callable[[Box], Look | None]:
    def ask(box: Box) -> Look | None:
        asked.append(box)
        return looks(box)

    return ask
