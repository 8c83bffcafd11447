# SPDX-License-Identifier: Apache-2.0
"""Draws onto a picture what was seen in it: outlines, tracks with their standing time, spaces, changes.

Time and decisions stand on a strip below the picture, where they cover nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract.instants import span, stamp
from edge.contract.phrases import phrases
from edge.contract.problems import Language
from edge.core.clock import instant
from edge.core.geometry import Box
from edge.core.outlines import Outline
from edge.core.tracks import Kind, Sighting, Track
from edge.vision.labels import Label, Layout, Patch, along, beside, extent, margin
from edge.vision.lettering import BOLD, Colour, fitted, write
from edge.vision.source import Frame, Image

STRIP: Final = 84
"""Rows below the picture."""
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
_REMEMBERED: Final[Colour] = (150, 150, 150)
_DECISION: Final[Colour] = (30, 60, 190)
_DARK: Final[Colour] = (30, 28, 26)
_INK: Final[Colour] = (255, 255, 255)
_BRIGHT: Final = 3 * 130
_FILL: Final = 0.16
_HALF: Final = 0.5
_FINE: Final = 3
"""Binary digits after the point, for lines that do not jump from pixel to pixel."""
_LETTERS: Final = 20
"""Height of a label's letters: they can still be read when the film is shown half as large."""
_THICK: Final = 2


@dataclass(frozen=True, slots=True)
class Saying:
    """A decision in words, and the outline it is about."""

    text: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is known of one picture: what was seen, how sure each space is taken, and what was decided lately."""

    sighting: Sighting | None
    spaces: dict[str, float]
    decided: Sequence[Saying]


class Painter:
    """Draws the pictures of one film."""

    def __init__(self, outlines: Sequence[Outline], language: Language) -> None:
        """Draw these outlines on each; names of kinds are in `language`."""
        self._outlines, self._layout = outlines, Layout()
        self._words = phrases("seen", language)

    def draw(self, frame: Frame, drawing: Drawing) -> Image:
        """A copy of the picture with everything drawn, and the strip below."""
        picture = frame.image.copy()
        rows, columns = picture.shape[:2]
        tracks = drawing.sighting.tracks if drawing.sighting is not None else ()
        self._areas(picture, drawing)
        for change in drawing.sighting.changes if drawing.sighting is not None else ():
            _box(picture, change.box, _CHANGE)
        for track in tracks:
            _box(picture, track.box, _colour_of(track))
        labels = [*self._of_tracks(tracks, frame.at_us, columns, rows), *self._of_areas(picture, drawing)]
        seen = [_patch(track.box, columns, rows) for track in tracks if track.seen]
        for laid in self._layout.lay(labels, columns, rows, seen):
            _plate(picture, laid.patch, laid.label.text, laid.label.colour, laid.label.size)
        return np.vstack([picture, _strip(columns, frame.at_us, drawing.decided)])

    def _areas(self, canvas: Image, drawing: Drawing) -> None:
        filled = canvas.copy()
        for outline in self._outlines:
            colour = _area_colour(outline, drawing)
            cv2.fillPoly(filled, [_points(canvas, outline.corners)], colour, cv2.LINE_AA, _FINE)
        np.copyto(canvas, cv2.addWeighted(filled, _FILL, canvas, 1 - _FILL, 0))
        for outline in self._outlines:
            points, told = _points(canvas, outline.corners), _is_told(outline, drawing)
            colour, thick = _area_colour(outline, drawing), 2 * _THICK if told else _THICK
            cv2.polylines(canvas, [points], len(points) > 2, colour, thick, cv2.LINE_AA, _FINE)  # noqa: PLR2004 - a line

    def _of_tracks(self, tracks: Sequence[Track], at_us: int, columns: int, rows: int) -> Iterator[Label]:
        """Who stands first: how long is what a film is looked at for. What is only remembered is told if it stands."""
        for track in sorted(tracks, key=lambda one: (one.still_since_us is None, not one.seen, -one.box.area)):
            stood = track.still_since_us is not None
            if not (track.seen or stood):
                continue
            words = [f"{self._words[f'kind-{track.kind.value}']} {track.id}"]
            if track.still_since_us is not None:
                words.append(span(max(0, at_us - track.still_since_us) // 1_000_000))
            if track.plate is not None:
                words.append(track.plate.text)
            text = "  ".join(words)
            places = beside(_patch(track.box, columns, rows), extent(text, _LETTERS))
            yield Label(f"track {track.id}", text, _colour_of(track), _LETTERS, places, needed=stood)

    def _of_areas(self, canvas: Image, drawing: Drawing) -> Iterator[Label]:
        for outline in self._outlines:
            corners = [(int(x), int(y)) for x, y in _points(canvas, outline.corners) >> _FINE]
            size = _LETTERS if _room(corners) > 6 * _LETTERS else round(0.75 * _LETTERS)
            places = along(corners, extent(outline.name, size))
            yield Label(f"area {outline.name}", outline.name, _area_colour(outline, drawing), size, places)


def _room(corners: Sequence[tuple[int, int]]) -> int:
    return max(x for x, _ in corners) - min(x for x, _ in corners)


def _is_told(outline: Outline, drawing: Drawing) -> bool:
    return any(one.where == outline.name for one in drawing.decided)


def _area_colour(outline: Outline, drawing: Drawing) -> Colour:
    occupied = drawing.spaces.get(outline.name)
    if occupied is None:
        return _DECISION if _is_told(outline, drawing) else _OUTLINE
    return _TAKEN if occupied > _HALF else _FREE


def _colour_of(track: Track) -> Colour:
    return _COLOURS[track.kind] if track.seen else _REMEMBERED


def _strip(columns: int, at_us: int, decided: Sequence[Saying]) -> Image:
    """The time, and beside it the newest decisions, two at most."""
    strip = np.full((STRIP, columns, 3), _DARK, np.uint8)
    date, _, moment = stamp(instant(at_us), "milliseconds").partition(" ")
    clock, _, offset = moment.partition(" ")
    write(strip, clock[:-2], (14, 46), _INK, 32, BOLD)
    end = write(strip, f"{date}  {offset}", (14, 72), (170, 170, 170), 17)
    left = max(end, 200) + 16
    for number, one in enumerate(list(reversed(decided))[:2]):
        text, size = fitted(one.text, columns - left - 20, 24)
        wide, high = extent(text, size)
        _plate(strip, Patch(left, 5 + 38 * number, left + wide, 5 + 38 * number + high), text, _DECISION, size)
    return strip


def _patch(box: Box, columns: int, rows: int) -> Patch:
    return Patch(round(box.left * columns), round(box.top * rows), round(box.right * columns), round(box.bottom * rows))


def _box(canvas: Image, box: Box, colour: Colour) -> None:
    patch = _patch(box, canvas.shape[1], canvas.shape[0])
    cv2.rectangle(canvas, (patch.left, patch.top), (patch.right, patch.bottom), colour, _THICK, cv2.LINE_AA)


def _plate(canvas: Image, patch: Patch, text: str, colour: Colour, size: int) -> None:
    """Text on a plate of `colour`."""
    cv2.rectangle(canvas, (patch.left, patch.top), (patch.right - 1, patch.bottom - 1), colour, -1)
    ink = (20, 20, 20) if sum(colour) > _BRIGHT else _INK
    write(canvas, text, (patch.left + margin(size), patch.bottom - margin(size) - size // 8), ink, size)


def _points(canvas: Image, corners: Sequence[tuple[float, float]]) -> NDArray[np.int32]:
    rows, columns = canvas.shape[:2]
    scaled = np.array(corners, np.float64) * (columns, rows) * (1 << _FINE)
    return np.round(scaled).astype(np.int32)
