# SPDX-License-Identifier: Apache-2.0
"""The shapes by which a detector's answer is told: what a manifest promises, and what a file turns out to have."""

from collections.abc import Sequence
from typing import assert_never

from models.manifest import Ctc, Decoding, Manifest, Outlined, Shape, Y5fu, Yolov8, Yolox

STRIDES = ((8, 16, 32), (8, 16, 32, 64))
"""Feature levels that YOLOX is trained with; four are those of the large-input variants."""
BOX = 4
"""Numbers that describe a box; YOLOX has the objectness after them."""
Y5FU_ANCHORS, Y5FU_COLUMNS = 3, 15
"""Three boxes a cell, each with its score, four corners and two classes."""


def output_shape(manifest: Manifest, shape: Shape | None = None) -> tuple[int, ...]:
    """The answer's shape that a manifest promises for an input of `shape`; None is the model's own."""
    width, height = shape or (manifest.input.width, manifest.input.height)
    match manifest.decoding:
        case Yolox(strides=strides):
            return (1, cells(width, height, strides), BOX + 1 + len(manifest.classes))
        case Yolov8():
            return (1, BOX + len(manifest.classes), cells(width, height, STRIDES[0]))
        case Y5fu():
            return (1, Y5FU_ANCHORS * cells(width, height, STRIDES[0]), Y5FU_COLUMNS)
        case Ctc(columns=columns, characters=characters):
            return (1, columns, 1 + len(characters))
        case Outlined():
            return (1,)
        case _:
            assert_never(manifest.decoding)


def recognise(width: int, height: int, shape: Sequence[int]) -> tuple[Decoding, int] | None:
    """The layout and the number of classes that an answer of this shape has, None if it is none we know."""
    match tuple(shape):
        case (1, rows, columns):
            return _recognise(width, height, rows, columns)
        case _:
            return None


def _recognise(width: int, height: int, rows: int, columns: int) -> tuple[Decoding, int] | None:
    for strides in STRIDES:
        if rows == cells(width, height, strides) and columns > BOX + 1:
            return Yolox(strides=strides), columns - BOX - 1
    if columns == cells(width, height, STRIDES[0]) and rows > BOX:
        return Yolov8(), rows - BOX
    return None


def cells(width: int, height: int, strides: Sequence[int]) -> int:
    """How many cells the feature levels of an input have together."""
    return sum((width // stride) * (height // stride) for stride in strides)
