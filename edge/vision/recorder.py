# SPDX-License-Identifier: Apache-2.0
"""The last minutes of a camera: small pictures in segments of ten seconds, each with where people and vehicles were.

Pictures are JPEG and stay on the device; who asks for some gets them from the darkroom, which blurs by those boxes. A
segment is a row of entries (capture time, length of the boxes, length of the picture, boxes as JSON, picture), so that
one a power cut has broken off loses its last entry alone.
"""

import json
import struct
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from edge.config.models import Recording
from edge.core.geometry import Box
from edge.core.tracks import VEHICLES, Kind, Track
from edge.vision.jpeg import packed
from edge.vision.source import Frame, Image

FOLDER = "recording"
_ENDING = ".seg"
_HEAD = struct.Struct(">QII")
_SEGMENT_S = 10
_PARTS = 8
"""No segment is longer than this part of all there may be, since only whole ones leave."""
_EARLY = 0.9
_MB = 1_000_000
_MOST_BYTES = 64 * _MB
"""A longer entry is a damaged head."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of a recording, still packed, and what was known to be in it."""

    at_us: int
    jpeg: bytes
    seen: tuple[tuple[Kind, Box], ...]


class Recorder:
    """Writes one camera's recording and keeps it within its limits; the oldest segment goes first."""

    def __init__(self, folder: Path, settings: Recording) -> None:
        self._folder, self._settings = folder, settings
        self._taken_us = 0
        self._file: BinaryIO | None = None
        self._begun_us = 0
        self._left_bytes = 0
        """What the segment may still take."""

    def take(self, frame: Frame, tracks: Sequence[Track]) -> None:
        """Record a frame if it is time. A disk that takes none is told by the ring of evidence."""
        if 0 <= frame.at_us - self._taken_us < _EARLY * 1e6 / self._settings.fps:
            return
        self._taken_us = frame.at_us
        rows, columns = frame.image.shape[:2]
        width = min(columns, self._settings.width)
        size = (width, max(1, round(rows * width / columns)))
        small = cv2.resize(frame.image, size, interpolation=cv2.INTER_LINEAR)
        jpeg = packed(np.asarray(small, np.uint8), self._settings.jpeg_quality)
        boxes = [(one.kind.value, one.box.left, one.box.top, one.box.right, one.box.bottom) for one in tracks]
        try:
            self._append(frame.at_us, json.dumps(boxes).encode(), jpeg)
        except OSError:
            self.close()

    def forget(self, at_us: int) -> None:
        """Let go of what may not be kept any longer, also while a camera stays away and begins no new segment."""
        for segment in _segments(self._folder):
            if self._old(segment, at_us):
                if self._begun_us == int(segment.stem):
                    self.close()
                segment.unlink(missing_ok=True)

    def close(self) -> None:
        """End the segment."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, at_us: int, boxes: bytes, jpeg: bytes) -> None:
        entry = _HEAD.pack(at_us, len(boxes), len(jpeg)) + boxes + jpeg
        in_time = 0 <= at_us - self._begun_us < _SEGMENT_S * 1e6
        if self._file is None or not in_time or len(entry) > self._left_bytes:
            self.close()
            self._folder.mkdir(parents=True, exist_ok=True)
            self._make_room(at_us)
            self._begun_us = at_us
            self._file = (self._folder / f"{at_us:020}{_ENDING}").open("ab", buffering=0)
        written = self._file.write(entry)
        self._left_bytes -= written
        if written < len(entry):
            # A full disk takes a part and says nothing. What came after it in this segment could not be read.
            self.close()

    def _make_room(self, at_us: int) -> None:
        """Before a segment begins: what it may take is kept free for it."""
        segments = _segments(self._folder)
        sizes = {segment: segment.stat().st_size for segment in segments}
        limit = self._settings.ring_mb * _MB
        self._left_bytes = limit // _PARTS
        room = limit - self._left_bytes
        for segment in segments:
            if self._old(segment, at_us) or sum(sizes.values()) > room:
                segment.unlink(missing_ok=True)
                del sizes[segment]

    def _old(self, segment: Path, at_us: int) -> bool:
        return at_us - int(segment.stem) > self._settings.minutes * 60e6


def shots(folder: Path, from_us: int, to_us: int) -> Iterator[Shot]:
    """What was recorded between two instants of the worker's clock, in order."""
    segments = _segments(folder)
    ends = [*(int(later.stem) for _, later in pairwise(segments)), 1 << 63]
    for segment, end_us in zip(segments, ends, strict=False):
        if end_us < from_us or int(segment.stem) > to_us:
            continue
        for shot in _entries(segment):
            if from_us <= shot.at_us <= to_us:
                yield shot


def newest(folder: Path) -> Shot | None:
    """The last picture that was recorded."""
    for segment in reversed(_segments(folder)):
        recorded = deque(_entries(segment), maxlen=1)
        if recorded:
            return recorded.pop()
    return None


def _segments(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_ENDING}")) if folder.is_dir() else []


def _entries(segment: Path) -> Iterator[Shot]:
    try:
        with segment.open("rb") as file:
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                at_us, boxes_bytes, jpeg_bytes = _HEAD.unpack(head)
                if boxes_bytes + jpeg_bytes > _MOST_BYTES:
                    return
                boxes, jpeg = file.read(boxes_bytes), file.read(jpeg_bytes)
                if len(jpeg) < jpeg_bytes:
                    return
                yield Shot(at_us, jpeg, _seen(boxes))
    except (FileNotFoundError, ValueError, TypeError):
        return  # it has just left the ring, or what follows is what a power cut made of it


def _seen(boxes: bytes) -> tuple[tuple[Kind, Box], ...]:
    return tuple((Kind(kind), Box(*sides)) for kind, *sides in json.loads(boxes))


def blurred(image: Image, shot: Shot, *, plates: bool) -> None:
    """Make faces, and `plates` too if asked, unrecognisable in place: parts of the boxes that the shot knows of."""
    rows, columns = image.shape[:2]
    for kind, box in shot.seen:
        hidden = hidden_part(kind, box, plates=plates)
        if hidden is None:
            continue
        left, right = max(0, int(hidden.left * columns)), min(columns, int(hidden.right * columns) + 1)
        top, bottom = max(0, int(hidden.top * rows)), min(rows, int(hidden.bottom * rows) + 1)
        if right > left and bottom > top:
            part = image[top:bottom, left:right]
            coarse = cv2.resize(
                part, (max(1, (right - left) // 24), max(1, (bottom - top) // 24)), interpolation=cv2.INTER_AREA
            )
            image[top:bottom, left:right] = cv2.resize(
                coarse, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR
            )


def hidden_part(kind: Kind, box: Box, *, plates: bool) -> Box | None:
    """Heads are in the upper part of people and riders, with a margin for a loose box; plates in the lower of cars."""
    across, down = 0.15 * box.width, 0.1 * box.height
    if kind in (Kind.PERSON, Kind.TWO_WHEELER, Kind.OTHER):
        share = 0.4 if kind is Kind.PERSON else 0.6
        return Box(box.left - across, box.top - down, box.right + across, box.top + share * box.height)
    if plates and kind in VEHICLES:
        return Box(box.left, box.top + 0.4 * box.height, box.right, box.bottom + down)
    return None
