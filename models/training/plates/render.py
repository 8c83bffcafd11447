# SPDX-License-Identifier: Apache-2.0
"""Draws number plates of every kind as a camera straight in front would see them, one line each.

Two-line plates are drawn as they look after their lines have been joined, which is how they are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.training.plates.glyphs import glyph, varied

HEIGHT, WIDTH = 70, 220
"""Half a millimetre a pixel: 140 mm by 440 mm; a new-energy plate of 480 mm is squeezed into the same."""
STYLES = ("stroke6", "stroke7", "stroke8", "stroke9", "stroke10", "sans300", "sans500", "sans700", "uni")
STYLE_SHARES = np.array([12, 18, 20, 16, 10, 6, 8, 5, 5]) / 100
GROUND = {  # BGR of the ground and of the writing
    "blue": ((150, 60, 10), (245, 245, 245)),
    "yellow": ((20, 170, 235), (15, 15, 15)),
    "green-small": ((130, 200, 90), (15, 15, 15)),
    "green-large": ((110, 190, 120), (15, 15, 15)),
    "white": ((235, 235, 235), (20, 20, 20)),
    "black": ((25, 20, 20), (240, 240, 240)),
}
COLOUR = {
    "motorcycle": ("yellow", "blue"),
    "police": ("white",),
    "embassy": ("black",),
    "consulate": ("black",),
    "hong-kong": ("black",),
    "macao": ("black",),
    "learner": ("yellow",),
    "trailer": ("yellow",),
    "armed-police": ("white",),
    "military": ("white",),
}
RED = (40, 30, 200)
TWO_LINES = {"yellow": 0.5, "motorcycle": 1.0, "trailer": 0.8, "armed-police": 0.2, "military": 0.2}


@dataclass(frozen=True)
class Drawn:
    """A plate straight on, HEIGHT × WIDTH × 3 BGR."""

    picture: np.ndarray
    text: str
    kind: str


def draw(kind: str, text: str, chance: np.random.Generator, fonts: Sequence[str]) -> Drawn:
    """One plate, with screws, frame and dirt; its Chinese characters by one of the fonts."""
    colour = chance.choice(COLOUR.get(kind, (kind,)))
    ground, ink = (np.array(one, np.float32) for one in GROUND[colour])
    ground = np.clip(ground + chance.normal(0, 18, 3), 0, 255)
    canvas = np.empty((HEIGHT, WIDTH, 3), np.float32)
    canvas[:] = ground
    if kind == "green-small":  # white above, green below
        canvas += (np.linspace(1, 0, HEIGHT)[:, None, None] ** 1.5) * (245 - canvas)
    if kind == "green-large":  # the first two places on yellow
        canvas[:, : int(WIDTH * 0.27)] = GROUND["yellow"][0]
    joined = chance.random() < TWO_LINES.get(kind, 0)
    frame = chance.random()
    if frame < 0.85 and not joined:
        at = int(chance.integers(1, 4))
        cv2.rectangle(canvas, (at, at), (WIDTH - 1 - at, HEIGHT - 1 - at), ink.tolist(), int(chance.integers(1, 3)))
    style, font = str(chance.choice(STYLES, p=STYLE_SHARES)), str(chance.choice(fonts))
    for place, (left, right) in enumerate(_columns(kind, len(text), chance, joined=joined)):
        red = (text[place] in "警使领" and colour != "blue") or (kind in {"military", "armed-police"} and place < 2)
        latin = text[place].isascii()
        mask = glyph(text[place], style) if latin else varied(glyph(text[place], font), chance)
        _stamp(canvas, mask, left, right, np.array(RED, np.float32) if red else ink, chance)
    if not joined and len(text) == 7 and kind != "military" and chance.random() < 0.9:
        cv2.circle(
            canvas, (round(WIDTH * 0.29), HEIGHT // 2 + int(chance.integers(-3, 4))), 3, ink.tolist(), -1, cv2.LINE_AA
        )
    _dirty(canvas, chance)
    return Drawn(np.clip(canvas, 0, 255).astype(np.uint8), text, kind)


def _columns(kind: str, count: int, chance: np.random.Generator, *, joined: bool) -> list[tuple[float, float]]:
    """Where each character begins and ends."""
    first, last = chance.uniform(0.02, 0.05) * WIDTH, (1 - chance.uniform(0.02, 0.05)) * WIDTH
    widths = np.ones(count)
    if joined:  # the upper line's two characters are 80 mm wide and 60 mm high, the lower line's 65 mm and 110 mm
        widths[:2] = chance.uniform(1.3, 2.2)
    gaps = np.full(count, chance.uniform(0.16, 0.34))
    if not joined and count == 7 and kind != "embassy":
        gaps[1] = 0.75
    if kind.startswith("green"):
        gaps[1] = chance.uniform(0.3, 0.6)
    gaps[-1] = 0
    unit = (last - first) / (widths.sum() + gaps.sum())
    starts = first + unit * np.concatenate([[0], np.cumsum(widths + gaps)[:-1]])
    return list(zip(starts.tolist(), (starts + unit * widths).tolist(), strict=True))


def _stamp(
    canvas: np.ndarray, mask: np.ndarray, left: float, right: float, ink: np.ndarray, chance: np.random.Generator
) -> None:
    spare = 2.0
    top, bottom = HEIGHT * (0.14 + chance.normal(0, 0.01)), HEIGHT * (0.86 + chance.normal(0, 0.01))
    source = np.array([[0, 0], [mask.shape[1], 0], [0, mask.shape[0]]], np.float32)
    target = np.array([[left - spare, top], [right + spare, top], [left - spare, bottom]], np.float32)
    turn = cv2.getAffineTransform(source, target)
    begin, end = max(0, int(left) - 4), min(WIDTH, int(right) + 5)
    turn[0, 2] -= begin
    small = cv2.warpAffine(mask, turn, (end - begin, HEIGHT), flags=cv2.INTER_AREA)
    alpha = (small.astype(np.float32) / 255)[:, :, None]
    canvas[:, begin:end] += alpha * (ink - canvas[:, begin:end])


def _dirty(canvas: np.ndarray, chance: np.random.Generator) -> None:
    for x in (0.2, 0.8):
        for y in (0.08, 0.92):
            if chance.random() < 0.35:
                at = (round(WIDTH * (x + chance.normal(0, 0.03))), round(HEIGHT * y))
                cv2.circle(canvas, at, int(chance.integers(2, 5)), chance.uniform(20, 230, 3).tolist(), -1, cv2.LINE_AA)
    if chance.random() < 0.15:
        for _ in range(int(chance.integers(1, 6))):
            at = (int(chance.integers(0, WIDTH)), int(chance.integers(0, HEIGHT)))
            cv2.circle(canvas, at, int(chance.integers(1, 6)), chance.uniform(30, 160, 3).tolist(), -1, cv2.LINE_AA)
