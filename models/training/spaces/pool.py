# SPDX-License-Identifier: Apache-2.0
"""Cuts to train on: made once, lit and blurred anew whenever they are drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.outlines import cut
from models.training.spaces.lots import Bytes, Points, Scene
from models.training.spaces.scenes import Stock, composed, open_ground
from models.training.spaces.street import Road
from models.training.weather import streaked

Rng = np.random.Generator
SIDE = 48
FROM_ROADS = ("atl_roads", "manaus_city_cctv", "topview_highways", "india_campus_road")


@dataclass(frozen=True)
class Pool:
    """[N, SIDE, SIDE, 4] cuts and 0 or 1 each."""

    cuts: Bytes
    occupied: NDArray[np.float32]

    def batches(self, size: int, rng: Rng) -> Iterator[tuple[Bytes, NDArray[np.float32]]]:
        """Batches without end, half of them occupied."""
        busy, free = np.flatnonzero(self.occupied > 0), np.flatnonzero(self.occupied == 0)
        while True:
            chosen = np.concatenate([rng.choice(busy, size // 2), rng.choice(free, size - size // 2)])
            yield _lit(self.cuts[chosen], rng), self.occupied[chosen]


def made_pool(scenes: Sequence[Scene], roads: Sequence[Road], stock: Stock, count: int, rng: Rng) -> Pool:
    """About `count` composed lots with all their spaces, half as many road pictures, and the frames as they are."""
    cuts: list[Bytes] = []
    states: list[bool] = []
    for scene in _all_scenes(scenes, roads, stock, count, rng):
        for space in scene.spaces:
            if space.occupied is not None:
                cuts.append(cut(scene.image, _shaken(space.corners, rng), SIDE))
                states.append(space.occupied)
    return Pool(np.stack(cuts), np.array(states, np.float32))


def plain_pool(scenes: Sequence[Scene]) -> Pool:
    """Every labelled space of every frame as it is: what is measured on."""
    known = [(scene, space) for scene in scenes for space in scene.spaces if space.occupied is not None]
    cuts = np.stack([cut(scene.image, space.corners.tolist(), SIDE) for scene, space in known])
    return Pool(cuts, np.array([space.occupied for _, space in known], np.float32))


def _all_scenes(scenes: Sequence[Scene], roads: Sequence[Road], stock: Stock, count: int, rng: Rng) -> Iterator[Scene]:
    busy = [scene for scene in scenes if scene.cutouts]
    # An empty hour once as it is: light through real leaves is what a network takes for a car.
    yield from (scene for scene in scenes if not scene.cutouts)
    for _ in range(6):
        yield from busy
    for number in range(count):
        source = busy if busy and number % 4 == 0 else scenes
        yield composed(_dimmed(source[int(rng.integers(len(source)))], rng), stock, rng)
        if roads:
            for _ in range(2):
                yield open_ground(roads[int(rng.integers(len(roads)))], stock, rng)


def _dimmed(scene: Scene, rng: Rng) -> Scene:
    """The frame in another light before cars are put into it, so that a dark car need not stand on a dark ground."""
    gamma = float(np.exp(rng.normal(0, 0.25)))
    table = np.clip(255 * (np.arange(256) / 255) ** gamma * rng.uniform(0.7, 1.25), 0, 255).astype(np.uint8)
    return replace(scene, image=np.asarray(cv2.LUT(scene.image, table), np.uint8))


def _shaken(corners: Points, rng: Rng) -> list[tuple[float, float]]:
    """The outline as another person would have drawn it."""
    span = np.ptp(corners, axis=0)
    middle = corners.mean(axis=0)
    each = corners + rng.normal(0, 0.035, corners.shape) * span
    whole = (each - middle) * rng.uniform(0.88, 1.14) + middle + rng.normal(0, 0.035, 2) * span
    return [(float(x), float(y)) for x, y in whole]


def _lit(cuts: Bytes, rng: Rng) -> Bytes:
    """Light, colour, shadow, rain, noise, blur and mirror, differently for each cut."""
    count = len(cuts)
    cuts = cuts.copy()
    mirrored = rng.random(count) < 0.5
    cuts[mirrored] = cuts[mirrored, :, ::-1]
    image = cuts[..., :3].astype(np.float32)
    grey = rng.random(count) < 0.12
    image[grey] = image[grey].mean(axis=3, keepdims=True)

    def each(low: float, high: float, channels: int = 1) -> NDArray[np.float32]:
        return rng.uniform(low, high, (count, 1, 1, channels)).astype(np.float32)

    image = 255 * np.power(np.clip(image / 255, 0, 1), each(0.6, 1.7)) * each(0.35, 1.4)
    image *= each(0.88, 1.12, 3)
    image *= _shadows(count, rng)
    image += each(-15, 25)
    image += rng.normal(0, 1, image.shape).astype(np.float32) * each(0, 9)
    for index in np.flatnonzero(rng.random(count) < 0.25):
        image[index] = cv2.GaussianBlur(image[index], (0, 0), rng.uniform(0.4, 1.3))
    for index in np.flatnonzero(rng.random(count) < 0.08):
        streaked(image[index], rng, (8, 30), (3, 10), (120, 230))
    cuts[..., :3] = np.clip(image, 0, 255)
    return cuts


def _shadows(count: int, rng: Rng) -> NDArray[np.float32]:
    """Shade over half of the cuts: up to three bands of poles, walls and branches, or light through leaves."""
    down, across = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)
    share = np.zeros((count, SIDE, SIDE), np.float32)
    for likely in (0.4, 0.2, 0.2):

        def each(low: float, high: float) -> NDArray[np.float32]:
            return rng.uniform(low, high, (count, 1, 1)).astype(np.float32)

        angle = each(0, 2 * np.pi)
        along = across * np.cos(angle) + down * np.sin(angle) - each(-1, 1)
        # The widest bands end beyond the cut and are one straight edge.
        band = np.clip((np.exp(each(-2.5, 1.0)) - np.abs(along)) * each(2, 30), 0, 1)
        share = np.maximum(share, band * (each(0, 1) < likely))
    for index in np.flatnonzero(rng.random(count) < 0.1):
        share[index] = _dapples(rng)
    shade: NDArray[np.float32] = 1 - share * rng.uniform(0.2, 0.7, (count, 1, 1)).astype(np.float32)
    return shade[..., None]


def _dapples(rng: Rng) -> NDArray[np.float32]:
    """Spots of shade [SIDE, SIDE] of any size, with edges of any hardness."""
    cells = int(rng.integers(3, 14))
    coarse = np.asarray(cv2.resize(rng.random((cells, cells), np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))
    return np.clip((coarse - rng.uniform(0.35, 0.65)) * rng.uniform(3, 25) + 0.5, 0, 1).astype(np.float32)
