# SPDX-License-Identifier: Apache-2.0
"""A motion gate as surveillance recorders describe theirs, written from that description to be measured beside ours.

Grey, 100 pixels high, contrast stretched between percentiles, blurred, compared with a running mean (one in a hundred
parts of each frame), 30 levels of difference, contours of ten pixels.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.source import Image

_HEIGHT, _ALPHA, _LEVELS, _AREA = 100, 0.01, 30, 10


class RunningMeanGate:
    """Open when anything differs from the running mean."""

    def __init__(self) -> None:
        self._mean: NDArray[np.float32] | None = None

    def opens(self, image: Image) -> bool:
        """Whether a contour is large enough."""
        rows, columns = image.shape[:2]
        grey = cv2.cvtColor(cv2.resize(image, (round(columns * _HEIGHT / rows), _HEIGHT)), cv2.COLOR_BGR2GRAY)
        low, high = np.percentile(grey, (4, 96))
        stretched = np.clip((grey.astype(np.float32) - low) * (255.0 / max(1.0, high - low)), 0, 255)
        smooth = np.asarray(cv2.blur(stretched, (3, 3)), np.float32)
        if self._mean is None:
            self._mean = smooth.copy()
        off = cv2.absdiff(smooth, self._mean)
        cv2.accumulateWeighted(smooth, self._mean, _ALPHA)
        moving = cv2.dilate((np.asarray(off) > _LEVELS).astype(np.uint8), np.ones((3, 3), np.uint8))
        contours, _ = cv2.findContours(moving, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        return any(cv2.contourArea(one) > _AREA for one in contours)
