# SPDX-License-Identifier: Apache-2.0
"""The plate of a vehicle that stands, averaged over its looks: the noise of each picture goes, the writing stays.

The looks are laid upon each other as the camera saw them, and their corners are averaged as well: corners are never
found twice alike, and plates that were straightened by their own corners fit on each other worse.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.plates.cutout import Corners, PlateFound, straightened
from edge.vision.source import Image

LOOKS: Final = 24
"""Looks that an average remembers: from here on each new one counts for one in so many."""
AROUND: Final = (0.9, 0.45)
"""What is laid upon each other reaches so many of the plate's widths across and down from its middle: the edges of the
vehicle around it tell better than a few dark pixels of writing how two looks lie."""
FINER: Final = 2
"""Looks lie by parts of a pixel beside each other, so that their average holds more than one of them."""
MOST_SHIFT: Final = 3.0
"""Pixels of the camera by which two looks lie beside each other at most."""
LEAST_ALIKE: Final = 0.08
"""Response of the phase correlation below which a look shows something else, or nothing that can be seen."""


class Stack:
    """Looks at one vehicle's plate, laid one upon the other."""

    def __init__(self) -> None:
        self.looks = 0
        self._mean: NDArray[np.float32] | None = None
        self._plate: PlateFound | None = None
        self._window = (0, 0, 0, 0)

    def add(self, picture: Image, found: PlateFound) -> None:
        """One more look; what does not fit on the others starts a new average if they are few, else is left out."""
        if self._mean is None or self._plate is None:
            self._begin(picture, found)
            return
        seen = _cut(picture, self._window)
        (across, down), alike = cv2.phaseCorrelate(_edges(seen), _edges(self._mean))
        far = max(abs(across), abs(down)) > MOST_SHIFT * FINER
        if alike < LEAST_ALIKE or far or found.two_lines != self._plate.two_lines:
            if self.looks == 1:
                self._begin(picture, found)
            return
        turn = np.array([[1, 0, across], [0, 1, down]], np.float32)
        size = (seen.shape[1], seen.shape[0])
        moved = cv2.warpAffine(seen, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        self.looks += 1
        share = np.float32(1 / min(self.looks, LOOKS))
        self._mean += (np.asarray(moved, np.float32) - self._mean) * share
        shift = np.array([across, down], np.float32) / FINER
        corners = self._plate.corners + (found.corners + shift - self._plate.corners) * share
        self._plate = PlateFound(corners.astype(np.float32), found.score, found.two_lines)

    @property
    def picture(self) -> Image | None:
        """The average, straightened; None before there are two looks that fit."""
        if self._mean is None or self._plate is None or self.looks < 2:  # noqa: PLR2004
            return None
        left, top, _, _ = self._window
        # The middle of a pixel stays where it is when a picture is enlarged, its corner does not.
        corners = (self._plate.corners - (left, top) + 0.5) * FINER - 0.5
        whole = np.clip(np.rint(self._mean), 0, 255).astype(np.uint8)
        return straightened(whole, PlateFound(corners.astype(np.float32), self._plate.score, self._plate.two_lines))

    def _begin(self, picture: Image, found: PlateFound) -> None:
        self._window = _around(found.corners, picture)
        self._mean, self._plate, self.looks = _cut(picture, self._window), found, 1


def _around(corners: Corners, picture: Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is laid upon each other."""
    rows, columns = picture.shape[:2]
    x, y = corners.mean(axis=0).tolist()
    width = float(np.ptp(corners[:, 0]))
    left, top = max(0, round(x - AROUND[0] * width)), max(0, round(y - AROUND[1] * width))
    return left, top, min(columns, round(x + AROUND[0] * width)), min(rows, round(y + AROUND[1] * width))


def _cut(picture: Image, window: tuple[int, int, int, int]) -> NDArray[np.float32]:
    left, top, right, bottom = window
    part = picture[top:bottom, left:right].astype(np.float32)
    return np.asarray(cv2.resize(part, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC), np.float32)


def _edges(seen: NDArray[np.float32]) -> NDArray[np.float64]:
    """What of a look is compared: upright edges, softened, for the ground's light is alike everywhere."""
    grey = cv2.GaussianBlur(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY), (0, 0), 1.5)
    edges = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    return np.asarray(edges * cv2.createHanningWindow((seen.shape[1], seen.shape[0]), cv2.CV_32F), np.float64)
