# SPDX-License-Identifier: Apache-2.0
"""Finds plates without a model, by their colour, by the density of upright edges, and by their shape.

It proposes more places than there are plates: what cannot be read by the grammar is no plate. Good for a device without
an added model and a camera that sees plates large; where one is to be had a model finds more.
"""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.plates.cutout import HUES, Corners, PlateFound
from edge.vision.source import Image

WORKED: Final = 640
"""Pixels of the longer side in which is searched."""
LEAST_PX: Final = 36
"""Least width of a plate in these pixels; narrower ones are not read anyway."""
ONE_LINE_SHAPE, TWO_LINE_SHAPE = (2.1, 6.0), (1.25, 2.1)
"""Width to height of what may be a plate, seen from the side as well."""
FILLED: Final = 0.55
"""Part of its tilted rectangle that a blob must fill."""
MOST_TILT: Final = 40.0
MOST: Final = 6
_SATURATED, _BRIGHT = 80, 45

Mask = NDArray[np.uint8]


class SearchingFinder:
    """The same for every picture; keeps nothing."""

    def find(self, picture: Image) -> list[PlateFound]:
        """Places that may be plates, the likeliest first."""
        scale = min(1.0, WORKED / max(picture.shape[:2]))
        small = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
        edges = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0))
        found = [
            PlateFound(corners / scale, _score(edges, corners), two_lines)
            for mask in _masks(small, edges)
            for corners, two_lines in _shapes(mask)
        ]
        return _distinct(sorted(found, key=lambda one: -one.score))[:MOST]


def _masks(small: Image, edges: NDArray[np.float32]) -> Iterator[Mask]:
    """Where a plate's ground may be: by each colour, and where upright edges are dense, whatever the colour."""
    hue, saturation, value = cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2HSV))
    vivid = (saturation > _SATURATED) & (value > _BRIGHT)
    for least, most in HUES.values():
        ground = (vivid & (hue >= least) & (hue < most)).astype(np.uint8) * 255
        yield _closed(ground, 9, 3)
        yield _closed(ground & (cv2.blur(edges, (15, 5)) > 1.2 * float(edges.mean()) + 8).astype(np.uint8) * 255, 9, 3)
    dense = cv2.blur(edges, (9, 3))
    strong = (dense > float(np.percentile(dense, 88))).astype(np.uint8) * 255
    yield _closed(strong, 13, 3)


def _closed(mask: Mask, across: int, down: int) -> Mask:
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((down, across), np.uint8))
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((5, 9), np.uint8)), np.uint8)


def _shapes(mask: Mask) -> Iterator[tuple[Corners, bool]]:
    """The corners of blobs whose shape is a plate's, and whether it is one of two lines."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for found in outlines:
        outline = np.asarray(found, np.int32)
        if len(outline) < 4:  # noqa: PLR2004 - a rectangle's corners
            continue
        corners = _ordered(np.asarray(cv2.boxPoints(cv2.minAreaRect(outline)), np.float32))
        across, down = corners[1] - corners[0], corners[3] - corners[0]
        width, height = float(np.hypot(*across)), float(np.hypot(*down))
        tilt = abs(float(np.degrees(np.arctan2(across[1], across[0]))))
        if width < LEAST_PX or height < 1 or tilt > MOST_TILT:
            continue
        if cv2.contourArea(outline) < FILLED * width * height:
            continue
        shape = width / height
        if ONE_LINE_SHAPE[0] <= shape <= ONE_LINE_SHAPE[1]:
            yield _leaning(outline, corners), False
        elif TWO_LINE_SHAPE[0] <= shape < TWO_LINE_SHAPE[1]:
            yield corners, True


def _ordered(points: NDArray[np.float32]) -> Corners:
    """Four corners from the top left on, clockwise as the picture is seen."""
    by_x = points[np.argsort(points[:, 0])]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1])]
    top_right, bottom_right = right[np.argsort(right[:, 1])]
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)


def _leaning(outline: NDArray[np.int32], corners: Corners) -> Corners:
    """A plate seen from the side is no rectangle: the outline's own extreme points, if they make a fair quadrangle."""
    points = outline.reshape(-1, 2).astype(np.float32)
    middle = corners.mean(axis=0)
    reach = (corners - middle) / np.maximum(1e-3, np.linalg.norm(corners - middle, axis=1, keepdims=True))
    own = points[((points - middle) @ reach.T).argmax(axis=0)]
    fair = cv2.contourArea(own) > 0.7 * cv2.contourArea(corners)
    return own if fair else corners


def _score(edges: NDArray[np.float32], corners: Corners) -> float:
    """Upright edges inside: characters have many, a bonnet has none. 0 to 1."""
    left, top = np.maximum(0, corners.min(axis=0)).astype(int)
    right, bottom = corners.max(axis=0).astype(int) + 1
    inside = edges[top:bottom, left:right]
    return min(1.0, float(inside.mean()) / 120) if inside.size else 0.0


def _distinct(found: list[PlateFound]) -> list[PlateFound]:
    """Without those whose middle lies near that of a better one of about the same width."""
    kept: list[PlateFound] = []
    for one in found:
        middle = one.corners.mean(axis=0)
        if not any(
            float(np.hypot(*(middle - other.corners.mean(axis=0)))) < other.height_px / 2
            and 0.75 < one.width_px / other.width_px < 1.33  # noqa: PLR2004 - the same place, somewhat larger or smaller
            for other in kept
        ):
            kept.append(one)
    return kept
