# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of each layout: from the numbers of an answer to boxes in pixels of the input. Pure numpy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.vision.detectors.fit import Floats
from models.manifest import Nanodet, Shape

Indices = NDArray[np.int64]
FASTEST_OBJECT, FASTEST_CLASS = 0.6, 0.4
"""Exponents by which FastestDet weighs its two scores, from its own post-processing."""


@dataclass(frozen=True, slots=True)
class Grid:
    """For each row of an answer the `corners` of its cell, counted in cells, and the cell's side in pixels."""

    corners: Floats
    strides: Floats


def grid(width: int, height: int, strides: tuple[int, ...], *, up: bool = False) -> Grid:
    """The cells of an input of that size, level by level, row by row; `up` counts parts of cells at the edge."""
    corners, sides = [np.empty((0, 2), np.float32)], [np.empty((0, 1), np.float32)]
    for stride in strides:
        part = stride - 1 if up else 0
        across, down = (width + part) // stride, (height + part) // stride
        x, y = np.meshgrid(np.arange(across), np.arange(down))
        corners.append(np.stack((x, y), axis=2).reshape(-1, 2).astype(np.float32))
        sides.append(np.full((across * down, 1), stride, np.float32))
    return Grid(np.concatenate(corners), np.concatenate(sides))


def corners(centres: Floats, sizes: Floats) -> Floats:
    """Boxes as left, top, right, bottom."""
    return np.concatenate((centres - sizes / 2, centres + sizes / 2), axis=1)


def nanodet(distances: Floats, layout: Nanodet, corner: Floats, stride: Floats) -> Floats:
    """Boxes of rows whose sides are told as distributions [N, 4 × bins], each with its cell."""
    likely = distances.reshape(-1, 4, layout.bins)
    likely = np.exp(likely - likely.max(axis=2, keepdims=True))
    likely /= likely.sum(axis=2, keepdims=True)
    sides = (likely @ np.arange(layout.bins, dtype=np.float32)) * stride
    middle = (corner + layout.middle) * stride
    return np.concatenate((middle - sides[:, :2], middle + sides[:, 2:]), axis=1).astype(np.float32)


def fastestdet(planes: Floats, shape: Shape) -> tuple[Floats, Floats]:
    """All boxes and class scores of an answer [5 + C, rows, columns]."""
    width, height = shape
    down, across = planes.shape[1:]
    columns, rows = np.meshgrid(np.arange(across), np.arange(down))
    middle_x = (np.tanh(planes[1]) + columns) * (width / across)
    middle_y = (np.tanh(planes[2]) + rows) * (height / down)
    sizes = logistic(planes[3:5]) * np.array([width, height], np.float32).reshape(2, 1, 1)
    scores = planes[0] ** FASTEST_OBJECT * planes[5:] ** FASTEST_CLASS
    boxes = corners(
        np.stack((middle_x, middle_y), axis=-1).reshape(-1, 2).astype(np.float32),
        sizes.transpose(1, 2, 0).reshape(-1, 2),
    )
    return boxes, scores.reshape(len(scores), -1).T


def detr(answers: Sequence[NDArray[Any]], shape: Shape) -> tuple[Floats, Floats]:
    """All boxes and class scores of logits [1, N, C] and boxes [1, N, 4], in either order."""
    logits, boxes = _boxes_last(answers)
    size = np.array(shape, np.float32)
    return corners(boxes[0, :, :2] * size, boxes[0, :, 2:] * size), logistic(logits[0])


def chosen(answers: Sequence[NDArray[Any]]) -> tuple[Floats, Floats, Indices]:
    """Boxes, scores and classes of an answer that the export has picked already."""
    boxes = next(one for one in answers if one.ndim == 3)[0]  # noqa: PLR2004 - the only one with three sides
    labels = next(one for one in answers if one.ndim == 2 and one.dtype.kind == "i")[0]  # noqa: PLR2004 - two sides
    scores = next(one for one in answers if one.ndim == 2 and one.dtype.kind == "f")[0]  # noqa: PLR2004 - two sides
    return boxes, scores, labels.astype(np.int64)


def logistic(values: Floats) -> Floats:
    """1 / (1 + e^-x), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(values / 2)), np.float32)


def _boxes_last(answers: Sequence[NDArray[Any]]) -> tuple[Floats, Floats]:
    first, second = answers
    # Four classes look like a box; logits come first in the exports that are known.
    return (second, first) if first.shape[2] == 4 != second.shape[2] else (first, second)  # noqa: PLR2004 - a box
