# SPDX-License-Identifier: Apache-2.0
"""How a box of a picture looks, in 512 numbers that care little for the light.

The box is brought to 16 × 16 cells. Slopes of the logarithm of brightness do not change with gain, exposure or a lamp's
tint (the idea of Dalal and Triggs' histograms of gradients, without the histograms: standing things do not turn).
"""

from collections.abc import Callable

import cv2
import numpy as np

from edge.core.geometry import Box
from edge.vision.likeness import Look
from edge.vision.source import Image

CELLS = 16
BLOCK = 4
DARK = 12.0
"""Added to every grey value, so that the noise of a black car is no texture."""
LEAST_PX = 12
"""A box with a shorter side shows too little."""
PLAIN = 0.03
"""Slopes of a night without lamps, or of fog: nothing can be told by them."""


def looks_of(image: Image) -> Callable[[Box], Look | None]:
    """What the tracker asks of a frame: the look of a box in it, None where too little of it is to be seen."""
    return lambda box: look_at(image, box)


def look_at(image: Image, box: Box) -> Look | None:
    """The look of a box, float32 [16, 32]; None for a box that is tiny, plain, or cut off by more than a cell."""
    height, width = image.shape[:2]
    left, right = round(box.left * width), round(box.right * width)
    top, bottom = round(box.top * height), round(box.bottom * height)
    across, down = right - left, bottom - top
    if min(across, down) < LEAST_PX or max(-left, right - width) > across / CELLS:
        return None
    if max(-top, bottom - height) > down / CELLS:
        return None
    part = image[max(0, top) : bottom, max(0, left) : right]
    # One cell more on each side, for the slopes of the outer ones.
    small = cv2.resize(part, (CELLS + 2, CELLS + 2), interpolation=cv2.INTER_AREA)
    bright = np.log(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32) + DARK)
    slopes = np.stack((bright[1:-1, 2:] - bright[1:-1, :-2], bright[2:, 1:-1] - bright[:-2, 1:-1]), axis=-1)
    if float(np.square(slopes).mean()) < PLAIN * PLAIN:
        return None
    side = CELLS // BLOCK
    blocks = slopes.reshape(side, BLOCK, side, BLOCK, 2).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(blocks.reshape(side * side, -1), np.float32)
