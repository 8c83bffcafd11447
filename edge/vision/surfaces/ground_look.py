# SPDX-License-Identifier: Apache-2.0
"""A watched surface at low resolution: the part of the picture around it, as logarithms of colour, and where it lies.

In logarithms a shadow, a cloud or an exposure adds the same to whatever it falls on, so that light can be told from
paint by what is left when that is taken away.
"""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.errands import WatchSurface
from edge.core.geometry import Box
from edge.vision.source import Image

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

COLUMNS = 160
"""A patch of half a metre on a road 20 m wide is four cells wide."""
THIN_TO = 4
"""Pixels are thinned out to so many a cell before they are averaged: averaging them all costs ten times as much."""
DARK = 8.0
"""Levels added before the logarithm, so that the sensor's noise at night is not a change of light."""


class GroundLook:
    """Cuts one surface out of pictures of one size."""

    def __init__(self, errand: WatchSurface, shape: tuple[int, ...]) -> None:
        rows, columns = shape[0], shape[1]
        xs, ys = zip(*errand.outline, strict=True)
        left, top = int(min(xs) * columns), int(min(ys) * rows)
        right, bottom = max(left + 8, int(max(xs) * columns)), max(top + 8, int(max(ys) * rows))
        self._cut = (slice(top, bottom), slice(left, right))
        wide, high = right - left, bottom - top
        self.columns = min(COLUMNS, wide)
        self.rows = max(2, round(high * self.columns / wide))
        self._thin = (min(wide, self.columns * THIN_TO), min(high, self.rows * THIN_TO))
        self._frame = Box(left / columns, top / rows, right / columns, bottom / rows)
        corners = [[self._across(x), self._down(y)] for x, y in errand.outline]
        filled = cv2.fillPoly(np.zeros((self.rows, self.columns), np.uint8), [np.array(corners, np.int32)], 1)
        self.inside: Flags = np.asarray(filled) > 0

    def of(self, image: Image) -> tuple[Floats, float]:
        """Logarithms of blue, green and red, rows × columns × 3, and the surface's middle level, 0 to 255."""
        thin = cv2.resize(image[self._cut], self._thin, interpolation=cv2.INTER_NEAREST)
        small = cv2.resize(thin, (self.columns, self.rows), interpolation=cv2.INTER_AREA)
        return np.log(np.asarray(small, np.float32) + DARK), float(np.median(small[self.inside]))

    def covered(self, boxes: Iterable[Box]) -> Flags:
        """Cells that lie under one of these boxes."""
        mask = np.zeros((self.rows, self.columns), np.bool_)
        for box in boxes:
            rows = slice(max(0, self._down(box.top)), max(0, self._down(box.bottom) + 1))
            mask[rows, max(0, self._across(box.left)) : max(0, self._across(box.right) + 1)] = True
        return mask

    def box(self, cells: Flags) -> Box:
        """Where in the picture some cells lie."""
        across, down = np.flatnonzero(cells.any(axis=0)), np.flatnonzero(cells.any(axis=1))
        wide, high = self._frame.width / self.columns, self._frame.height / self.rows
        return Box(
            self._frame.left + float(across[0]) * wide,
            self._frame.top + float(down[0]) * high,
            self._frame.left + float(across[-1] + 1) * wide,
            self._frame.top + float(down[-1] + 1) * high,
        )

    def _across(self, x: float) -> int:
        return round((x - self._frame.left) / self._frame.width * self.columns)

    def _down(self, y: float) -> int:
        return round((y - self._frame.top) / self._frame.height * self.rows)
