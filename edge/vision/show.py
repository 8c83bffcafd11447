# SPDX-License-Identifier: Apache-2.0
"""Draws a replay: `python -m edge.vision.show SCRIPT` reads the recording once more and writes it with what was seen.

The script is a file of JSON lines: `Showing` first, then sightings and decisions in the order of their times. A process
of its own, since the agent loads no native code.
"""

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import cv2

from edge.config.models import Camera
from edge.contract.problems import ProblemError
from edge.core.tracks import Sighting
from edge.vision.drawing import Drawing, draw
from edge.vision.script import SCRIPT_LINE, Decided, Entry, Showing, Shown
from edge.vision.source import Frame
from edge.vision.sources.open import open_source

SHOWN_S: Final = 4.0
"""How long a decision stays on the picture."""
_STALE_S: Final = 1.5
"""A sighting older than this says nothing of the picture."""
_WIDEST: Final = 1280
_REFUSED: Final = 2


def main(argv: list[str]) -> int:
    """Draw one script; 2 if the film cannot be written."""
    cv2.setNumThreads(1)
    with Path(argv[1]).open("rb") as script:
        showing = Showing.model_validate_json(script.readline())
        try:
            _film(showing, (SCRIPT_LINE.validate_json(line) for line in script))
        except (ProblemError, OSError) as wrong:
            sys.stderr.write(f"{wrong}\n")
            return _REFUSED
    return 0


def _film(showing: Showing, entries: Iterator[Entry]) -> None:
    camera = Camera.model_validate(showing.camera)
    film: cv2.VideoWriter | None = None
    with closing(_Story(entries)) as story:
        for frame in _frames(camera, showing.first_us):
            drawing = story.at(frame.at_us)
            picture = draw(_narrow(frame), frame.at_us, showing.outlines, drawing)
            if film is None:
                film = _writer(Path(showing.out), camera.fps, picture.shape[1], picture.shape[0])
            film.write(picture)
    if film is None:
        raise ProblemError("video-unreadable", path=camera.source, reason="it holds no frame that can be decoded")
    film.release()


class _Story:
    """What was seen and said up to an instant."""

    def __init__(self, entries: Iterator[Entry]) -> None:
        self._entries = entries
        self._next: Entry | None = next(entries, None)
        self._sighting: Sighting | None = None
        self._spaces: dict[str, float] = {}
        self._decided: deque[Decided] = deque()

    def at(self, at_us: int) -> Drawing:
        """Take in all entries up to now; what is old is forgotten."""
        while self._next is not None and _when(self._next) <= at_us:
            match self._next:
                case Shown(sighting=sighting):
                    self._sighting = sighting
                    self._spaces.update((space.name, space.occupied) for space in sighting.spaces)
                case Decided():
                    self._decided.append(self._next)
            self._next = next(self._entries, None)
        while self._decided and self._decided[0].at_us < at_us - SHOWN_S * 1e6:
            self._decided.popleft()
        fresh = self._sighting is not None and self._sighting.at_us >= at_us - _STALE_S * 1e6
        return Drawing(self._sighting if fresh else None, dict(self._spaces), [one.text for one in self._decided])

    def close(self) -> None:
        """Nothing is held open."""


def _when(entry: Entry) -> int:
    return entry.sighting.at_us if isinstance(entry, Shown) else entry.at_us


def _frames(camera: Camera, first_us: int) -> Iterator[Frame]:
    """Every frame that is due at the camera's active rate, at the times it had when it was seen."""
    begun_us: int | None = None
    taken_us = -1_000_000_000

    def wanted(at_us: int) -> bool:
        return at_us - taken_us >= 0.9e6 / camera.fps

    with closing(open_source(camera)) as source:
        while (frame := source.read(wanted)) is not None:
            taken_us = frame.at_us
            begun_us = frame.at_us if begun_us is None else begun_us
            yield Frame(first_us + frame.at_us - begun_us, frame.image)


def _narrow(frame: Frame) -> Frame:
    rows, columns = frame.image.shape[:2]
    wide = min(_WIDEST, columns) // 2 * 2
    size = (wide, max(2, round(rows * wide / columns) // 2 * 2))
    resized = cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)
    return Frame(frame.at_us, resized.astype("uint8", copy=False))


def _writer(out: Path, fps: float, width: int, height: int) -> cv2.VideoWriter:
    out.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
    if not writer.isOpened():
        raise ProblemError("replay-out-refused", path=str(out), reason="no film can be written there")
    return writer


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
