# SPDX-License-Identifier: Apache-2.0
"""Reads the plates of vehicles where a role has asked for them, and lets the looks at each vehicle agree."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from edge.config.models import Camera
from edge.core.errands import ReadPlates
from edge.core.geometry import Box, Polygon
from edge.core.tracks import VEHICLES, PictureRef, PlateRead, Sighting, Track
from edge.vision.evidence import Photographer
from edge.vision.plates.build import build_finder, build_reader
from edge.vision.plates.cutout import PlateFound, colour_of, sharpness, straightened
from edge.vision.plates.owner import owner
from edge.vision.plates.reading import ENOUGH, Reading
from edge.vision.plates.stack import Stack
from edge.vision.plates.vote import CERTAIN, Ballot, Verdict, weight
from edge.vision.source import Frame

BUDGET_S: Final = 0.15
"""What plates may cost a frame; vehicles that had no turn come first the next time. One look may go beyond it."""
LEAST_VEHICLE_PX: Final = 110
"""Width of a standing vehicle below which its plate has too few pixels; it is a quarter as wide or less."""
LEAST_MOVING_PX: Final = 200
LEAST_PLATE_PX: Final = 44
LOOK_S: Final = 0.4
"""Between two looks at a vehicle whose plate is not certain."""
STANDING_LOOK_S: Final = 1.5
"""The same once it has stood through many looks: a picture that does not change says nothing new."""
MANY_LOOKS: Final = 12
AGAIN_S: Final = 45.0
"""Between two looks at a plate that is certain."""
MARGIN: Final = 0.06
"""Part of a vehicle's box that is looked at around it."""
BETTER: Final = 1.25
"""A new close-up is kept when its look counts this much more than that of the last."""


@dataclass(slots=True)
class _Vehicle:
    """What is known of one track's plate."""

    ballot: Ballot = field(default_factory=Ballot)
    due_us: int = 0
    tries: int = 0
    closeup: PictureRef | None = None
    closeup_weighs: float = 0.0
    stack: Stack = field(default_factory=Stack)


class PlateAttendant:
    """One camera's plates. Raises `ProblemError` if a finder or reader that is named is not on this device."""

    def __init__(self, errand: ReadPlates, camera: Camera, models: Sequence[Path], photographer: Photographer) -> None:
        self._areas = tuple(Polygon.of(area) for area in errand.areas)
        self._least_sure = camera.plates.min_confidence
        self._finder = build_finder(camera.plates, models)
        self._reader = build_reader(camera.plates.reader, models)
        self._photographer = photographer
        self._vehicles: dict[int, _Vehicle] = {}

    def due(self, at_us: int) -> bool:  # noqa: ARG002 - the shape of an attendant
        """Never on its own account: plates are read of vehicles that are followed anyway."""
        return False

    def attend(self, frame: Frame, sighting: Sighting) -> Sighting:
        """The sighting with the plates that are sure enough."""
        alive = {track.id for track in sighting.tracks}
        self._vehicles = {number: known for number, known in self._vehicles.items() if number in alive}
        until = time.perf_counter() + BUDGET_S
        for track in sorted(self._wanted(frame, sighting), key=lambda one: self._vehicles[one.id].due_us):
            self._look(frame, track, sighting.tracks)
            if time.perf_counter() > until:
                break
        return replace(sighting, tracks=tuple(self._with_plate(track) for track in sighting.tracks))

    def _wanted(self, frame: Frame, sighting: Sighting) -> Iterator[Track]:
        """Vehicles in the areas, near enough, whose turn it is."""
        width = frame.image.shape[1]
        for track in sighting.tracks:
            if track.kind not in VEHICLES or not track.seen:
                continue
            if self._areas and not any(area.holds(track.box.foot) for area in self._areas):
                continue
            least = LEAST_MOVING_PX if track.still_since_us is None else LEAST_VEHICLE_PX
            known = self._vehicles.setdefault(track.id, _Vehicle())
            if track.box.width * width >= least and frame.at_us >= known.due_us:
                yield track

    def _look(self, frame: Frame, track: Track, tracks: Sequence[Track]) -> None:
        known = self._vehicles[track.id]
        known.tries += 1
        for found in self._found(frame, track):
            where = _box_of(found, frame)
            if found.width_px < LEAST_PLATE_PX or owner(where, tracks) is not track:
                continue
            plate = straightened(frame.image, found)
            reading = self._reader.read(plate)
            self._lay(frame, track, found, reading)
            if reading is None or self._is_anothers(reading.text, track):
                continue
            weighs = weight(found.height_px, sharpness(plate))
            known.ballot.add(reading, colour_of(plate), weighs)
            if weighs > BETTER * known.closeup_weighs:
                known.closeup = self._photographer.cut_out(frame, where) or known.closeup
                known.closeup_weighs = weighs
            break
        known.due_us = frame.at_us + round(self._wait_s(known, track) * 1e6)

    def _lay(self, frame: Frame, track: Track, found: PlateFound, reading: Reading | None) -> None:
        """Lay the looks at a standing vehicle upon each other, and read them together where one look does not do."""
        known = self._vehicles[track.id]
        if track.still_since_us is None:
            known.stack = Stack()
        known.stack.add(frame.image, found)
        if reading is not None and reading.sure >= ENOUGH and known.ballot.agrees(reading.text):
            return
        together = known.stack.picture
        average = self._reader.read_closely(together, known.ballot.texts) if together is not None else None
        if average is not None and not self._is_anothers(average.text, track):
            known.ballot.add_average(average)

    def _found(self, frame: Frame, track: Track) -> list[PlateFound]:
        """Places like plates in and just around the vehicle's box, in pixels of the frame."""
        rows, columns = frame.image.shape[:2]
        box = track.box
        across, down = box.width * MARGIN, box.height * MARGIN
        left, top = max(0, int((box.left - across) * columns)), max(0, int((box.top - down) * rows))
        right, bottom = int((box.right + across) * columns) + 1, int((box.bottom + down) * rows) + 1
        part = frame.image[top:bottom, left:right]
        if min(part.shape[:2]) < LEAST_PLATE_PX:
            return []
        corner = np.array([left, top], np.float32)
        return [replace(one, corners=one.corners + corner) for one in self._finder.find(part)]

    def _is_anothers(self, text: str, track: Track) -> bool:
        """Whether a vehicle that is still there is known by this plate: there are no two of it."""
        for number, known in self._vehicles.items():
            verdict = known.ballot.verdict() if number != track.id else None
            if verdict is not None and verdict.text == text and verdict.sure >= self._least_sure:
                own = self._verdict(track)
                return own is None or own.text != text or own.sure < verdict.sure
        return False

    def _wait_s(self, known: _Vehicle, track: Track) -> float:
        verdict = known.ballot.verdict()
        if verdict is not None and verdict.sure >= CERTAIN:
            return AGAIN_S
        return STANDING_LOOK_S if track.still_since_us is not None and known.tries > MANY_LOOKS else LOOK_S

    def _verdict(self, track: Track) -> Verdict | None:
        known = self._vehicles.get(track.id)
        return known.ballot.verdict() if known is not None else None

    def _with_plate(self, track: Track) -> Track:
        verdict = self._verdict(track)
        if verdict is None or verdict.sure < self._least_sure:
            return track
        known = self._vehicles[track.id]
        plate = PlateRead(verdict.text, round(verdict.sure, 4), known.ballot.colour, verdict.looks, known.closeup)
        return replace(track, plate=plate)


def _box_of(found: PlateFound, frame: Frame) -> Box:
    """The upright rectangle around a plate, as fractions of the picture."""
    rows, columns = frame.image.shape[:2]
    (left, top), (right, bottom) = found.corners.min(axis=0).tolist(), found.corners.max(axis=0).tolist()
    return Box(left / columns, top / rows, right / columns, bottom / rows)
