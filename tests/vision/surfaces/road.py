# SPDX-License-Identifier: Apache-2.0
"""A road of asphalt before an attendant, looked at once a second, with whatever is done to its light and to itself."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.config.models import Evidence
from edge.core.errands import WatchSurface
from edge.core.geometry import Box
from edge.core.tracks import Kind, PictureRef, Sighting, SurfaceChange, Track
from edge.vision.evidence import Photographer, PictureRing
from edge.vision.source import Frame
from edge.vision.surfaces.attendant import SurfaceAttendant
from tests.vision.scene import START_US

ROWS, COLUMNS = 90, 160
OUTLINE = ((0.0, 0.3), (1.0, 0.3), (1.0, 1.0), (0.0, 1.0))
PLACE = Box(0.45, 0.60, 0.57, 0.70)
CAR = Box(0.40, 0.50, 0.62, 0.75)
SAND, OIL = (120, 165, 195), (34, 33, 33)
Floats = NDArray[np.float32]
Light = Callable[[float], Floats | float]


def spot(box: Box, soft: int = 3) -> Floats:
    """1 within an ellipse in a box, 0 outside, with a soft edge."""
    mask = np.zeros((ROWS, COLUMNS), np.float32)
    middle = (round(box.centre.x * COLUMNS), round(box.centre.y * ROWS))
    half = (round(box.width * COLUMNS / 2), round(box.height * ROWS / 2))
    cv2.ellipse(mask, middle, half, 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.blur(mask, (soft, soft)), np.float32)[..., None]


class Road:
    """One attendant, a clock, and what it has told."""

    def __init__(self, folder: Path, level: float = 105.0) -> None:
        self._folder = folder
        self.starts()
        self._chance = np.random.default_rng(3)
        grain = cv2.blur(self._chance.normal(0, 14, (ROWS, COLUMNS, 1)).astype(np.float32), (3, 3))
        self._asphalt = (level + np.asarray(grain)[..., None]) * np.array((1.0, 0.985, 0.97), np.float32)
        self._noise = self._chance.normal(0, 2.0, (11, ROWS, COLUMNS, 3)).astype(np.float32)
        self.at_s = 0.0
        self.looked: list[str] = []
        self.lying: list[tuple[Floats, tuple[int, int, int]]] = []
        self.light: Light = lambda _: 1.0
        self.tracks: dict[int, Track] = {}
        self.told: tuple[SurfaceChange, ...] = ()
        self.ever: set[int] = set()
        self.scene: PictureRef | None = None

    def starts(self) -> None:
        """The worker begins, or begins again, with what it finds on disk."""
        settings = Evidence(every_s=1.0, ring_mb=16, jpeg_quality=80, width=1920)
        photographer = Photographer(PictureRing(self._folder, 16_000_000), settings)
        self.attendant = SurfaceAttendant(WatchSurface("cam-1", "road", OUTLINE), photographer, self._folder)

    def passes(self, seconds: int) -> None:
        """Time goes on, with a look each second."""
        for _ in range(seconds):
            self.at_s += 1.0
            picture = self._asphalt.copy()
            for mask, colour in self.lying:
                picture = picture * (1 - mask) + np.array(colour, np.float32) * mask
            picture = picture * self.light(self.at_s)
            for track in self.tracks.values():
                box = track.box
                rows = slice(round(box.top * ROWS), round(box.bottom * ROWS))
                picture[rows, round(box.left * COLUMNS) : round(box.right * COLUMNS)] = (60, 40, 170)
            picture = picture + self._noise[round(self.at_s * 7) % len(self._noise)]
            frame = Frame(START_US + round(self.at_s * 1e6), np.clip(picture, 0, 255).astype(np.uint8))
            seen = self.attendant.attend(frame, Sighting("cam-1", frame.at_us, tuple(self.tracks.values())))
            self.looked = [look.name for look in seen.surfaces]
            self.told, self.scene = seen.changes, seen.scene
            self.ever |= {change.since_us for change in seen.changes}

    def drives(self, number: int = 1, *, stands: bool = False, box: Box = CAR) -> None:
        """A car is there from now on; one that stands was seen to drive up."""
        now_us = START_US + round(self.at_s * 1e6)
        self.tracks[number] = Track(
            number, Kind.CAR, 0.9, box, now_us - 5_000_000, now_us, True, True, now_us if stands else None
        )

    def seems_a_car(self, number: int, score: float) -> None:
        """A detector takes what lies in the place for a car from now on."""
        now_us = START_US + round(self.at_s * 1e6)
        self.tracks[number] = Track(number, Kind.CAR, score, PLACE, now_us, now_us, True, True, now_us)

    def car_passes(self, number: int = 1) -> None:
        """A car is over the place for two looks."""
        self.drives(number)
        self.passes(2)
        self.tracks.clear()
