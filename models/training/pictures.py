# SPDX-License-Identifier: Apache-2.0
"""Training pictures: cut, turned, put side by side and spoilt, as cameras on poles and their weather would."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.training.above import from_above
from models.training.labels import UNSURE, Labelled
from models.training.lot import Lot
from models.training.spaces.lots import read_picture
from models.training.walkers import Walkers
from models.training.weather import captioned, spoilt
from models.training.words import PAD

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
_LEAST_SURE = 0.15
_LEAST_SIDE = 5.0
_CAPTIONED = 0.4
_OF_THE_FILM, _ON_THE_EMPTY = 0.2, 0.2
NOTHING = np.zeros((0, 6), np.float32)


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture [side, side, 3] BGR and its boxes [n, 6]: class (or `UNSURE`), trust, x1 y1 x2 y2.

    `clean` is the picture before it was spoilt, if the teacher may be asked about it; None where the boxes say all.
    """

    picture: Picture
    boxes: Floats
    clean: Picture | None = None


@lru_cache(maxsize=4096)
def _read(file: Path) -> Picture:
    return read_picture(file)


class Album:
    """Draws samples: a picture, four side by side, an empty one, one filled with cars or people, or cars from above."""

    def __init__(self, data: Path, labelled: list[Labelled], seed: int, walkers: Walkers | None = None) -> None:
        """Draw from `labelled`, whose files lie below `data`, and from the film of `walkers`."""
        self._data = data
        self._walkers = walkers
        self._full = [one for one in labelled if one.source != "empty_sunday"]
        self._empty = [one for one in labelled if one.source == "empty_sunday"]
        self._chance = np.random.default_rng(seed)
        self._lot = Lot(data / "parking")
        weights = np.array([_WORTH.get(one.source, 1.0) for one in self._full])
        self._odds = weights / weights.sum()

    def sample(self, side: int) -> Sample:
        """The next."""
        dice = self._chance.random()
        if dice < 0.06 and self._empty:
            drawn = self._cut(_read(self._data / self._one_empty().file), NOTHING, side, side)
        elif dice < 0.11 and self._empty:
            picture, rows = self._lot.filled(_read(self._data / self._one_empty().file), self._chance)
            drawn = self._cut(picture, rows, side, side)
        elif dice < 0.18:
            drawn = Sample(*from_above(side, self._ground(side), self._chance))
        elif dice < 0.36 and self._walkers:
            drawn = self._peopled(side, self._walkers)
        elif dice < 0.5:
            drawn = self._four(side)
        else:
            drawn = self._single(self._any(), side, side)
        seen = captioned(drawn.picture, self._chance) if self._chance.random() < _CAPTIONED else drawn.picture
        return Sample(spoilt(seen, self._chance), drawn.boxes, drawn.clean)

    def _peopled(self, side: int, walkers: Walkers) -> Sample:
        """A picture of the film, or any other with people of the film on it."""
        chance = self._chance
        if chance.random() < _OF_THE_FILM:
            picture, rows = walkers.frames[int(chance.integers(len(walkers.frames)))]
            drawn = self._cut(picture, rows, side, side)
            return Sample(drawn.picture, drawn.boxes, drawn.picture)
        if self._empty and chance.random() < _ON_THE_EMPTY:
            drawn = self._cut(_read(self._data / self._one_empty().file), NOTHING, side, side)
        else:
            drawn = self._single(self._any(), side, side)
        picture, rows = walkers.among(drawn.picture, drawn.boxes, chance)
        return Sample(picture, rows, picture if drawn.clean is not None else None)

    def _one_empty(self) -> Labelled:
        return self._empty[int(self._chance.integers(len(self._empty)))]

    def _any(self) -> Labelled:
        return self._full[int(self._chance.choice(len(self._full), p=self._odds))]

    def _ground(self, side: int) -> Picture:
        """Bare ground for cars from above: a piece of the empty lot, or one grey with grain."""
        chance = self._chance
        if self._empty and chance.random() < 0.5:
            picture = _read(self._data / self._one_empty().file)
            cut = int(chance.integers(120, 320))
            x, y = (
                int(chance.integers(picture.shape[1] - cut)),
                int(chance.integers(picture.shape[0] // 2, picture.shape[0] - cut + 1))
                if picture.shape[0] // 2 < picture.shape[0] - cut
                else 0,
            )
            return np.asarray(cv2.resize(picture[y : y + cut, x : x + cut], (side, side)), np.uint8)
        coarse = chance.normal(0, 12, (side // 16, side // 16, 1)) + chance.uniform(60, 190) + chance.normal(0, 4, 3)
        fine = chance.normal(0, float(chance.uniform(2, 9)), (side, side, 1))
        return np.clip(cv2.resize(coarse, (side, side)) + fine, 0, 255).astype(np.uint8)

    def _four(self, side: int) -> Sample:
        middle = self._chance.integers(round(side * 0.3), round(side * 0.7), 2)
        canvas = np.full((side, side, 3), PAD, np.uint8)
        boxes = []
        spans = [[(0, int(at)), (int(at), side)] for at in middle]
        for x1, x2 in spans[0]:
            for y1, y2 in spans[1]:
                part = self._single(self._any(), x2 - x1, y2 - y1)
                canvas[y1:y2, x1:x2] = part.picture
                boxes.append(part.boxes + np.array([0, 0, x1, y1, x1, y1], np.float32))
        return Sample(canvas, np.concatenate(boxes), canvas)

    def _single(self, one: Labelled, wide: int, high: int) -> Sample:
        picture = _read(self._data / one.file)
        rows = np.array(one.rows, np.float32).reshape(-1, 6)
        drawn = self._cut(picture, rows[(rows[:, 0] != UNSURE) | (rows[:, 1] >= _LEAST_SURE)], wide, high)
        return Sample(drawn.picture, drawn.boxes, drawn.picture)

    def _cut(self, picture: Picture, rows: Floats, wide: int, high: int) -> Sample:
        matrix = self._view(picture.shape[1], picture.shape[0], wide, high)
        cut = cv2.warpAffine(picture, matrix, (wide, high), flags=cv2.INTER_LINEAR, borderValue=(PAD, PAD, PAD))
        return Sample(np.asarray(cut, np.uint8), _moved(rows, matrix, wide, high))

    def _view(self, from_wide: int, from_high: int, wide: int, high: int) -> Floats:
        """The whole picture often, else a part of it, sometimes smaller; mirrored, a little turned and stretched."""
        chance = self._chance
        fit = min(wide / from_wide, high / from_high)
        scale = fit * float(
            chance.choice((chance.uniform(0.6, 1.0), chance.uniform(1.0, 1.3), chance.uniform(1.3, 2.6)))
        )
        stretch = np.exp(chance.normal(0, 0.1))
        angle = np.radians(float(chance.normal(0, 2)))
        flip = -1.0 if chance.random() < 0.5 else 1.0
        cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
        turn = np.array([[cos * flip * stretch, -sin], [sin * flip, cos]], np.float32)
        slack = np.abs(np.array([from_wide * stretch, from_high]) * scale - (wide, high)) / 2
        centre = np.array([wide, high]) / 2 + chance.uniform(-1, 1, 2) * (slack + 0.06 * wide)
        shift = centre - turn @ np.array([from_wide / 2, from_high / 2])
        return np.concatenate((turn, shift[:, None]), 1).astype(np.float32)


_WORTH = {
    "openimages_vehicles": 0.9,
    "parking": 2.0,
    "topview_highways": 1.3,
    "atl_roads": 1.6,
    "manaus_city_cctv": 1.6,
}
"""How often a picture of a source is drawn, beside one of the others: fixed cameras before holiday snaps."""


def _moved(rows: Floats, matrix: Floats, wide: int, high: int) -> Floats:
    """Boxes where the view shows them; what is cut by more than half, or tiny, is unsure."""
    if not len(rows):
        return rows
    middle = (rows[:, 2:4] + rows[:, 4:]) / 2
    halves = (rows[:, 4:] - rows[:, 2:4]) / 2 * np.array([np.hypot(*matrix[:, 0]), np.hypot(*matrix[:, 1])])
    middle = middle @ matrix[:, :2].T + matrix[:, 2]
    edge = np.array([wide, high], np.float32)
    low, top = np.clip(middle - halves, 0, edge), np.clip(middle + halves, 0, edge)
    size = top - low
    share = size.prod(1) / np.maximum((4 * halves.prod(1)), 1e-6)
    number = np.where((share < 0.45) | (size.max(1) < _LEAST_SIDE), UNSURE, rows[:, 0])
    out = np.concatenate((number[:, None], rows[:, 1:2], low, top), 1)
    return out[(size > 1).all(1)].astype(np.float32)
