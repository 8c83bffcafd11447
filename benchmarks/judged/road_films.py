# SPDX-License-Identifier: Apache-2.0
"""Films of real roads on which something is lost, and films on which nothing is, whatever else deceives there.

Losses are laid below the real traffic, from the moment on at which a vehicle hides their place. What deceives: an
exposure that sways, clouds with a hard shadow, the edge of a cloud that stays, rain on a road that grows wet, a night
with a lamp that goes on, a vehicle that stops among those that drive on, and a whole queue that stands.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from benchmarks.judged.views import Scene
from edge.core.geometry import Box
from edge.vision.source import Image
from models.training.weather import streaked

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
Look = tuple[float, float | None, Image]
"""Seconds of the film, seconds at which something was lost, if it was by then, and the picture."""
Light = Callable[[Image, float], Image]
FPS: Final = 2.0
LOST_S, END_S, HIDDEN_S = 60.0, 150.0, 20.0
STOPS_S, STANDS_S = 55.0, 60.0
DRIVES: Final = 24
"""Levels by which what drives differs from the road's median picture."""
FREE_PX: Final = 2
"""A vehicle is cut out only where it is so far from the picture's edge."""


@dataclass(frozen=True, slots=True)
class Matter:
    """`size` in parts of the place's, what is seen of the road through it, and what it adds: blue, green, red."""

    size: float
    through: float
    adds: tuple[float, float, float]


def losses(scene: Scene, place: Box, matter: Matter) -> Iterator[Look]:
    """The clip with something on the road below the traffic, from the moment on at which traffic hides it."""
    usual = _usual(scene)
    cover = _cover(place, matter.size, usual.shape)
    lost_s: float | None = None
    for at_s in _seconds():
        image = scene.at(at_s)
        if at_s >= LOST_S:
            drives = _drives(image, usual)
            hidden = float(drives[cover[..., 0] > 0.5].mean()) > 0.3
            lost_s = at_s if lost_s is None and (hidden or at_s >= LOST_S + HIDDEN_S) else lost_s
            if lost_s is not None:
                image = _lying(image, cover * (1 - drives[..., None]), matter)
        yield at_s, lost_s, image


def lit(light: Light) -> Callable[[Scene], Iterator[Look]]:
    """The clip in another light, with nothing on the road."""
    return lambda scene: ((at_s, None, light(scene.at(at_s), at_s)) for at_s in _seconds())


def stopped(scene: Scene) -> Iterator[Look]:
    """The largest vehicle that is seen whole drives in, stands for a minute while all others drive on, and is gone."""
    usual = _usual(scene)
    stop_s, cover = max(
        ((at_s, _whole(_drives(scene.at(at_s), usual))) for at_s in _seconds() if 0 <= at_s - STOPS_S < HIDDEN_S),
        key=lambda one: float(one[1].sum()),
    )
    car = scene.at(stop_s)
    for at_s in _seconds():
        image = scene.at(at_s)
        if stop_s <= at_s < stop_s + STANDS_S:
            image = np.asarray(image * (1 - cover) + car * cover, np.uint8)
        yield at_s, None, image


def queue(scene: Scene) -> Iterator[Look]:
    """Everything stands for a minute, then drives on."""
    chance = np.random.default_rng(11)
    for at_s in _seconds():
        stands = at_s >= STOPS_S
        image = scene.at(max(STOPS_S, at_s - STANDS_S) if stands else at_s)
        grain = chance.normal(0, 2.0, image.shape) if stands else 0.0
        yield at_s, None, np.asarray(np.clip(image + grain, 0, 255), np.uint8)


def as_it_is(image: Image, _: float) -> Image:
    """The clip."""
    return image


def swaying(image: Image, at_s: float) -> Image:
    """An exposure that is led astray by what passes."""
    return _shone(image, 1 + 0.12 * float(np.sin(at_s * 0.9) * np.sin(at_s * 0.13)))


def sun_comes_out(image: Image, at_s: float) -> Image:
    """Clouds come and go every half minute, and with the sun a pole's hard shadow, which wanders."""
    sun = np.clip(np.sin(at_s * 2 * np.pi / 60) * 4, -1, 1) / 2 + 0.5
    pole = np.exp(-(((_across(image) - 0.45 - 0.0005 * at_s) / 0.03) ** 4))[None, :, None]
    shade = 1 - pole * np.array((0.42, 0.47, 0.51), np.float32) * sun
    return _shone(image, (0.6 + 0.4 * sun) * shade)


def cloud_edge(image: Image, at_s: float) -> Image:
    """Shade comes from one side, stays over a part of the road for half a minute, and goes on."""
    edge = float(np.interp(at_s, (55.0, 75.0, 110.0, 130.0), (-0.1, 0.5, 0.55, 1.1)))
    part = 1 / (1 + np.exp((_across(image) - edge) * 60))[None, :, None]
    return _shone(image, 1 - part * np.array((0.38, 0.42, 0.45), np.float32))


def rain(image: Image, at_s: float) -> Image:
    """It begins after a minute; the road grows darker, and three puddles grow on it, one after the other."""
    if at_s < LOST_S:
        return image
    chance = np.random.default_rng(round(at_s * FPS))
    wet = _shone(image, 1 - 0.25 * min(1.0, (at_s - LOST_S) / 40)).astype(np.float32)
    for number, (x, y) in enumerate(((0.45, 0.6), (0.6, 0.75), (0.5, 0.85))):
        grown = float(np.clip((at_s - LOST_S - 12 * number) / 30, 0, 1))
        pool = _cover(Box(x, y, x + 0.12 * grown + 0.01, y + 0.05 * grown + 0.01), 1.0, image.shape) * 0.5
        wet = wet * (1 - pool) + np.array((185.0, 165.0, 150.0), np.float32) * pool
    streaked(wet, chance, (120, 180), (8, 30), (120, 200))
    return np.asarray(np.clip(wet, 0, 255), np.uint8)


def night(image: Image, at_s: float) -> Image:
    """Dark, with a sensor's noise; a street lamp goes on and stays on."""
    chance = np.random.default_rng(round(at_s * FPS))
    rows = np.arange(image.shape[0], dtype=np.float32) / image.shape[0]
    pool = np.exp(-(((_across(image)[None, :] - 0.55) / 0.12) ** 2) - ((rows[:, None] - 0.65) / 0.1) ** 2)[..., None]
    lamp = pool * np.array((0.2, 0.35, 0.45), np.float32) * (at_s > 70)
    dim = image * (0.16 + lamp) + chance.normal(0, 3.0, image.shape)
    return np.asarray(np.clip(dim, 0, 255), np.uint8)


SILENT: Final[dict[str, Callable[[Scene], Iterator[Look]]]] = {
    "as it is": lit(as_it_is),
    "swaying": lit(swaying),
    "sun comes out": lit(sun_comes_out),
    "edge of a cloud": lit(cloud_edge),
    "rain": lit(rain),
    "night": lit(night),
    "one stops": stopped,
    "queue": queue,
}
"""Films on which nothing is lost."""


def _seconds() -> Iterator[float]:
    return (number / FPS for number in range(round(END_S * FPS)))


def _usual(scene: Scene) -> Image:
    pictures = scene.pictures[:: max(1, len(scene.pictures) // 50)]
    return np.asarray(np.median(np.stack(pictures), axis=0), np.uint8)


def _drives(image: Image, usual: Image) -> Floats:
    """1 where something drives."""
    apart = (cv2.absdiff(image, usual).max(axis=2) > DRIVES).astype(np.uint8)
    return np.asarray(cv2.dilate(apart, np.ones((5, 5), np.uint8)), np.float32)


def _whole(drives: Floats) -> Floats:
    """The largest connected part that no edge of the picture cuts, with a soft edge; nothing if there is none."""
    solid = np.asarray(cv2.morphologyEx(drives.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    rows, columns = solid.shape
    best, most = 0, 0
    for number in range(1, count):
        left, top, wide, high, area = (int(one) for one in stats[number])
        free = min(left, top, columns - left - wide, rows - top - high) >= FREE_PX
        if free and area > most:
            best, most = number, area
    cover = (np.asarray(labels) == best).astype(np.float32) * (best > 0)
    return np.asarray(cv2.GaussianBlur(cover, (3, 3), 0), np.float32)[..., None]


def _lying(image: Image, cover: Floats, matter: Matter) -> Image:
    laid = image * np.float32(matter.through) + np.array(matter.adds, np.float32)
    return np.asarray(np.clip(image * (1 - cover) + laid * cover, 0, 255), np.uint8)


def _cover(place: Box, size: float, shape: tuple[int, ...]) -> Floats:
    rows, columns = shape[:2]
    mask = np.zeros((rows, columns), np.float32)
    middle = (round(place.centre.x * columns), round(place.centre.y * rows))
    half = (max(2, round(place.width * size * columns / 2)), max(2, round(place.height * size * rows / 2)))
    cv2.ellipse(mask, middle, half, 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (3, 3), 0)[..., None], np.float32)


def _across(image: Image) -> Floats:
    return np.asarray(np.arange(image.shape[1]) / image.shape[1], np.float32)


def _shone(image: Image, light: Floats | float) -> Image:
    return np.asarray(np.clip(image * light, 0, 255), np.uint8)
