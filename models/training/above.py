# SPDX-License-Identifier: Apache-2.0
"""Cars, vans and trucks drawn as a camera straight above sees them: no set of street pictures has enough of those."""

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Reals = npt.NDArray[np.float64]
_KINDS = ((0, 2.3, 0.62), (0, 2.2, 0.5), (1, 2.4, 0.8), (2, 4.2, 0.95), (3, 3.2, 0.75))
"""Class, length in widths, and where along the body the roof's middle sits; the first two are cars."""


def from_above(side: int, ground: Picture, chance: np.random.Generator) -> tuple[Picture, Floats]:
    """Up to seven vehicles on `ground` [side, side, 3], and their boxes [n, 6]; sometimes none at all."""
    canvas = ground.copy()
    _marks(canvas, chance)
    width = float(np.exp(chance.uniform(np.log(14), np.log(side * 0.3))))
    heading = float(chance.uniform(0, 2 * np.pi))
    boxes: list[list[float]] = []
    for _ in range(int(chance.integers(0, 8))):
        middle = chance.uniform(0, side, 2)
        along = heading + float(chance.normal(0, 0.05)) + (np.pi if chance.random() < 0.5 else 0)
        kind, length, _ = _KINDS[int(chance.choice(5, p=(0.4, 0.3, 0.12, 0.06, 0.12)))]
        size = np.array([length, 1.0]) * width * float(chance.uniform(0.9, 1.15)) / 2
        corners = _corners(middle, size, along)
        box = np.clip([*corners.min(0), *corners.max(0)], 0, side)
        inside = np.clip((box[2:] - box[:2]).prod() / (corners.max(0) - corners.min(0)).prod(), 0, 1)
        if inside < 0.5 or any(_touches(box, other[2:]) for other in boxes):
            continue
        _paint(canvas, middle, size, along, kind, chance)
        boxes.append([kind, 0.9, *box])
    return canvas, np.array(boxes, np.float32).reshape(-1, 6)


def _touches(one: Reals, two: list[float]) -> bool:
    return bool((one[0] < two[2]) and (two[0] < one[2]) and (one[1] < two[3]) and (two[1] < one[3]))


def _corners(middle: Reals, size: Reals, along: float) -> Reals:
    forward = np.array([np.cos(along), np.sin(along)])
    across = np.array([-forward[1], forward[0]])
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return np.array([middle + forward * size[0] * a + across * size[1] * b for a, b in signs])


def _paint(canvas: Picture, middle: Reals, size: Reals, along: float, kind: int, chance: np.random.Generator) -> None:
    body = _colour(chance)
    dark = tuple(int(value * 0.3 + 15) for value in body)
    light = tuple(int(min(255, value * 1.12 + 6)) for value in body)
    shadow = canvas.copy()
    _fill(shadow, _corners(middle + chance.normal(0, 0.3, 2) * size[1], size * 1.04, along), (20, 20, 22))
    blend = float(chance.uniform(0.2, 0.7))
    np.copyto(canvas, cv2.addWeighted(shadow, blend, canvas, 1 - blend, 0))
    forward = np.array([np.cos(along), np.sin(along)])
    _fill(canvas, _rounded(middle, size, along), body)
    if kind in (2, 3):
        _fill(canvas, _corners(middle - forward * size[0] * 0.1, size * (0.86, 0.9), along), light)
        _fill(canvas, _corners(middle + forward * size[0] * 0.86, size * (0.05, 0.8), along), dark)
        return
    reach = 0.62 if kind == 1 else float(chance.uniform(0.45, 0.55))
    _fill(canvas, _corners(middle - forward * size[0] * 0.12, size * (reach, 0.84), along), dark)
    _fill(canvas, _corners(middle - forward * size[0] * 0.12, size * (reach * 0.62, 0.78), along), light)
    if chance.random() < 0.6:
        lamps = (230, 240, 250) if chance.random() < 0.5 else light
        for across in (-0.75, 0.75):
            _fill(
                canvas,
                _corners(
                    middle + forward * size[0] * 0.93 + np.array([-forward[1], forward[0]]) * size[1] * across,
                    size * (0.04, 0.16),
                    along,
                ),
                lamps,
            )


def _rounded(middle: Reals, size: Reals, along: float) -> Reals:
    angles = np.linspace(0, 2 * np.pi, 33)
    shape = np.stack(
        (
            np.sign(np.cos(angles)) * np.abs(np.cos(angles)) ** 0.35,
            np.sign(np.sin(angles)) * np.abs(np.sin(angles)) ** 0.35,
        ),
        1,
    )
    turn = np.array([[np.cos(along), -np.sin(along)], [np.sin(along), np.cos(along)]])
    return middle + (shape * size) @ turn.T


def _fill(canvas: Picture, shape: Reals, colour: tuple[int, ...]) -> None:
    cv2.fillPoly(canvas, [np.round(shape * 8).astype(np.int32)], colour, cv2.LINE_AA, 3)


def _colour(chance: np.random.Generator) -> tuple[int, int, int]:
    dice = chance.random()
    if dice < 0.3:
        grey = chance.integers(190, 250)
        return int(grey), int(grey), int(grey)
    if dice < 0.6:
        grey = chance.integers(15, 140)
        return int(grey), int(grey), int(grey)
    blue, green, red = chance.integers(20, 200, 3)
    return int(blue), int(green), int(red)


def _marks(canvas: Picture, chance: np.random.Generator) -> None:
    """Lanes' lines, kerbs and stains, which are no cars."""
    side = canvas.shape[0]
    for _ in range(int(chance.integers(0, 5))):
        a, b = chance.integers(-side // 4, side + side // 4, (2, 2))
        grey = int(chance.integers(40, 240))
        cv2.line(
            canvas, tuple(map(int, a)), tuple(map(int, b)), (grey, grey, grey), int(chance.integers(1, 12)), cv2.LINE_AA
        )
    for _ in range(int(chance.integers(0, 3))):
        at, axes = chance.integers(0, side, 2), chance.integers(5, side // 4, 2)
        grey = int(chance.integers(30, 200))
        cv2.ellipse(
            canvas, tuple(map(int, at)), tuple(map(int, axes)), float(chance.uniform(0, 180)), 0, 360, (grey,) * 3, -1
        )
