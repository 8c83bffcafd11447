# SPDX-License-Identifier: Apache-2.0
"""One object, one detection: of boxes that mean the same thing the surest stays."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.vision.detector import Detection

CUT_COVER = 0.6
"""A box cut off by a tile's edge is a part of a whole one that covers this much of it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A detection and whether an inner edge of its tile cuts it."""

    detection: Detection
    cut: bool


def merge(found: Sequence[Found], iou: float) -> list[Detection]:
    """Suppress by family, since one van is a "car" and a "truck" to a model; whole boxes go before cut ones."""
    ranked = sorted(found, key=lambda one: (one.cut, -one.detection.score))
    kept: list[Found] = []
    for one in ranked:
        if not any(_same(one, other, iou) for other in kept):
            kept.append(one)
    return sorted((one.detection for one in kept), key=lambda detection: -detection.score)


def _same(one: Found, other: Found, iou: float) -> bool:
    if one.detection.kind.family is not other.detection.kind.family:
        return False
    mine, theirs = one.detection.box, other.detection.box
    return mine.iou(theirs) > iou or (one.cut and mine.covered_by(theirs) > CUT_COVER)
