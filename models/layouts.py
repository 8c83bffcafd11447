# SPDX-License-Identifier: Apache-2.0
"""The shapes by which a model's answer is told: what a manifest promises, and what a file turns out to have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from models.manifest import (
    Ctc,
    Decoding,
    Detr,
    End2end,
    Fastestdet,
    Input,
    Letterbox,
    Manifest,
    Nanodet,
    Outlined,
    Shape,
    Stretch,
    Y5fu,
    Yolov8,
    Yolox,
)

STRIDES = ((8, 16, 32), (8, 16, 32, 64))
"""Feature levels that detectors are trained with; four are those of the large-input variants and of NanoDet-Plus."""
BOX = 4
"""Numbers that describe a box; YOLOX has the objectness after them."""
END2END_COLUMNS = 6
NANODET_BINS = 8
FASTESTDET_STRIDE = 16
COCO = 80
MOST_FINDS = 1000
"""An answer of more rows is a grid, one of fewer a list of finds."""
Y5FU_ANCHORS, Y5FU_COLUMNS = 3, 15
"""Three boxes a cell, each with its score, four corners and two classes."""

Sides = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One output of a model: its name, its shape and whether it holds whole numbers."""

    name: str
    shape: Sides
    whole: bool = False


def output_shapes(manifest: Manifest, shape: Shape | None = None) -> list[Sides]:
    """The shapes of answers that a manifest promises for an input of `shape`; None is the model's own. Any order."""
    width, height = shape or (manifest.input.width, manifest.input.height)
    classes = len(manifest.classes)
    match manifest.decoding:
        case Yolox(strides=strides):
            return [(1, cells(width, height, strides), BOX + 1 + classes)]
        case Yolov8():
            return [(1, BOX + classes, cells(width, height, STRIDES[0]))]
        case End2end(finds=finds):
            return [(1, finds, END2END_COLUMNS)]
        case Nanodet(strides=strides, bins=bins):
            return [(1, cells_up(width, height, strides), classes + BOX * bins)]
        case Fastestdet(stride=stride):
            return [(1, BOX + 1 + classes, height // stride, width // stride)]
        case Detr(queries=queries, chosen=chosen):
            boxes = (1, queries, BOX)
            return [(1, queries), boxes, (1, queries)] if chosen else [(1, queries, classes), boxes]
        case Y5fu():
            return [(1, Y5FU_ANCHORS * cells(width, height, STRIDES[0]), Y5FU_COLUMNS)]
        case Ctc(columns=columns, characters=characters):
            return [(1, columns, 1 + len(characters))]
        case Outlined():
            return [(1,)]
        case _:
            assert_never(manifest.decoding)


def recognise(width: int, height: int, answers: Sequence[Answer]) -> tuple[Decoding, int | None] | None:
    """The layout and the number of classes that these answers have, None if it is none we know.

    The number is None where answers do not tell it: a model that has chosen already names classes by index.
    """
    shapes = [one.shape for one in answers]
    match shapes:
        case [(1, rows, columns)]:
            return _grid(width, height, rows, columns) or _finds(rows, columns)
        case [(1, planes, down, across)]:
            fits = (down, across) == (height // FASTESTDET_STRIDE, width // FASTESTDET_STRIDE)
            return (Fastestdet(), planes - BOX - 1) if fits and planes > BOX + 1 else None
        case [_, _]:
            return _logits_and_boxes(answers)
        case [_, _, _]:
            boxes = [one for one in shapes if len(one) == 3 and one[2] == BOX]  # noqa: PLR2004 - sides of a tensor
            queries = boxes[0][1] if boxes else 0
            wanted = sorted([(1, queries), (1, queries), (1, queries, BOX)])
            return (Detr(queries=queries, chosen=True), None) if queries and sorted(shapes) == wanted else None
        case _:
            return None


def _grid(width: int, height: int, rows: int, columns: int) -> tuple[Decoding, int] | None:
    """NanoDet and YOLOX share their rows: NanoDet if the classes are as many as COCO has, else YOLOX, the usual one."""
    bins = BOX * NANODET_BINS
    for strides in STRIDES:
        level = cells_up(width, height, strides)
        if rows == level and (columns - bins == COCO or (rows != cells(width, height, strides) and columns > bins)):
            return Nanodet(strides=strides, middle=0.5 if strides == STRIDES[0] else 0.0), columns - bins
        if rows == cells(width, height, strides) and columns > BOX + 1:
            return Yolox(strides=strides), columns - BOX - 1
    if columns == cells(width, height, STRIDES[0]) and rows > BOX:
        return Yolov8(), rows - BOX
    return None


def _finds(rows: int, columns: int) -> tuple[Decoding, int | None] | None:
    return (End2end(finds=rows), None) if columns == END2END_COLUMNS and rows <= MOST_FINDS else None


def _logits_and_boxes(answers: Sequence[Answer]) -> tuple[Decoding, int] | None:
    pair = sorted(answers, key=lambda one: "box" in one.name)
    match [one.shape for one in pair]:
        case [(1, queries, classes), (1, same, 4)] if queries == same <= MOST_FINDS:
            return Detr(queries=queries), classes
        case [(1, same, 4), (1, queries, classes)] if queries == same <= MOST_FINDS:
            return Detr(queries=queries), classes
        case _:
            return None


def fed(taken: Input, decoding: Decoding) -> Input:
    """How a model of that layout is trained to be fed; what a user's own training changed, his manifest must say."""
    match decoding:
        case Yolox():
            return taken
        case Yolov8() | End2end():
            return taken.model_copy(update={"channels": "rgb", "scale": 1 / 255, "fit": Letterbox(anchor="centre")})
        case Nanodet():
            normal = {"mean": (103.53, 116.28, 123.675), "std": (57.375, 57.12, 58.395)}
            return taken.model_copy(update={**normal, "fit": Stretch()})
        case Fastestdet():
            return taken.model_copy(update={"scale": 1 / 255, "fit": Stretch()})
        case Detr():
            return taken.model_copy(update={"channels": "rgb", "scale": 1 / 255, "fit": Stretch()})
        case _:
            assert_never(decoding)


def cells(width: int, height: int, strides: Sequence[int]) -> int:
    """How many cells the feature levels of an input have together."""
    return sum((width // stride) * (height // stride) for stride in strides)


def cells_up(width: int, height: int, strides: Sequence[int]) -> int:
    """The same where a part of a cell at the edge is one as well."""
    return sum(-(-width // stride) * -(-height // stride) for stride in strides)
