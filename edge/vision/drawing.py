# SPDX-License-Identifier: Apache-2.0
"""Draws onto a picture what was seen in it: outlines, tracks with their standing time, spaces, changes, decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.geometry import Box
from edge.core.outlines import Outline
from edge.core.tracks import Kind, Sighting, Track
from edge.vision.lettering import Colour, across, write
from edge.vision.source import Frame, Image

_COLOURS: Final[dict[Kind, Colour]] = {
    Kind.CAR: (80, 200, 60),
    Kind.VAN: (200, 190, 40),
    Kind.BUS: (230, 140, 40),
    Kind.TRUCK: (60, 120, 240),
    Kind.TWO_WHEELER: (200, 80, 200),
    Kind.PERSON: (50, 210, 230),
    Kind.VEHICLE: (80, 200, 60),
    Kind.OTHER: (180, 180, 180),
}
_OUTLINE: Final[Colour] = (60, 180, 255)
_FREE: Final[Colour] = (90, 190, 60)
_TAKEN: Final[Colour] = (70, 70, 225)
_CHANGE: Final[Colour] = (255, 80, 160)
_INK: Final[Colour] = (255, 255, 255)
_FILL: Final = 0.16
_HALF: Final = 0.5
_FINE: Final = 3
"""Binary digits after the point, for lines that do not jump from pixel to pixel."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is known of one picture: what was seen, how sure each space is taken, and what was decided lately."""

    sighting: Sighting | None
    spaces: dict[str, float]
    decided: Sequence[str]


def draw(frame: Frame, at_us: int, outlines: Sequence[Outline], drawing: Drawing) -> Image:
    """A copy of the picture with everything drawn."""
    canvas = frame.image.copy()
    scale = max(0.6, canvas.shape[1] / 1280)
    _areas(canvas, outlines, drawing.spaces, scale)
    if drawing.sighting is not None:
        for change in drawing.sighting.changes:
            _box(canvas, change.box, _CHANGE, scale)
        for track in drawing.sighting.tracks:
            _track(canvas, track, at_us, scale)
    moment = datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%H:%M:%S.%f")[:-5]
    _label(canvas, moment, (round(10 * scale), round(26 * scale)), (40, 40, 40), scale)
    for number, text in enumerate(reversed(drawing.decided)):
        foot = canvas.shape[0] - round((14 + 30 * number) * scale)
        _label(canvas, text, (round(12 * scale), foot), (30, 60, 190), 1.15 * scale)
    return canvas


def _areas(canvas: Image, outlines: Sequence[Outline], spaces: dict[str, float], scale: float) -> None:
    filled = canvas.copy()
    for outline in outlines:
        cv2.fillPoly(filled, [_points(canvas, outline.corners)], _colour_of(outline, spaces), cv2.LINE_AA, _FINE)
    np.copyto(canvas, cv2.addWeighted(filled, _FILL, canvas, 1 - _FILL, 0))
    for outline in outlines:
        colour = _colour_of(outline, spaces)
        points = _points(canvas, outline.corners)
        cv2.polylines(canvas, [points], len(points) > 2, colour, max(1, round(2 * scale)), cv2.LINE_AA, _FINE)  # noqa: PLR2004 - a line
    for outline in outlines:
        at = _points(canvas, outline.corners).mean(0) / (1 << _FINE)
        place = (round(at[0] - 4 * len(outline.name) * scale), round(at[1]))
        _label(canvas, outline.name, place, _colour_of(outline, spaces), 0.7 * scale)


def _colour_of(outline: Outline, spaces: dict[str, float]) -> Colour:
    occupied = spaces.get(outline.name)
    if occupied is None:
        return _OUTLINE
    return _TAKEN if occupied > _HALF else _FREE


def _track(canvas: Image, track: Track, at_us: int, scale: float) -> None:
    colour = _COLOURS[track.kind] if track.seen else (150, 150, 150)
    left, top = _box(canvas, track.box, colour, scale)
    words = [f"{track.kind.value} {track.id}"]
    if track.still_since_us is not None:
        stood_s = max(0, at_us - track.still_since_us) // 1_000_000
        words.append(f"{stood_s // 60}:{stood_s % 60:02}")
    if track.plate is not None:
        words.append(track.plate.text)
    _label(canvas, "  ".join(words), (left, max(round(18 * scale), top - round(5 * scale))), colour, 0.8 * scale)


def _box(canvas: Image, box: Box, colour: Colour, scale: float) -> tuple[int, int]:
    rows, columns = canvas.shape[:2]
    left, top = round(box.left * columns), round(box.top * rows)
    corner = (round(box.right * columns), round(box.bottom * rows))
    cv2.rectangle(canvas, (left, top), corner, colour, max(1, round(2 * scale)), cv2.LINE_AA)
    return left, top


def _label(canvas: Image, text: str, foot: tuple[int, int], colour: Colour, scale: float) -> None:
    """Text on a plate of `colour`, its lower left at `foot`."""
    size, pad = max(9, round(17 * scale)), round(4 * scale)
    wide = across(text, size)
    left = min(max(pad, foot[0]), max(pad, canvas.shape[1] - wide - pad))
    upper = (left - pad, foot[1] - size - pad // 2)
    cv2.rectangle(canvas, upper, (left + wide + pad, foot[1] + pad), colour, -1)
    ink = (20, 20, 20) if sum(colour) > 3 * 130 else _INK
    write(canvas, text, (left, foot[1]), ink, size)


def _points(canvas: Image, corners: Sequence[tuple[float, float]]) -> NDArray[np.int32]:
    rows, columns = canvas.shape[:2]
    scaled = np.array(corners, np.float64) * (columns, rows) * (1 << _FINE)
    return np.round(scaled).astype(np.int32)
