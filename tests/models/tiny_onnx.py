# SPDX-License-Identifier: Apache-2.0
"""A model file of a few hundred bytes whose answer is chosen by the test, whatever it is shown. Written by hand."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FLOAT = 1
SIDE = 32
"""Width and height of the input; YOLOX has 16 + 4 + 1 cells on it."""
CELLS = 21


def tiny_model(answer: NDArray[np.float32], shape: Sequence[int] = (1, 3, SIDE, SIDE)) -> bytes:
    """An ONNX model with one input of `shape` that always answers `answer`."""
    tensor = _many(1, answer.shape) + _number(2, FLOAT) + _bytes(8, b"answer") + _bytes(9, answer.tobytes())
    node = _bytes(1, b"answer") + _bytes(2, b"output") + _bytes(4, b"Identity")
    graph = (
        _bytes(1, node)
        + _bytes(2, b"tiny")
        + _bytes(5, tensor)
        + _bytes(11, _port(b"images", shape))
        + _bytes(12, _port(b"output", answer.shape))
    )
    opset = _bytes(1, b"") + _number(2, 13)
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, opset)


def yolox_answer(classes: int, finds: Sequence[tuple[int, float, float]]) -> NDArray[np.float32]:
    """Raw YOLOX rows; each find is (class, score, log of the size) in the middle of cell 5, stride 8: (12, 12)."""
    rows = np.zeros((1, CELLS, 5 + classes), np.float32)
    for place, (index, score, size) in enumerate(finds):
        rows[0, 5 + place, :2] = (0.5 - place, 0.5)  # the cells to the right point back to the same middle
        rows[0, 5 + place, 2:5] = (size, size, 1.0)
        rows[0, 5 + place, 5 + index] = score
    return rows


def _port(name: bytes, shape: Sequence[int]) -> bytes:
    sides = b"".join(_bytes(1, _number(1, side)) for side in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, FLOAT) + _bytes(2, sides)))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _many(field: int, values: Sequence[int]) -> bytes:
    return b"".join(_number(field, value) for value in values)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content
