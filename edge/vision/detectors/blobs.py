# SPDX-License-Identifier: Apache-2.0
"""From foreground pixels to things: what belongs together, how far it reaches, and what its shape says it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.tracks import Kind
from edge.vision.detectors.background import FAINT_PX, Mask

Labels = NDArray[np.int32]

LEAST_PX = 60
LEAST_HEIGHT_PX, LEAST_WIDTH_PX = 8, 5
"""Below this size, at the detector's width, shape says nothing."""
JOIN, JOIN_EQUALS = 0.4, 0.1
"""Pieces of one shape belong together when the gap is less than this part of the larger one; equals are two cars."""
EQUAL = 0.4
"""Of two pieces, the area of the smaller to that of the larger from which on they are equals."""
FLATTEST = 0.2
"""Height to width of the flattest vehicle; flatter are a time stamp, a beam of light, a kerb."""
UPRIGHT = 1.4
"""Height to width above which a small thing is not a car..."""
WALKER = 2.0
"""...and above which it has no wheels."""
LARGE = 0.03
"""Part of the picture from which on an upright thing is a lorry seen along the road, unless it is a very tall one."""
TALLEST_LORRY = 2.6

CASTS = 0.4
"""Part of a shape that must be more than shadow for the rest to be its shadow."""
DENSE = 0.25
"""Part of a row that must be of the shape for the shape to reach there."""

_DOT = np.ones((3, 3), np.uint8)
_PATCH = np.ones((7, 7), np.uint8)


@dataclass(frozen=True, slots=True)
class Span:
    """An upright rectangle in whole pixels; `right` and `bottom` are just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def area(self) -> int:
        """Pixels."""
        return self.width * self.height

    @property
    def cut(self) -> tuple[slice, slice]:
        """Its part of a picture."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def union(self, other: "Span") -> "Span":
        """The smallest span that holds both."""
        return Span(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def common(self, other: "Span") -> int:
        """Pixels in common."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across * down if across > 0 and down > 0 else 0

    def iou(self, other: "Span") -> float:
        """Intersection over union."""
        common = self.common(other)
        return common / max(1, self.area + other.area - common)

    def gap(self, other: "Span") -> int:
        """Pixels between two spans, the larger of across and down; 0 if they touch."""
        across = max(self.left, other.left) - min(self.right, other.right)
        down = max(self.top, other.top) - min(self.bottom, other.bottom)
        return max(0, across, down)


@dataclass(frozen=True, slots=True)
class Blob:
    """One thing: where, its pixels within the span, and how much of the span they fill."""

    span: Span
    mask: Mask
    fill: float


def find_blobs(foreground: Mask, shadow: Mask) -> list[Blob]:
    """Things in the foreground. Shadow links the pieces of a dark car but does not widen it."""
    whole = cv2.morphologyEx(foreground, cv2.MORPH_OPEN, _DOT)
    solid = cv2.morphologyEx(_solid(np.asarray(whole, np.uint8), shadow), cv2.MORPH_CLOSE, _PATCH)
    whole = cv2.bitwise_or(cv2.morphologyEx(whole, cv2.MORPH_CLOSE, _PATCH), solid)
    _, shapes = cv2.connectedComponents(whole)
    _, _, stats, _ = cv2.connectedComponentsWithStats(solid)
    pieces: dict[int, list[Span]] = {}
    for left, top, width, height, _ in stats[1:].tolist():
        span = Span(left, top, left + width, top + height)
        inside = np.asarray(shapes[span.cut])[np.asarray(solid[span.cut]) > 0]
        pieces.setdefault(int(inside[0]), []).append(span)
    return list(_blobs(pieces, np.asarray(shapes, np.int32), np.asarray(solid, np.uint8)))


def _solid(whole: Mask, shadow: Mask) -> Mask:
    """The foreground without shadows. A shape that is nearly all deep shadow is a black car: nothing else casts it."""
    solid = whole & np.where(shadow > 0, 0, 255).astype(np.uint8)
    solid = np.asarray(cv2.morphologyEx(solid, cv2.MORPH_OPEN, _DOT), np.uint8)
    count, labels = cv2.connectedComponents(whole)
    shapes = np.asarray(labels, np.int32)
    sizes = np.bincount(shapes.ravel(), minlength=count)
    black = np.bincount(shapes[solid > 0], minlength=count) < CASTS * sizes
    black[0] = False
    solid[black[shapes] & (shadow != FAINT_PX)] = 255
    return solid


def _blobs(pieces: dict[int, list[Span]], shapes: Labels, solid: Mask) -> Iterator[Blob]:
    for shape, spans in pieces.items():
        for span in _joined(spans):
            reach = _reach(span, shapes, shape)
            pixels = ((shapes[reach.cut] == shape) | (solid[reach.cut] > 0)).astype(np.uint8) * 255
            fill = float(np.count_nonzero(pixels)) / max(1, reach.area)
            if _plausible(reach, fill):
                yield Blob(reach, pixels, fill)


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Pieces joined until all gaps are wide."""
    left = sorted(spans, key=lambda span: -span.area)
    done: list[Span] = []
    while left:
        grown = left.pop(0)
        near = [span for span in left if _belongs(grown, span)]
        if near:
            left = [span for span in left if span not in near]
            for span in near:
                grown = grown.union(span)
            left.insert(0, grown)
        else:
            done.append(grown)
    return done


def _belongs(large: Span, small: Span) -> bool:
    part = JOIN_EQUALS if small.area > EQUAL * large.area and large.area > LEAST_PX else JOIN
    return large.gap(small) <= part * max(min(large.width, large.height), 10)


def _reach(span: Span, shapes: Labels, shape: int) -> Span:
    """A small upright span lengthened over what its columns show of the shape: dark trousers look like a shadow."""
    if span.height < span.width or span.area > LARGE * shapes.size:
        return span
    more = span.height
    top, bottom = max(0, span.top - more), min(shapes.shape[0], span.bottom + more)
    rows = np.flatnonzero((shapes[top:bottom, span.left : span.right] == shape).mean(axis=1) > DENSE)
    if not rows.size:
        return span
    return Span(span.left, min(span.top, top + int(rows[0])), span.right, max(span.bottom, top + int(rows[-1]) + 1))


def _plausible(span: Span, fill: float) -> bool:
    return (
        fill * span.area >= LEAST_PX
        and span.height >= LEAST_HEIGHT_PX
        and span.width >= LEAST_WIDTH_PX
        and span.height >= FLATTEST * span.width
    )


def kind_of(span: Span, picture_area: int) -> Kind:
    """What a thing of this shape and size is."""
    upright = span.height / span.width
    if upright < UPRIGHT or (span.area > LARGE * picture_area and upright < TALLEST_LORRY):
        return Kind.VEHICLE
    return Kind.PERSON if upright >= WALKER else Kind.TWO_WHEELER
