# SPDX-License-Identifier: Apache-2.0
"""The plate of a vehicle that stands, averaged over its looks: the noise of each picture goes, the writing stays."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.source import Image

LOOKS: Final = 24
"""Looks that an average remembers: from here on each new one counts for one in so many."""
MOST_SHIFT: Final = 8.0
"""Pixels of the straightened plate, 48 high, by which two looks lie beside each other at most."""
LEAST_ALIKE: Final = 0.08
"""Response of the phase correlation below which a look shows something else, or nothing that can be seen."""


class Stack:
    """Straightened plates of one vehicle, laid one upon the other. Corners are never found twice alike."""

    def __init__(self) -> None:
        self.looks = 0
        self._mean: NDArray[np.float32] | None = None

    def add(self, plate: Image) -> None:
        """One more look; what does not fit on the others starts a new average if they are few, else is left out."""
        seen = plate.astype(np.float32)
        if self._mean is None or self._mean.shape != seen.shape:
            self._mean, self.looks = seen, 1
            return
        (across, down), alike = cv2.phaseCorrelate(_edges(seen), _edges(self._mean))
        if alike < LEAST_ALIKE or abs(across) > MOST_SHIFT or abs(down) > MOST_SHIFT:
            if self.looks == 1:
                self._mean = seen
            return
        turn = np.array([[1, 0, across], [0, 1, down]], np.float32)
        size = (seen.shape[1], seen.shape[0])
        moved = cv2.warpAffine(seen, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        self.looks += 1
        self._mean += (np.asarray(moved, np.float32) - self._mean) / np.float32(min(self.looks, LOOKS))

    @property
    def picture(self) -> Image | None:
        """The average; None before there are two looks that fit."""
        return None if self._mean is None or self.looks < 2 else np.rint(self._mean).astype(np.uint8)  # noqa: PLR2004


def _edges(seen: NDArray[np.float32]) -> NDArray[np.float64]:
    """What of a look is compared: upright edges, softened, for the ground's light is alike everywhere."""
    grey = cv2.GaussianBlur(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY), (0, 0), 1.5)
    edges = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    return np.asarray(edges * cv2.createHanningWindow((seen.shape[1], seen.shape[0]), cv2.CV_32F), np.float64)
