# SPDX-License-Identifier: Apache-2.0
"""What moves in a simulated street, drawn once: vehicles and a walker as cut-outs with soft edges and a shadow."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.tracks import Kind
from edge.vision.source import Image
from edge.vision.sources.street.silhouettes import BUS, HATCH, SEDAN, VAN, Corners, Silhouette
from edge.vision.sources.street.stage import SIZES_PX

Colour = tuple[int, int, int]

_FINE = 3
"""Drawn so many times larger and scaled down: cheaper to write than good edges."""
_PAD_PX = 14
_GLASS: Colour = (74, 58, 46)
_TYRE: Colour = (32, 31, 30)
PAINTS: tuple[Colour, ...] = (
    (52, 46, 172),
    (212, 214, 216),
    (128, 96, 60),
    (58, 56, 54),
    (158, 156, 150),
    (96, 120, 70),
    (150, 110, 84),
    (86, 150, 196),
)
"""Blue-green-red; the first is the car of `demo`."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """A cut-out ready to lay over a picture: colours already weighted, and what to leave of the ground, 0 to 255."""

    colours: Image
    ground: Image
    foot_px: int
    """Row of the lower edge of the thing within the cut-out; the shadow reaches below it."""


def vehicle(kind: Kind, look: int, scale: float, heading: int) -> Sprite:
    """A vehicle of a kind; `look` chooses body and paint."""
    shape = BUS if kind is Kind.BUS else VAN if kind is Kind.VAN else (SEDAN, HATCH)[look % 2]
    paint = (92, 132, 66) if kind is Kind.BUS else PAINTS[look % len(PAINTS)]
    canvas = _Canvas(SIZES_PX[kind])
    canvas.shadow()
    _draw_body(canvas, shape, paint)
    for glass in shape.panes:
        _draw_glass(canvas, glass)
    _draw_trim(canvas, shape, paint)
    for middle in shape.wheels:
        _draw_wheel(canvas, middle, shape.wheel_radius)
    return canvas.sprite(scale, heading)


def walker(stride: float, scale: float, heading: int) -> Sprite:
    """A person in mid-walk; `stride` -1 to 1 is how far the legs are apart, and which is in front."""
    canvas = _Canvas(SIZES_PX[Kind.PERSON])
    canvas.shadow()
    hip, knee, foot = (29, 84), 116, 148
    for side, shade in ((-1, (66, 52, 44)), (1, (88, 70, 58))):
        swing = side * stride
        canvas.stroke((hip, (29 + 9 * swing, knee), (29 + 17 * swing - 3, foot)), shade, 11)
        canvas.stroke(((29 + 17 * swing - 3, foot), (29 + 17 * swing + 7, foot)), (40, 40, 44), 8)
    canvas.stroke(((28, 44), (27 + 11 * stride, 64), (30 + 17 * stride, 82)), (60, 96, 150), 9)
    canvas.fill(
        _rounded(((18, 36), (27, 30), (37, 33), (41, 44), (39, 70), (40, 90), (18, 90), (18, 60))), (74, 120, 186)
    )
    canvas.stroke(((30, 42), (31 - 11 * stride, 64), (35 - 17 * stride, 82)), (86, 134, 202), 9)
    canvas.disc((35 - 17 * stride, 85), 4.5, (140, 168, 206))
    canvas.disc((30, 16), 13, (142, 172, 212))
    canvas.fill(_rounded(((16, 16), (18, 5), (30, 1), (42, 6), (41, 12), (30, 10), (24, 22), (18, 24))), (34, 34, 40))
    return canvas.sprite(scale, heading)


class _Canvas:
    """A transparent sheet with room for a shadow, drawn in the units of the thing."""

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        self._shape = ((height + 2 * _PAD_PX) * _FINE, (width + 2 * _PAD_PX) * _FINE)
        self._size = size
        self.colours: NDArray[np.uint8] = np.zeros((*self._shape, 3), np.uint8)
        self.cover: NDArray[np.uint8] = np.zeros(self._shape, np.uint8)

    def fill(self, corners: Corners, colour: Colour) -> None:
        """A filled outline."""
        points = [_fine(corners)]
        cv2.fillPoly(self.colours, points, colour)
        cv2.fillPoly(self.cover, points, 255)

    def stroke(self, corners: Corners, colour: Colour, width: float) -> None:
        """A line of some width with round ends."""
        points, thick = [_fine(corners)], max(1, round(width * _FINE))
        cv2.polylines(self.colours, points, isClosed=False, color=colour, thickness=thick)
        cv2.polylines(self.cover, points, isClosed=False, color=255, thickness=thick)

    def disc(self, middle: tuple[float, float], radius: float, colour: Colour) -> None:
        """A filled circle."""
        at = _fine([middle])[0]
        cv2.circle(self.colours, (int(at[0]), int(at[1])), round(radius * _FINE), colour, -1)
        cv2.circle(self.cover, (int(at[0]), int(at[1])), round(radius * _FINE), 255, -1)

    def shade(self, corners: Corners, tones: NDArray[np.float32]) -> None:
        """Multiply what is inside an outline by one factor for each row."""
        points = _fine(corners)
        left, top, width, height = cv2.boundingRect(points)
        mask = np.zeros((height, width), np.uint8)
        cv2.fillPoly(mask, [points - (left, top)], 255)
        middles = np.linspace(0, self._shape[0], len(tones))
        rows = np.interp(np.arange(top, top + height), middles, tones).astype(np.float32)
        area = self.colours[top : top + height, left : left + width]
        factors = cv2.merge([np.repeat(rows[:, None], width, 1)] * 3)
        cv2.copyTo(cv2.multiply(area, factors, dtype=cv2.CV_8U), mask, area)

    def shadow(self) -> None:
        """Darken the ground below; only the cover is set, since a shadow is black."""
        width, height = self._size
        soft = np.zeros((height + 2 * _PAD_PX, width + 2 * _PAD_PX), np.uint8)
        middle = (width // 2 + _PAD_PX, height - 3 + _PAD_PX)
        cv2.ellipse(soft, middle, (width // 2, round(min(10.0, width * 0.1))), 0, 0, 360, 150, -1)
        soft = np.asarray(cv2.GaussianBlur(soft, (0, 0), 5), np.uint8)
        self.cover = np.asarray(cv2.resize(soft, self._shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)

    def sprite(self, scale: float, heading: int) -> Sprite:
        """The sheet at its final size, looking where it goes."""
        height, width = (max(1, round(side * scale / _FINE)) for side in self._shape)
        cover = cv2.merge([self.cover] * 3)
        weighted = cv2.multiply(self.colours, cover, scale=1 / 255)
        colours, ground = (
            np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
            for part in (weighted, cv2.bitwise_not(cover))
        )
        if heading < 0:
            colours, ground = colours[:, ::-1], ground[:, ::-1]
        foot_px = round((self._size[1] + _PAD_PX) * scale)
        return Sprite(np.ascontiguousarray(colours), np.ascontiguousarray(ground), foot_px)


def _draw_body(canvas: _Canvas, shape: Silhouette, paint: Colour) -> None:
    outline = _rounded(shape.outline)
    canvas.fill(outline, paint)
    canvas.shade(outline, np.array([1.28, 1.22, 1.12, 1.02, 0.98, 0.9, 0.78, 0.62, 0.5], np.float32))
    bottom = max(y for _, y in shape.outline)
    ends = (min(x for x, _ in shape.outline) + 8, max(x for x, _ in shape.outline) - 8)
    canvas.stroke(((ends[0], bottom - 4), (ends[1], bottom - 4)), (44, 43, 42), 5)


def _draw_glass(canvas: _Canvas, corners: Corners) -> None:
    canvas.fill(corners, _GLASS)
    canvas.shade(corners, np.array([1.9, 1.7, 1.35, 1.0, 0.9, 0.9, 0.9, 0.9], np.float32))
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    if right - left > 30:  # noqa: PLR2004 - a narrow pane shows no reflection
        lean = (bottom - top) * 0.6
        streak = left + (right - left) * 0.62
        canvas.stroke(((streak, top + 3), (streak - lean * 0.8, bottom - 3)), (132, 118, 106), 3)


def _draw_trim(canvas: _Canvas, shape: Silhouette, paint: Colour) -> None:
    dark = _times(paint, 0.62)
    bottom, front = max(y for _, y in shape.outline), max(x for x, _ in shape.outline)
    for seam in shape.seams:
        canvas.stroke(((seam, shape.belt - 3), (seam + 1, bottom - 10)), dark, 1)
        canvas.stroke(((seam - 16, shape.belt + 7), (seam - 7, shape.belt + 7)), _times(paint, 1.35), 2)
    canvas.stroke(((10, shape.belt), (front - 16, shape.belt + 3)), _times(paint, 1.22), 1.4)
    lamp = shape.belt + 8
    canvas.fill(
        ((front - 17, lamp - 3), (front - 4, lamp + 3), (front - 3, lamp + 9), (front - 15, lamp + 6)), (226, 240, 244)
    )
    canvas.fill(((3, lamp - 4), (13, lamp - 4), (11, lamp + 7), (2, lamp + 8)), (44, 40, 196))


def _draw_wheel(canvas: _Canvas, middle: float, radius: float) -> None:
    hub = (middle, canvas.colours.shape[0] / _FINE - 2 * _PAD_PX - radius + 1)
    canvas.disc((hub[0], hub[1] - 2), radius + 3, (30, 29, 28))
    canvas.disc(hub, radius, _TYRE)
    canvas.disc(hub, radius * 0.62, (150, 150, 148))
    canvas.disc(hub, radius * 0.52, (104, 104, 102))
    for turn in range(5):
        angle = 2 * np.pi * turn / 5
        tip = (hub[0] + radius * 0.5 * float(np.cos(angle)), hub[1] + radius * 0.5 * float(np.sin(angle)))
        canvas.stroke((hub, tip), (184, 184, 180), 2.6)
    canvas.disc(hub, radius * 0.14, (80, 80, 80))


def _rounded(corners: Corners, times: int = 3) -> list[tuple[float, float]]:
    """Cut the corners of an outline, again and again (Chaikin): straight drawings become car bodies."""
    points = list(corners)
    for _ in range(times):
        pairs = list(zip(points, points[1:] + points[:1], strict=True))
        points = [
            (a[0] * (1 - share) + b[0] * share, a[1] * (1 - share) + b[1] * share)
            for a, b in pairs
            for share in (0.22, 0.78)
        ]
    return points


def _fine(corners: Corners) -> NDArray[np.int32]:
    return np.rint((np.array(corners, np.float32) + _PAD_PX) * _FINE).astype(np.int32)


def _times(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(255, round(part * factor)) for part in colour)
    return blue, green, red
