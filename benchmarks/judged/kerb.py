# SPDX-License-Identifier: Apache-2.0
"""Films of vehicles that stop at a kerb, made of real pixels, so that the plate of each is known.

The street is a frame of the empty lot, the vehicles are cut out of street pictures. Where the finder sees a vehicle's
own plate a real crop is laid, its edges along the old ones. Each film has one light and one vehicle that drives in from
the left, stands, and stays; the camera trembles, and its pictures are noisy and coded.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.eyes import picture
from benchmarks.judged.detector import boxes
from benchmarks.judged.films import PLACE, Film
from benchmarks.judged.left_out import LeftOut
from edge.core.geometry import Box
from edge.roles.illegal_parking.config import Settings
from edge.vision.plates.cutout import Corners, PlateFinder, PlateFound
from edge.vision.source import Image
from edge.vision.sources.dated import ENDINGS

FRAME: Final = (960, 540)
ZONE: Final = ((0.3, 0.15), (0.99, 0.15), (0.99, 0.99), (0.3, 0.99))
MIDDLE: Final = 0.7
"""Where a vehicle stands, as a part of the picture's width."""
WIDEST, HIGHEST = 0.5, 0.8
"""Parts of the picture that a vehicle fills at most."""
PLATE_PX: Final = (56, 72, 88, 104)
"""Widths of the plates that are laid on."""
LIGHTS: Final = (1.0, 0.55, 0.28)
"""Parts of the day's light: by day, at dusk, under a lamp."""
FILMS: Final = 60
LIMIT_S, WAIT_S = 20.0, 15.0
STANDS_FROM_S, UNTIL_S = 8, 48
STEP_PX, SOFT = 100, 6
"""By how much a second it is seen coming; pixels over which its cut-out fades into the street."""
START_US: Final = 1_700_000_000_000_000
CARS, LEAST_CAR_PX = frozenset({"car", "van"}), 150
"""Classes of the labels that are cars and vans, and the least width of one that is cut out."""
CAR_SHAPE: Final = (0.9, 1.5)
"""Width to height of a car from in front or from behind."""
PLATE_SHARE: Final = (0.12, 0.4)
"""Width of a plate to that of its car, seen so."""
SURE_FOUND: Final = 0.7
WITHIN: Final = ((0.08, 0.92), (0.4, 0.92))
"""Where its whole plate lies in a car's cut-out, across and down."""
ENLARGED: Final = 480
"""Pixels across to which a car is brought before its plate is looked for."""
VEHICLES_KEPT: Final = 24
SEED: Final = 11


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A car's pixels and the corners of its plate in them."""

    pixels: Image
    plate: Corners


@dataclass(frozen=True, slots=True)
class Parked:
    """A vehicle that stops at the kerb, and what stands on its plate."""

    text: str
    plate_px: int
    light: float
    pixels: Image
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class Kerb:
    """A film and who stands in it."""

    film: Film
    parked: Parked


def kerbs(data: Path, finder: PlateFinder) -> list[Kerb]:
    """The films that can be made of these pictures; none where there are no vehicles, crops or empty streets."""
    streets = sorted(
        file for file in (data / "parking" / "empty_sunday").glob("**/*") if file.suffix.lower() in ENDINGS
    )
    crops = sorted(file for file in (data / "plates" / "crops").glob("*") if file.suffix.lower() in ENDINGS)
    vehicles = list(_vehicles(data / "street", finder))
    if not (streets and crops and vehicles):
        return []
    chance = random.Random(SEED)
    made = []
    for number, file in enumerate(chance.sample(crops, min(FILMS, len(crops)))):
        light = LIGHTS[number % len(LIGHTS)]
        street = picture(streets[len(streets) * (1 + number % 5) // 7])
        parked = _parked(file, PLATE_PX[number // len(LIGHTS) % len(PLATE_PX)], chance.choice(vehicles), light, chance)
        if street is not None and parked is not None:
            made.append(Kerb(Film(f"kerb-{number}", _settings(), _Frames(street, parked, number), None), parked))
    return made


def _settings() -> Settings:
    zone = {"name": "kerb", "camera": "camera", "polygon": ZONE, "limit_s": LIMIT_S, "grace_s": 5.0}
    return Settings.model_validate({"place": PLACE, "zones": [{**zone, "plate_wait_s": WAIT_S}]})


def _vehicles(street: Path, finder: PlateFinder) -> Iterator[Vehicle]:
    """Cars that are wholly in their picture and on which the finder sees a plate of a plausible size."""
    kept = 0
    for _, file, cars in boxes(street, CARS, LeftOut()):
        image: Image | None = None
        for box in cars:
            if kept == VEHICLES_KEPT:
                return
            image = picture(file) if image is None else image
            car = None if image is None else _cut_out(image, box)
            found = [] if car is None else [one for one in finder.find(car) if _fits(one, car)]
            if car is not None and found:
                kept += 1
                yield Vehicle(car, found[0].corners)


def _cut_out(image: Image, box: Box) -> Image | None:
    rows, columns = image.shape[:2]
    inside = min(box.left, box.top, 1 - box.right, 1 - box.bottom) > 0
    across, down = box.width * columns, box.height * rows
    if not inside or across < LEAST_CAR_PX or not CAR_SHAPE[0] < across / down < CAR_SHAPE[1]:
        return None
    left, top = round(box.left * columns), round(box.top * rows)
    car = image[top : top + round(down), left : left + round(across)]
    size = (ENLARGED, round(ENLARGED * down / across))
    return np.asarray(cv2.resize(car, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _fits(found: PlateFound, car: Image) -> bool:
    parts = found.corners / (car.shape[1], car.shape[0])
    inside = all(least < part < most for corner in parts for part, (least, most) in zip(corner, WITHIN, strict=True))
    share = found.width_px / car.shape[1]
    return inside and not found.two_lines and found.score > SURE_FOUND and PLATE_SHARE[0] < share < PLATE_SHARE[1]


def _parked(file: Path, plate_px: int, vehicle: Vehicle, light: float, chance: random.Random) -> Parked | None:
    """The vehicle with this crop for a plate, scaled so that the plate is so wide, if the picture has the room."""
    crop = picture(file)
    if crop is None:
        return None
    pixels, wide = _plated(vehicle, crop)
    scale = min(plate_px / wide, WIDEST * FRAME[0] / pixels.shape[1], HIGHEST * FRAME[1] / pixels.shape[0])
    pixels = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = pixels.shape[:2]
    top = round(chance.uniform(0.92, 0.96) * FRAME[1]) - height
    return Parked(
        file.stem.split("_")[0], round(wide * scale), light, pixels, round(MIDDLE * FRAME[0] - width / 2), top
    )


def _plated(vehicle: Vehicle, crop: Image) -> tuple[Image, float]:
    """The vehicle with the crop where its plate was, a plate's shape given to it; and how wide it is now."""
    upper, lower = vehicle.plate[:2], vehicle.plate[[3, 2]]
    wide = float(np.hypot(*(upper[1] - upper[0])))
    # A foreign plate is of another shape: its edges keep their directions, its height becomes the crop's.
    middle, half = (upper + lower) / 2, (lower - upper) / 2
    half *= wide * crop.shape[0] / crop.shape[1] / (2 * float(np.hypot(*half.mean(axis=0))))
    target = np.concatenate((middle - half, (middle + half)[::-1])).astype(np.float32)
    rows, columns = crop.shape[:2]
    source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    turn = cv2.getPerspectiveTransform(source, target)
    size = (vehicle.pixels.shape[1], vehicle.pixels.shape[0])
    cover = cv2.warpPerspective(np.full((rows, columns), 255, np.uint8), turn, size, flags=cv2.INTER_LINEAR)
    laid = cv2.warpPerspective(crop, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    share = cover.astype(np.float32)[..., None] / 255
    return np.asarray(vehicle.pixels * (1 - share) + laid * share, np.uint8), wide


class _Frames:
    """The frames of a film, made anew each time they are asked for."""

    def __init__(self, street: Image, parked: Parked, seed: int) -> None:
        self._street = np.asarray(cv2.resize(street, FRAME, interpolation=cv2.INTER_AREA), np.uint8)
        self._parked, self._seed = parked, seed

    def __iter__(self) -> Iterator[tuple[int, Image]]:
        chance = np.random.default_rng(self._seed)
        for second in range(UNTIL_S):
            image = self._street.copy()
            _stand(image, self._parked, max(0, STANDS_FROM_S - second) * STEP_PX)
            yield START_US + second * 1_000_000, _taken(image, self._parked.light, chance)


def _stand(image: Image, one: Parked, away: int) -> None:
    """The vehicle so far to the left of where it will stand; not at all while it is out of sight."""
    height, width = one.pixels.shape[:2]
    left, right = max(0, one.left - away), min(FRAME[0], one.left - away + width)
    if left >= right:
        return
    edge = np.zeros((height, width), np.float32)
    cv2.rectangle(edge, (SOFT, SOFT), (width - SOFT, height - SOFT), 1.0, -1)
    cover = cv2.GaussianBlur(edge, (0, 0), SOFT / 2)[:, left - one.left + away : right - one.left + away, None]
    pixels = one.pixels[:, left - one.left + away : right - one.left + away]
    part = image[one.top : one.top + height, left:right]
    part[:] = (part * (1 - cover) + pixels * cover).astype(np.uint8)


def _taken(image: Image, light: float, chance: np.random.Generator) -> Image:
    """The scene as a camera takes it: it trembles by less than a pixel, the darker the noisier, and is coded."""
    across, down = chance.normal(0, 0.4, 2)
    moved = cv2.warpAffine(
        image, np.array([[1, 0, across], [0, 1, down]], np.float32), FRAME, borderMode=cv2.BORDER_REPLICATE
    )
    grain = chance.normal(0, 2.0 + 4.0 * (1 - light), (*FRAME[::-1], 3))
    seen = np.asarray(np.clip(moved * light + grain, 0, 255), np.uint8)
    coded = cv2.imencode(".jpg", seen, (cv2.IMWRITE_JPEG_QUALITY, 85))[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
