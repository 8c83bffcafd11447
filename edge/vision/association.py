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
    # Where all reach equally far, which is the rule, one number does for all, and what is found is widened once.
    alike = len(set(buffers)) == 1
    buffer = np.array(buffers[:1] if alike else buffers, np.float64).reshape(-1, 1)
    left, top, right, bottom, area = _widened(corners([box for _, box in tracks])[:, :, None], buffer)
    left2, top2, right2, bottom2, area2 = _widened(corners([box for _, box in found])[:, None, :], buffer)
    across = np.minimum(right, right2) - np.maximum(left, left2)
    down = np.minimum(bottom, bottom2) - np.maximum(top, top2)
    common = np.maximum(across, 0.0) * np.maximum(down, 0.0)
    result: Matrix = common / np.maximum(area + area2 - common, 1e-12)
    ours, other = ([_FAMILIES[kind] for kind, _ in side] for side in (tracks, found))
    if len({*ours, *other}) > 1:
        result = np.where(np.array(ours)[:, None] == np.array(other)[None, :], result, result * OTHER_FAMILY)
    return result


def alike_in_size(tracks: Sequence[Box], found: Sequence[Box]) -> NDArray[np.bool_]:
    """Whether the areas [tracks, found] are within `SIZE_RATIO` of each other."""
    mine = np.array([max(box.area, 1e-9) for box in tracks]).reshape(-1, 1)
    theirs = np.array([max(box.area, 1e-9) for box in found]).reshape(1, -1)
    ratio = mine / theirs
    return np.asarray((ratio < SIZE_RATIO) & (ratio > 1 / SIZE_RATIO))


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


def corners(boxes: Sequence[Box]) -> Matrix:
    """Lefts, tops, rights and bottoms [4, boxes]."""
    return np.array([(box.left, box.top, box.right, box.bottom) for box in boxes], np.float64).reshape(-1, 4).T


def covered(box: Box, others: Matrix, part: float) -> bool:
    """Whether the box has more than this part of the smaller of both in common with any of the others [4, boxes]."""
    left, top, right, bottom = others
    across = np.minimum(right, box.right) - np.maximum(left, box.left)
    down = np.minimum(bottom, box.bottom) - np.maximum(top, box.top)
    least = part * np.minimum((right - left) * (bottom - top), box.area)
    return bool((np.maximum(across, 0.0) * np.maximum(down, 0.0) > least).any())


def _widened(boxes: Matrix, buffer: Matrix) -> tuple[Matrix, Matrix, Matrix, Matrix, Matrix]:
    left, top, right, bottom = boxes
    width, height = right - left, bottom - top
    across, down = buffer * width, buffer * height
    wider = 1 + 2 * buffer
    return left - across, top - down, right + across, bottom + down, wider * wider * width * height
