# SPDX-License-Identifier: Apache-2.0
"""A model file of a few hundred bytes whose answer is chosen by the test, whatever it is shown. Written by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT, INT64 = 1, 7
SIDE = 32
"""Width and height of the input; YOLOX has 16 + 4 + 1 cells on it."""
CELLS = 21


Shape = Sequence[int | str]
"""Sides of a tensor; a word is a side that is left open."""


def tiny_model(answer: NDArray[np.float32], shape: Shape = (1, 3, SIDE, SIDE)) -> bytes:
    """An ONNX model with one input of `shape` that always answers `answer`."""
    return answering({"output": answer}, {"images": (shape, FLOAT)})


def answering(answers: Mapping[str, NDArray[Any]], inputs: Mapping[str, tuple[Shape, int]]) -> bytes:
    """A model that always gives these answers by name, whatever its inputs (shape and element type) hold."""
    return _model(
        nodes=[_node("Identity", [f"{name}-held"], [name]) for name in answers],
        held={f"{name}-held": answer for name, answer in answers.items()},
        inputs=inputs,
        outputs={name: (answer.shape, _element(answer)) for name, answer in answers.items()},
    )


def growing(classes: int, strides: Sequence[int] = (8, 16, 32)) -> bytes:
    """A YOLOX model for any input: a cell whose pixels are white holds one of the first class.

    A row's objectness is the cell's mean brightness, its box the cell, its first class certain.
    """
    columns = 5 + classes
    bias = np.zeros(columns, np.float32)
    bias[:2], bias[5] = 0.5, 1.0
    held: dict[str, NDArray[Any]] = {"bias": bias, "flat": np.array([1, columns, -1], np.int64)}
    nodes = []
    for side in strides:
        weights = np.zeros((columns, 3, side, side), np.float32)
        weights[4] = 1 / (3 * side * side * 255)
        held[f"weights{side}"] = weights
        names = (f"map{side}", f"rows{side}", f"level{side}")
        nodes += [
            _node(
                "Conv", ["images", f"weights{side}", "bias"], [names[0]], strides=[side] * 2, kernel_shape=[side] * 2
            ),
            _node("Reshape", [names[0], "flat"], [names[1]]),
            _node("Transpose", [names[1]], [names[2]], perm=[0, 2, 1]),
        ]
    join = _bytes(1, b"axis") + _number(3, 1) + _number(20, 2)
    levels = [f"level{side}" for side in strides]
    return _model(
        nodes=[*nodes, _node("Concat", levels, ["output"]) + _bytes(5, join)],
        held=held,
        inputs={"images": ((1, 3, "height", "width"), FLOAT)},
        outputs={"output": ((1, "cells", columns), FLOAT)},
    )


def yolox_answer(classes: int, finds: Sequence[tuple[int, float, float]]) -> NDArray[np.float32]:
    """Raw YOLOX rows; each find is (class, score, log of the size) in the middle of cell 5, stride 8: (12, 12)."""
    rows = np.zeros((1, CELLS, 5 + classes), np.float32)
    for place, (index, score, size) in enumerate(finds):
        rows[0, 5 + place, :2] = (0.5 - place, 0.5)  # the cells to the right point back to the same middle
        rows[0, 5 + place, 2:5] = (size, size, 1.0)
        rows[0, 5 + place, 5 + index] = score
    return rows


def _model(
    nodes: Sequence[bytes],
    held: Mapping[str, NDArray[Any]],
    inputs: Mapping[str, tuple[Shape, int]],
    outputs: Mapping[str, tuple[Shape, int]],
) -> bytes:
    graph = b"".join(
        (
            *(_bytes(1, node) for node in nodes),
            _bytes(2, b"tiny"),
            *(_bytes(5, _tensor(name, content)) for name, content in held.items()),
            *(_bytes(11, _port(name, *port)) for name, port in inputs.items()),
            *(_bytes(12, _port(name, *port)) for name, port in outputs.items()),
        )
    )
    opset = _bytes(1, b"") + _number(2, 13)
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, opset)


def _node(operator: str, inputs: Sequence[str], outputs: Sequence[str], **whole: Sequence[int]) -> bytes:
    attributes = [_bytes(1, name.encode()) + _many(8, values) + _number(20, 7) for name, values in whole.items()]
    ports = [_bytes(1, name.encode()) for name in inputs] + [_bytes(2, name.encode()) for name in outputs]
    return b"".join((*ports, _bytes(4, operator.encode()), *(_bytes(5, one) for one in attributes)))


def _tensor(name: str, content: NDArray[Any]) -> bytes:
    return (
        _many(1, content.shape)
        + _number(2, _element(content))
        + _bytes(8, name.encode())
        + _bytes(9, content.tobytes())
    )


def _element(content: NDArray[Any]) -> int:
    return INT64 if content.dtype == np.int64 else FLOAT


def _port(name: str, shape: Shape, element: int) -> bytes:
    sides = b"".join(
        _bytes(1, _number(1, side) if isinstance(side, int) else _bytes(2, side.encode())) for side in shape
    )
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, element) + _bytes(2, sides)))


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
