# SPDX-License-Identifier: Apache-2.0
"""The ring of pictures that a camera keeps in case a role wants one, and which of them go with a sighting.

A picture is a file `{sha256}.jpg`. Who wants it for good makes a hard link; the ring never asks who has.
"""

import hashlib
import math
import os
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from edge.config.models import Evidence
from edge.contract.evidence_rules import LEAST_HEIGHT, LEAST_WIDTH
from edge.contract.problems import ProblemError
from edge.core.geometry import Box
from edge.core.tracks import VEHICLES, PictureRef, Track
from edge.vision.jpeg import packed
from edge.vision.source import Frame, Image

_MARGIN = 0.15
"""Of a vehicle's size, kept around its close-up: a plate often sticks out of the detector's box."""
_MB = 1_000_000
SPARE_BYTES = 24 * _MB
"""Left free on the disk by the ring: it is the first to give way, before the outbox must give up a row."""
FEWEST = 4
"""Pictures the ring keeps however full the disk is."""


class PictureRing:
    """A folder of pictures under a limit of bytes; the oldest go first. A restart changes nothing of what it holds."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder, self._limit_bytes = folder, limit_bytes
        self._sizes: OrderedDict[str, int] = OrderedDict()
        if folder.is_dir():
            self._index()
        self._total = sum(self._sizes.values())

    @property
    def total_bytes(self) -> int:
        """Bytes of all pictures in the ring."""
        return self._total

    def keep(self, jpeg: bytes, taken_us: int) -> PictureRef:
        """Store a picture, and let the oldest go. Raises `ProblemError` evidence-unwritable."""
        sha256 = hashlib.sha256(jpeg).hexdigest()
        self._make_room(len(jpeg))
        try:
            self._write(self._path(sha256), jpeg)
        except OSError as failed:
            raise ProblemError("evidence-unwritable", folder=str(self._folder), reason=str(failed)) from failed
        self._total += len(jpeg) - self._sizes.pop(sha256, 0)
        self._sizes[sha256] = len(jpeg)
        return PictureRef(sha256, len(jpeg), "image/jpeg", taken_us)

    def _write(self, path: Path, jpeg: bytes) -> None:
        # Not fsynced: whoever keeps a picture does that, and of a hundred in the ring one is kept.
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp")
        try:
            unfinished.write_bytes(jpeg)
            unfinished.replace(path)
        except OSError:
            # A full disk must not be filled further with halves that nobody counts.
            unfinished.unlink(missing_ok=True)
            raise

    def _make_room(self, wanted: int) -> None:
        while self._sizes and (self._total + wanted > self._limit_bytes or self._crowded(wanted)):
            sha256, size = self._sizes.popitem(last=False)
            self._path(sha256).unlink(missing_ok=True)
            self._total -= size

    def _crowded(self, wanted: int) -> bool:
        """Whether the disk has too little left for others, and this ring something to give."""
        if len(self._sizes) <= FEWEST:
            return False
        try:
            disk = os.statvfs(self._folder)
        except OSError:
            return False
        return disk.f_bavail * disk.f_frsize < SPARE_BYTES + wanted

    def _index(self) -> None:
        """Take up what is there, oldest first; what a power cut left half written is removed."""
        found = []
        for entry in os.scandir(self._folder):
            stat = entry.stat()
            if entry.name.endswith(".jpg") and stat.st_size:
                found.append((stat.st_mtime_ns, Path(entry.path).stem, stat.st_size))
            elif entry.name.endswith((".tmp", ".jpg")):
                Path(entry.path).unlink(missing_ok=True)
        self._sizes.update((sha256, size) for _, sha256, size in sorted(found))

    def _path(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.jpg"


@dataclass(frozen=True, slots=True)
class Pictures:
    """What goes with one sighting: the newest whole scene, and the tracks with their newest close-ups."""

    scene: PictureRef | None
    tracks: tuple[Track, ...]


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture that has been taken and not stored."""

    jpeg: bytes
    taken_us: int
    pixels: tuple[int, int]
    camera_pixels: tuple[int, int]


class Photographer:
    """Takes a whole scene and close-ups of standing vehicles every so often, while any vehicle is there."""

    def __init__(self, ring: PictureRing, settings: Evidence) -> None:
        self._ring, self._settings = ring, settings
        self._scene: PictureRef | None = None
        self._closeups: dict[int, PictureRef] = {}
        self._due_us: int | None = None
        self.problem: ProblemError | None = None
        """Why the last picture could not be stored; vision goes on without."""

    def accompany(self, frame: Frame, tracks: tuple[Track, ...]) -> Pictures:
        """The tracks with their pictures, taken now if it is time. Never fails: see `problem`."""
        vehicles = [track for track in tracks if track.kind in VEHICLES]
        alive = {track.id for track in tracks}
        self._closeups = {number: picture for number, picture in self._closeups.items() if number in alive}
        if not vehicles:
            # The next vehicle is photographed at once, and never with a scene from before it came.
            self._due_us = self._scene = None
        elif self._due_us is None or frame.at_us >= self._due_us:
            self._due_us = frame.at_us + round(self._settings.every_s * 1e6)
            self._take(frame, vehicles)
        return Pictures(self._scene, tuple(replace(one, closeup=self._closeups.get(one.id)) for one in tracks))

    def cut_out(self, frame: Frame, box: Box) -> PictureRef | None:
        """A part of a frame with a margin around it, at the camera's own resolution; None if it cannot be stored."""
        try:
            return self._keep(_cut_out(frame.image, box), frame)
        except ProblemError as failed:
            self.problem = failed
            return None

    def shot(self, frame: Frame) -> Shot:
        """A whole scene that may be stored later, when it is known to be worth it."""
        image = _narrowed(frame.image, self._settings.width)
        return Shot(packed(image, self._settings.jpeg_quality), frame.at_us, _pixels(image), _pixels(frame.image))

    def store(self, shot: Shot) -> PictureRef | None:
        """The scene in the ring from now on; None if it cannot be stored."""
        try:
            kept = self._ring.keep(shot.jpeg, shot.taken_us)
        except ProblemError as failed:
            self.problem = failed
            return None
        return replace(kept, pixels=shot.pixels, camera_pixels=shot.camera_pixels)

    def _take(self, frame: Frame, vehicles: list[Track]) -> None:
        try:
            self._scene = self._keep(_narrowed(frame.image, self._settings.width), frame)
            for track in vehicles:
                if track.seen and track.still_since_us is not None:
                    self._closeups[track.id] = self._keep(_cut_out(frame.image, track.box), frame)
            self.problem = None
        except ProblemError as failed:
            self.problem = failed

    def _keep(self, image: Image, frame: Frame) -> PictureRef:
        kept = self._ring.keep(packed(image, self._settings.jpeg_quality), frame.at_us)
        return replace(kept, pixels=_pixels(image), camera_pixels=_pixels(frame.image))


def ring_bytes(settings: Evidence) -> int:
    """The ring's limit in bytes."""
    return settings.ring_mb * _MB


def _pixels(image: Image) -> tuple[int, int]:
    """Width and height."""
    return image.shape[1], image.shape[0]


def _narrowed(image: Image, width: int) -> Image:
    """Scaled down to `width`, but not below what evidence must have where the camera gives more."""
    rows, columns = image.shape[:2]
    least = max(LEAST_WIDTH, math.ceil(LEAST_HEIGHT * columns / rows))
    width = max(width, min(columns, least))
    if columns <= width:
        return image
    size = (width, max(1, round(rows * width / columns)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cut_out(image: Image, box: Box) -> Image:
    rows, columns = image.shape[:2]
    across, down = box.width * _MARGIN, box.height * _MARGIN
    left = min(columns - 1, max(0, round((box.left - across) * columns)))
    top = min(rows - 1, max(0, round((box.top - down) * rows)))
    right = max(left + 1, min(columns, round((box.right + across) * columns)))
    bottom = max(top + 1, min(rows, round((box.bottom + down) * rows)))
    return image[top:bottom, left:right]
