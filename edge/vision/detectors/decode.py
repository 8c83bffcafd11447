# SPDX-License-Identifier: Apache-2.0
"""Reads a model's raw answer: which boxes, which classes, how sure. Pure numpy."""

from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from edge.vision.detectors.fit import Floats
from models.manifest import Decoding, Input, Shape, Yolov8, Yolox


@dataclass(frozen=True, slots=True)
class Candidates:
    """Raw finds: `boxes` [N, 4] as left, top, right, bottom; `scores` [N]; `classes` [N]."""

    boxes: Floats
    scores: Floats
    classes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grid:
    """For each row of an answer the `corners` of its cell, counted in cells, and the cell's side in pixels."""

    corners: Floats
    strides: Floats


class Decoder:
    """Decodes one model's answers; what depends on the input's shape alone is computed once for each."""

    def __init__(self, decoding: Decoding, spec: Input, wanted: NDArray[np.int64]) -> None:
        self._decoding = decoding
        self._own_shape = (spec.width, spec.height)
        self._wanted = wanted
        """Class indices that mean something to us; the best of these counts, whatever the rest say."""
        self._grids: dict[Shape, Grid] = {}

    def decode(self, output: Floats, threshold: float, shape: Shape | None = None) -> Candidates:
        """Candidates at or above `threshold`, in pixels of the input, whose width and height `shape` tells."""
        match self._decoding:
            case Yolox(strides=strides, decoded=decoded):
                return self._yolox(output[0], threshold, None if decoded else self._grid(strides, shape))
            case Yolov8():
                return self._yolov8(output[0].T, threshold)
            case _:
                assert_never(self._decoding)

    def _grid(self, strides: tuple[int, ...], shape: Shape | None) -> Grid:
        key = shape or self._own_shape
        if key not in self._grids:
            self._grids[key] = grid(*key, strides)
        return self._grids[key]

    def _yolox(self, rows: Floats, threshold: float, cells: Grid | None) -> Candidates:
        # A product of two numbers below one: rows whose objectness is too low need no look at their classes.
        hopeful = np.flatnonzero(rows[:, 4] >= threshold)
        rows = rows[hopeful]
        classes, scores = self._best(rows[:, 5:])
        scores = scores * rows[:, 4]
        kept = scores >= threshold
        rows = rows[kept]
        if cells is None:
            return Candidates(_corners(rows[:, :2], rows[:, 2:4]), scores[kept], classes[kept])
        strides = cells.strides[hopeful][kept]
        centres = (rows[:, :2] + cells.corners[hopeful][kept]) * strides
        # exp of an unbounded output: clipped, so that a broken row is a large box and not an overflow.
        sizes = np.exp(np.minimum(rows[:, 2:4], 10.0)) * strides
        return Candidates(_corners(centres, sizes), scores[kept], classes[kept])

    def _yolov8(self, rows: Floats, threshold: float) -> Candidates:
        classes, scores = self._best(rows[:, 4:])
        kept = scores >= threshold
        return Candidates(_corners(rows[kept, :2], rows[kept, 2:4]), scores[kept], classes[kept])

    def _best(self, per_class: Floats) -> tuple[NDArray[np.int64], Floats]:
        ours = per_class[:, self._wanted]
        best = ours.argmax(axis=1)
        return self._wanted[best], ours[np.arange(len(ours)), best]


def grid(width: int, height: int, strides: tuple[int, ...]) -> Grid:
    """The cells of an input of that size, level by level, row by row."""
    corners, sides = [np.empty((0, 2), np.float32)], [np.empty((0, 1), np.float32)]
    for stride in strides:
        across, down = width // stride, height // stride
        x, y = np.meshgrid(np.arange(across), np.arange(down))
        corners.append(np.stack((x, y), axis=2).reshape(-1, 2).astype(np.float32))
        sides.append(np.full((across * down, 1), stride, np.float32))
    return Grid(np.concatenate(corners), np.concatenate(sides))


def _corners(centres: Floats, sizes: Floats) -> Floats:
    return np.concatenate((centres - sizes / 2, centres + sizes / 2), axis=1)
