# SPDX-License-Identifier: Apache-2.0
"""Reads a model's raw answers: which boxes, which classes, how sure. Pure numpy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from edge.vision.detectors.fit import Floats
from edge.vision.detectors.heads import Grid, Indices, chosen, corners, detr, fastestdet, grid, nanodet
from models.manifest import Decoding, Detr, End2end, Fastestdet, Input, Nanodet, Shape, Yolov8, Yolox


@dataclass(frozen=True, slots=True)
class Candidates:
    """Raw finds: `boxes` [N, 4] as left, top, right, bottom; `scores` [N]; `classes` [N]."""

    boxes: Floats
    scores: Floats
    classes: Indices


class Decoder:
    """Decodes one model's answers; what depends on the input's shape alone is computed once for each."""

    def __init__(self, decoding: Decoding, spec: Input, wanted: Indices) -> None:
        self._decoding = decoding
        self._own_shape = (spec.width, spec.height)
        self._wanted = wanted
        """Class indices that mean something to us; the best of these counts, whatever the rest say."""
        self._grids: dict[Shape, Grid] = {}

    def decode(self, answers: Sequence[NDArray[Any]], threshold: float, shape: Shape | None = None) -> Candidates:
        """Candidates at or above `threshold`, in pixels of the input, whose width and height `shape` tells."""
        size = shape or self._own_shape
        match self._decoding:
            case Yolox(decoded=decoded):
                return self._yolox(answers[0][0], threshold, None if decoded else self._grid(size))
            case Yolov8():
                rows = answers[0][0].T
                classes, scores, kept = self._best(rows[:, 4:], threshold)
                return Candidates(corners(rows[kept, :2], rows[kept, 2:4]), scores, classes)
            case End2end():
                rows = answers[0][0]
                return self._chosen(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int64), threshold)
            case Nanodet() as layout:
                return self._nanodet(answers[0][0], layout, threshold, self._grid(size))
            case Fastestdet():
                return self._of_all(*fastestdet(answers[0][0], size), threshold)
            case Detr(chosen=True):
                return self._chosen(*chosen(answers), threshold)
            case Detr():
                return self._of_all(*detr(answers, size), threshold)
            case _:
                assert_never(self._decoding)

    def _yolox(self, rows: Floats, threshold: float, cells: Grid | None) -> Candidates:
        # A product of two numbers below one: rows whose objectness is too low need no look at their classes.
        hopeful = np.flatnonzero(rows[:, 4] >= threshold)
        rows = rows[hopeful]
        classes, scores, kept = self._best(rows[:, 5:] * rows[:, 4:5], threshold)
        rows = rows[kept]
        if cells is None:
            return Candidates(corners(rows[:, :2], rows[:, 2:4]), scores, classes)
        strides = cells.strides[hopeful][kept]
        centres = (rows[:, :2] + cells.corners[hopeful][kept]) * strides
        # exp of an unbounded output: clipped, so that a broken row is a large box and not an overflow.
        sizes = np.exp(np.minimum(rows[:, 2:4], 10.0)) * strides
        return Candidates(corners(centres, sizes), scores, classes)

    def _nanodet(self, rows: Floats, layout: Nanodet, threshold: float, cells: Grid) -> Candidates:
        count = rows.shape[1] - 4 * layout.bins
        classes, scores, kept = self._best(rows[:, :count], threshold)
        boxes = nanodet(rows[kept, count:], layout, cells.corners[kept], cells.strides[kept])
        return Candidates(boxes, scores, classes)

    def _of_all(self, boxes: Floats, per_class: Floats, threshold: float) -> Candidates:
        classes, scores, kept = self._best(per_class, threshold)
        return Candidates(boxes[kept], scores, classes)

    def _chosen(self, boxes: Floats, scores: Floats, classes: Indices, threshold: float) -> Candidates:
        kept = (scores >= threshold) & np.isin(classes, self._wanted)
        return Candidates(boxes[kept], scores[kept], classes[kept])

    def _best(self, per_class: Floats, threshold: float) -> tuple[Indices, Floats, Indices]:
        """Class and score of each row that is sure enough, and which rows those are."""
        ours = per_class[:, self._wanted]
        best = ours.argmax(axis=1)
        scores = ours[np.arange(len(ours)), best]
        kept = np.flatnonzero(scores >= threshold)
        return self._wanted[best[kept]], scores[kept], kept

    def _grid(self, shape: Shape) -> Grid:
        if shape not in self._grids:
            match self._decoding:
                case Yolox(strides=strides):
                    self._grids[shape] = grid(*shape, strides)
                case Nanodet(strides=strides):
                    self._grids[shape] = grid(*shape, strides, up=True)
                case _:
                    self._grids[shape] = grid(*shape, ())
        return self._grids[shape]
