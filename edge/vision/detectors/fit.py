# SPDX-License-Identifier: Apache-2.0
"""Brings a picture into a model's input, and boxes back out of it."""

from dataclasses import dataclass
from typing import assert_never

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.source import Image
from models.manifest import Fit, Input, Letterbox, Shape, Stretch

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fitted:
    """How the picture lies in the input: pixels of the input per pixel of the picture, and where its corner is."""

    scale_x: float
    scale_y: float
    left: int
    top: int

    def restore(self, boxes: Floats) -> Floats:
        """Boxes [N, 4] (left, top, right, bottom) from pixels of the input to pixels of the picture."""
        offset = np.array([self.left, self.top, self.left, self.top], np.float32)
        scale = np.array([self.scale_x, self.scale_y, self.scale_x, self.scale_y], np.float32)
        return ((boxes - offset) / scale).astype(np.float32)


class Fitter:
    """Keeps no buffer: eight cameras' would be 60 MiB, for a millisecond of each look."""

    def __init__(self, spec: Input) -> None:
        self._spec = spec
        self._shapes: dict[Shape, Shape] = {}
        """The input's shape by the picture's."""
        self._plain = spec.mean == (0.0, 0.0, 0.0) and spec.std == (1.0, 1.0, 1.0) and spec.scale == 1.0
        self._gain = np.array([spec.scale / std for std in spec.std], np.float32).reshape(3, 1, 1)
        self._bias = np.array([mean / std for mean, std in zip(spec.mean, spec.std, strict=True)], np.float32)

    def fit(self, image: Image) -> tuple[Floats, Fitted]:
        """The tensor [1, 3, height, width], and how the picture lies in it.

        Of several shapes that the model takes, it is the one that the picture fills best.
        """
        across, down = self._shape(image.shape[1], image.shape[0])
        canvas, tensor = np.empty((down, across, 3), np.uint8), np.empty((1, 3, down, across), np.float32)
        placed = _placed(image, canvas, self._spec.fit)
        planes = canvas.transpose(2, 0, 1)
        tensor[0] = planes if self._spec.channels == "bgr" else planes[::-1]
        if not self._plain:
            tensor[0] *= self._gain
            tensor[0] -= self._bias.reshape(3, 1, 1)
        return tensor, placed

    def _shape(self, width: int, height: int) -> Shape:
        shape = self._shapes.get((width, height))
        if shape is None:
            shape = self._shapes[width, height] = self._spec.shape_for(width, height)
        return shape


def _placed(image: Image, canvas: Image, fit: Fit) -> Fitted:
    rows, columns = image.shape[:2]
    height, width = canvas.shape[:2]
    match fit:
        case Stretch():
            cv2.resize(image, (width, height), dst=canvas, interpolation=cv2.INTER_LINEAR)
            return Fitted(width / columns, height / rows, 0, 0)
        case Letterbox(pad=pad, anchor=anchor):
            scale = min(width / columns, height / rows)
            across, down = max(1, round(columns * scale)), max(1, round(rows * scale))
            left, top = ((width - across) // 2, (height - down) // 2) if anchor == "centre" else (0, 0)
            canvas[:] = pad
            canvas[top : top + down, left : left + across] = cv2.resize(
                image, (across, down), interpolation=cv2.INTER_LINEAR
            )
            return Fitted(across / columns, down / rows, left, top)
        case _:
            assert_never(fit)
