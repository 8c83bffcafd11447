# SPDX-License-Identifier: Apache-2.0

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from edge.config.models import Plates
from edge.core.errands import ReadPlates
from edge.core.geometry import Box
from edge.core.tracks import Kind, PlateRead, Sighting, Track
from edge.vision.evidence import Photographer, PictureRing
from edge.vision.plates.attendant import AGAIN_S, LOOK_S, PlateAttendant
from edge.vision.source import Frame, Image
from tests.vision.plates.scene import drawn, needs_ppocr, on_a_car
from tests.vision.scene import START_US, a_camera

TEXT = "闽A53246"
CAR = Box(0.25, 0.25, 0.75, 0.75)
STREET = on_a_car(drawn(TEXT), 120, (260, 200))
EMPTY_CAR = on_a_car(np.full((140, 440, 3), 42, np.uint8), 120, (260, 200))

pytestmark = needs_ppocr


def attendant(folder: Path, *, areas: tuple[tuple[tuple[float, float], ...], ...] = ()) -> PlateAttendant:
    camera = a_camera(plates=Plates(reader="ppocr"))
    photographer = Photographer(PictureRing(folder, 10**6), camera.evidence)
    return PlateAttendant(ReadPlates("cam-1", areas), camera, (), photographer)


def car(number: int = 1, box: Box = CAR, *, kind: Kind = Kind.CAR, seen: bool = True) -> Track:
    return Track(number, kind, 0.9, box, START_US, START_US, seen=seen, arrived=True, still_since_us=START_US)


def watched(eye: PlateAttendant, pictures: list[Image], *tracks: Track, every_s: float = 0.5) -> list[Sighting]:
    """What is told of each picture, one each `every_s`."""
    told = []
    for number, picture in enumerate(pictures):
        at_us = START_US + round(number * every_s * 1e6)
        told.append(eye.attend(Frame(at_us, picture), Sighting("cam-1", at_us, tracks)))
    return told


def plates(sighting: Sighting) -> list[PlateRead | None]:
    return [track.plate for track in sighting.tracks]


def test_a_standing_cars_plate_is_told(tmp_path: Path) -> None:
    """After a few looks the track carries its plate, how sure it is, its colour and a close-up from the ring."""
    (plate,) = plates(watched(attendant(tmp_path), [STREET] * 3, car())[-1])
    assert plate is not None
    assert (plate.text, plate.colour) == (TEXT, "blue")
    assert plate.sure > 0.9
    assert plate.looks >= 2
    assert plate.closeup is not None
    closeup = cv2.imread(str(tmp_path / f"{plate.closeup.sha256}.jpg"))
    assert closeup is not None
    assert 120 <= closeup.shape[1] < 240


def test_no_plate_is_made_up(tmp_path: Path) -> None:
    """A car without a plate keeps none, however often it is looked at."""
    assert plates(watched(attendant(tmp_path), [EMPTY_CAR] * 3, car())[-1]) == [None]


def test_a_plate_once_read_stays_with_its_track(tmp_path: Path) -> None:
    """While a lorry hides it, and after it, the car is still known by its plate."""
    eye = attendant(tmp_path)
    told = watched(eye, [STREET] * 3 + [EMPTY_CAR] * 2, car())
    assert [one.text for one in plates(told[-1]) if one] == [TEXT]


def test_a_certain_plate_is_read_seldom(tmp_path: Path) -> None:
    """Once certain, looks are as rare as `AGAIN_S` says; before that they follow each other."""
    eye = attendant(tmp_path)
    looks = [plate.looks for one in watched(eye, [STREET] * 8, car(), every_s=LOOK_S) for plate in plates(one) if plate]
    assert looks[-1] < 6
    late_us = START_US + round((8 * LOOK_S + AGAIN_S) * 1e6)
    (plate,) = plates(eye.attend(Frame(late_us, STREET), Sighting("cam-1", late_us, (car(),))))
    assert plate is not None
    assert plate.looks == looks[-1] + 1


def test_only_in_the_areas_that_were_asked_for(tmp_path: Path) -> None:
    """A car whose foot stands beside the areas of the errand is not read."""
    elsewhere = (((0.0, 0.0), (0.2, 0.0), (0.2, 0.2), (0.0, 0.2)),)
    assert plates(watched(attendant(tmp_path, areas=elsewhere), [STREET] * 3, car())[-1]) == [None]


def test_neither_far_cars_nor_persons_are_read(tmp_path: Path) -> None:
    """A car too far away to have a legible plate costs no look, nor does a person."""
    far = car(box=Box(0.4, 0.5, 0.5, 0.65))
    assert plates(watched(attendant(tmp_path), [STREET] * 2, far, car(2, kind=Kind.PERSON))[-1]) == [None, None]


def test_a_parked_plate_is_not_credited_to_a_passing_car(tmp_path: Path) -> None:
    """A car that drives by behind overlaps the parked one's box; the plate is told of the parked car alone."""
    passing = replace(car(2, Box(0.3, 0.2, 0.9, 0.66)), still_since_us=None)
    parked, other = plates(watched(attendant(tmp_path), [STREET] * 3, car(), passing)[-1])
    assert parked is not None
    assert parked.text == TEXT
    assert other is None


def test_one_plate_has_one_car(tmp_path: Path) -> None:
    """The parked car is not seen for a while and a new track covers its plate: the plate stays with the first."""
    eye = attendant(tmp_path)
    watched(eye, [STREET] * 3, car())
    at_us = START_US + 10_000_000
    hidden, newcomer = car(1, Box(0.1, 0.1, 0.3, 0.3), seen=False), car(2)
    told = eye.attend(Frame(at_us, STREET), Sighting("cam-1", at_us, (hidden, newcomer)))
    assert [None if one is None else one.text for one in plates(told)] == [TEXT, None]


def test_it_never_asks_for_a_frame(tmp_path: Path) -> None:
    """Plates are read of what is followed anyway; nobody is woken for them."""
    assert not attendant(tmp_path).due(START_US)
