# SPDX-License-Identifier: Apache-2.0
"""Draws a replay: `python -m edge.vision.show SCRIPT` reads the recording once more and writes it with what was seen.

The script is a file of JSON lines: `Showing` first, then sightings and decisions in the order of their times. A process
of its own, since the agent loads no native code.
"""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import Final

import cv2

from edge.config.models import Camera
from edge.contract.problems import ProblemError
from edge.core.tracks import Sighting
from edge.vision.drawing import Drawing, Painter, Saying
from edge.vision.rhythm import Rhythm
from edge.vision.script import SCRIPT_LINE, Decided, Entry, Showing, Shown
from edge.vision.source import Frame
from edge.vision.sources.open import open_source

SHOWN_S: Final = 4.0
"""How long a decision stays on the film."""
_STALE_S: Final = 1.5
"""A sighting older than this says nothing of the picture."""
_WIDE, _HIGH = 1280, 720
_ENLARGED: Final = 4.0
_TIMED: Final = 6
"""By so many pictures it is told how many come in a second."""
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
    story, painter = _Story(entries), Painter(showing.outlines, showing.language)
    film: cv2.VideoWriter | None = None
    frames = _frames(camera, showing.first_us)
    first = list(islice(frames, _TIMED))
    fps = _rate(first, camera.fps)
    for frame in chain(first, frames):
        picture = painter.draw(_fitted(frame), story.at(frame.at_us, round(SHOWN_S * fps)))
        film = film or _writer(Path(showing.out), fps, picture.shape[1], picture.shape[0])
        film.write(picture)
    if film is None:
        raise ProblemError("video-unreadable", path=camera.source, reason="it holds no frame that can be decoded")
    film.release()


def _rate(first: Sequence[Frame], most: float) -> float:
    """Pictures a second: a film lasts as long as the recording, unless its pictures are more than a second apart."""
    spent_s = (first[-1].at_us - first[0].at_us) / 1e6 if first else 0.0
    fps = (len(first) - 1) / spent_s if spent_s > 0 else most
    return min(fps, most) if fps >= 1 else most


class _Story:
    """What was seen and said up to an instant."""

    def __init__(self, entries: Iterator[Entry]) -> None:
        self._entries = entries
        self._next: Entry | None = next(entries, None)
        self._sighting: Sighting | None = None
        self._spaces: dict[str, float] = {}
        self._decided: deque[tuple[Decided, int]] = deque()
        self._picture = 0

    def at(self, at_us: int, shown: int) -> Drawing:
        """Take in all entries up to now; a decision stays for `shown` pictures, however far these are apart."""
        self._picture += 1
        while self._next is not None and _when(self._next) <= at_us:
            match self._next:
                case Shown(sighting=sighting):
                    self._sighting = sighting
                    self._spaces.update((space.name, space.occupied) for space in sighting.spaces)
                case Decided():
                    self._decided.append((self._next, self._picture + shown))
            self._next = next(self._entries, None)
        while self._decided and self._decided[0][1] <= self._picture:
            self._decided.popleft()
        fresh = self._sighting is not None and self._sighting.at_us >= at_us - _STALE_S * 1e6
        decided = [Saying(one.text, one.where) for one, _ in self._decided]
        return Drawing(self._sighting if fresh else None, dict(self._spaces), decided)


def _when(entry: Entry) -> int:
    return entry.sighting.at_us if isinstance(entry, Shown) else entry.at_us


def _frames(camera: Camera, first_us: int) -> Iterator[Frame]:
    """Every frame that is due at the camera's active rate, at the times it had when it was seen."""
    begun_us: int | None = None
    rhythm = Rhythm()
    with closing(open_source(camera)) as source:
        while (frame := source.read(lambda at_us: rhythm.wants(at_us, camera.fps))) is not None:
            begun_us = frame.at_us if begun_us is None else begun_us
            yield Frame(first_us + frame.at_us - begun_us, frame.image)


def _fitted(frame: Frame) -> Frame:
    """As large as a film is: small pictures are enlarged, or there would be no room for words on them."""
    rows, columns = frame.image.shape[:2]
    scale = min(_WIDE / columns, _HIGH / rows, _ENLARGED)
    size = (max(2, round(columns * scale) // 2 * 2), max(2, round(rows * scale) // 2 * 2))
    resized = cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return Frame(frame.at_us, resized.astype("uint8", copy=False))


def _writer(out: Path, fps: float, width: int, height: int) -> cv2.VideoWriter:
    out.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
    if not writer.isOpened():
        raise ProblemError("replay-out-refused", path=str(out), reason="no film can be written there")
    return writer


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
