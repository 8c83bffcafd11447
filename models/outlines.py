# SPDX-License-Identifier: Apache-2.0
"""What a model that judges outlines is fed: the picture around an outline, and the outline itself as one more plane."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Outline = Sequence[tuple[float, float]]
"""Corners in pixels, in order; any number from three on, at any angle."""

ROOM = 1.55
"""How much larger than the outline the cut is: a car stands out of its space, and neighbours explain parts."""
RISE = 0.1
"""How far, in heights of the outline, the cut is moved up: what stands on the ground rises in the picture."""
FLOOR = 8.0
"""Added to the spread of a cut, so that the noise of a plain surface is not blown up to a texture."""


def cut(image: Bytes, outline: Outline, side: int) -> Bytes:
    """[side, side, 4] around an outline: blue, green, red, and 255 where the outline's inside is. Nothing is turned."""
    corners = np.asarray(outline, np.float32)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    span = max(2.0, float(right - left), float(bottom - top)) * ROOM
    middle_x, middle_y = float(left + right) / 2, float(top + bottom) / 2 - RISE * float(bottom - top)
    scale = side / span
    placed = np.array([[scale, 0, side / 2 - middle_x * scale], [0, scale, side / 2 - middle_y * scale]], np.float32)
    patch = np.empty((side, side, 4), np.uint8)
    patch[..., :3] = _shrunk(image, (middle_x - span / 2, middle_y - span / 2), span, side)
    inside = np.zeros((side, side), np.uint8)
    points = corners @ placed[:, :2].T + placed[:, 2]
    cv2.fillPoly(inside, [np.round(points * 16).astype(np.int32)], (255,), cv2.LINE_AA, 4)
    patch[..., 3] = inside
    return patch


def tensor(patches: Sequence[Bytes]) -> Floats:
    """[N, 4, side, side] of float32: each cut freed of its own mean and spread, the outline as -1 and 1.

    The light is taken out here, so that a model need not learn that a dark space and a bright one are the same space.
    """
    stack = np.stack(patches).astype(np.float32)
    colours = stack[..., :3]
    mean = colours.mean(axis=(1, 2, 3), keepdims=True)
    spread = colours.std(axis=(1, 2, 3), keepdims=True) + FLOOR
    stack[..., :3] = (colours - mean) / spread
    stack[..., 3] = stack[..., 3] / 127.5 - 1
    return np.ascontiguousarray(stack.transpose(0, 3, 1, 2))


def _shrunk(image: Bytes, corner: tuple[float, float], span: float, side: int) -> Bytes:
    """A square of the picture brought to `side` pixels; beyond the picture its edge goes on."""
    height, width = image.shape[:2]
    left, top = round(corner[0]), round(corner[1])
    right, bottom = max(left + 1, round(corner[0] + span)), max(top + 1, round(corner[1] + span))
    part = image[max(0, top) : min(height, bottom), max(0, left) : min(width, right)]
    if part.size == 0:
        return np.zeros((side, side, 3), np.uint8)
    beyond = (max(0, -top), max(0, bottom - height), max(0, -left), max(0, right - width))
    if any(beyond):
        part = np.asarray(cv2.copyMakeBorder(part, *beyond, cv2.BORDER_REPLICATE), np.uint8)
    way = cv2.INTER_AREA if part.shape[0] > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (side, side), interpolation=way), np.uint8)
