# SPDX-License-Identifier: Apache-2.0
"""Which detection belongs to which track: buffered overlap, and the best pair first."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.core.geometry import Box
from edge.core.tracks import Kind

Matrix = NDArray[np.float64]

OTHER_FAMILY = 0.5
"""What a pair of different families keeps of its affinity: detectors do err, but seldom so."""
SIZE_RATIO = 3.0
"""An object's area does not change threefold between two looks."""


_FAMILIES = {kind: tuple(Kind).index(kind.family) for kind in Kind}


def affinities(
    tracks: Sequence[tuple[Kind, Box]], found: Sequence[tuple[Kind, Box]], buffers: Sequence[float]
) -> Matrix:
    """IoU [tracks, found] of boxes that were widened on each side by `buffers` (one a track) times their size."""
    mine, theirs = _corners([box for _, box in tracks]), _corners([box for _, box in found])
    buffer = np.array(buffers, np.float64).reshape(-1, 1)
    left, top, right, bottom = _widened(mine[:, None, :], buffer)
    left2, top2, right2, bottom2 = _widened(theirs[None, :, :], buffer)
    across = np.minimum(right, right2) - np.maximum(left, left2)
    down = np.minimum(bottom, bottom2) - np.maximum(top, top2)
    common = np.maximum(across, 0.0) * np.maximum(down, 0.0)
    union = (right - left) * (bottom - top) + (right2 - left2) * (bottom2 - top2) - common
    result: Matrix = common / np.maximum(union, 1e-12)
    ours, other = (np.array([_FAMILIES[kind] for kind, _ in side]) for side in (tracks, found))
    return np.where(ours[:, None] == other[None, :], result, result * OTHER_FAMILY)


def alike_in_size(tracks: Sequence[Box], found: Sequence[Box]) -> NDArray[np.bool_]:
    """Whether the areas [tracks, found] are within `SIZE_RATIO` of each other."""
    mine = np.array([max(box.area, 1e-9) for box in tracks]).reshape(-1, 1)
    theirs = np.array([max(box.area, 1e-9) for box in found]).reshape(1, -1)
    ratio = mine / theirs
    return np.asarray((ratio < SIZE_RATIO) & (ratio > 1 / SIZE_RATIO))


def touching(boxes: Sequence[Box]) -> list[bool]:
    """Whether each of the boxes has area in common with another one."""
    corners = _corners(boxes)
    across = np.minimum(corners[:, None, 2], corners[None, :, 2]) - np.maximum(corners[:, None, 0], corners[None, :, 0])
    down = np.minimum(corners[:, None, 3], corners[None, :, 3]) - np.maximum(corners[:, None, 1], corners[None, :, 1])
    common = (across > 0) & (down > 0)
    np.fill_diagonal(common, val=False)
    return [bool(one) for one in np.asarray(common.any(axis=1))]


def best_pairs(affinity: Matrix, least: float) -> list[tuple[int, int]]:
    """Pairs (track, found) with at least `least`, the best first; equals go to the elder track."""
    rows, columns = np.nonzero(affinity >= least)
    order = np.argsort(-affinity[rows, columns], kind="stable")
    pairs: list[tuple[int, int]] = []
    taken_rows: set[int] = set()
    taken_columns: set[int] = set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in taken_rows and column not in taken_columns:
            taken_rows.add(row)
            taken_columns.add(column)
            pairs.append((row, column))
    return pairs


def _corners(boxes: Sequence[Box]) -> Matrix:
    return np.array([(box.left, box.top, box.right, box.bottom) for box in boxes], np.float64).reshape(-1, 4)


def _widened(boxes: Matrix, buffer: Matrix) -> tuple[Matrix, Matrix, Matrix, Matrix]:
    width, height = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    return (
        boxes[..., 0] - buffer * width,
        boxes[..., 1] - buffer * height,
        boxes[..., 2] + buffer * width,
        boxes[..., 3] + buffer * height,
    )
