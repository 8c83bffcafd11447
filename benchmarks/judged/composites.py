# SPDX-License-Identifier: Apache-2.0
"""Films of known truth made of real pixels: cars cut out of a full car park by its masks, pasted on its empty Sunday.

Two films, both with frames lost and with a restart while somebody stands there:
- `sunday`: the whole day, a frame each five minutes; cars that stand for half an hour, one that leaves in time, and
  all that an empty day has to deceive with: dawn, shadows that wander, lamps that light up;
- `noon`: five minutes of it, two frames a second of which every other is lost; cars that drive in, stand and leave, one
  that only stops, one that passes.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.eyes import picture
from benchmarks.judged.films import PLACE, Film, Stood
from benchmarks.tracked.cuts import Cut, lay
from edge.roles.illegal_parking.config import Settings
from edge.vision.source import Image
from edge.vision.sources.dated import dated

LANE: Final = ((0.37, 0.20), (0.56, 0.18), (0.83, 0.62), (0.76, 0.88), (0.58, 0.72))
"""The aisle between the two rows of spaces, fractions of the picture."""
ONE_CAR_PX: Final = (4200, 11_000)
"""Pixels of one car in the masks; smaller ones are far away, larger ones are several."""
CAR_WIDTH_PX: Final = (105, 160)
PARKED: Final = 1
FPS: Final = 2.0
NOON_S: Final = 330.0
DRIVE_S: Final = 6.0
STEP_PX: Final = 60.0
SEED: Final = 5


@dataclass(frozen=True, slots=True)
class Visit:
    """A car that stands at a place in the aisle from one instant to another; it drives in and out if that is seen."""

    cut: Cut
    left: int
    top: int
    from_s: float
    to_s: float
    drives: bool = False

    def at(self, at_s: float) -> tuple[int, int] | None:
        """Left and top in pixels, or None where it is not there."""
        if self.from_s <= at_s <= self.to_s:
            return self.left, self.top
        away_s = self.from_s - at_s if at_s < self.from_s else at_s - self.to_s
        if not self.drives or away_s > DRIVE_S:
            return None
        slide = round(STEP_PX * away_s) * (1 if at_s < self.from_s else -1)
        return self.left + slide, self.top + slide


def composites(parking: Path) -> list[Film]:
    """The films that can be made of this car park."""
    empties = dated(parking / "empty_sunday")
    cars = single_cars(parking)
    if not empties:
        return []
    return [_sunday(empties, cars), *([_noon(empties, cars)] if cars else [])]


def single_cars(parking: Path) -> list[Cut]:
    """Single cars of a fair size, in the order of the frames' names."""
    found = []
    for mask_file in sorted(parking.glob("sequence*/masks/*")):
        mask = cv2.imread(str(mask_file), cv2.IMREAD_GRAYSCALE)
        frames = list((mask_file.parents[1] / "frames").glob(f"{mask_file.stem}.*"))
        frame = cv2.imread(str(frames[0])) if frames else None
        if mask is None or frame is None:
            continue
        _, labels, stats, _ = cv2.connectedComponentsWithStats((mask == PARKED).astype(np.uint8))
        for number, (left, top, width, height, area) in enumerate(stats.tolist()):
            fits = ONE_CAR_PX[0] <= area <= ONE_CAR_PX[1] and CAR_WIDTH_PX[0] <= width <= CAR_WIDTH_PX[1]
            if number and fits:
                part = np.s_[top : top + height, left : left + width]
                whole = np.asarray(labels[part] == number, np.float32)
                cover = np.asarray(cv2.GaussianBlur(whole, (3, 3), 0), np.float32)
                found.append(Cut(np.asarray(frame[part], np.float32), cover, left, top))
    return found


def _sunday(empties: Sequence[tuple[int, Path]], cars: Sequence[Cut]) -> Film:
    """Stays in frames from the day's beginning: a second car behind the first, one for less than the limit."""
    start_us = empties[0][0]

    def at_s(frame: int) -> float:
        return (empties[min(frame, len(empties) - 1)][0] - start_us) / 1e6

    plan = ((0, 20, 27), (1, 22, 30), (2, 45, 46), (3, 60, 69), (0, 90, 99), (1, 110, 116))
    visits = [_visit(cars, car, place, at_s(begin), at_s(end)) for place, (car, begin, end) in enumerate(plan) if cars]
    frames = [one for number, one in enumerate(empties) if number not in {24, 63, 95}]
    truth = _truth(visits, [at_us for at_us, _ in frames], start_us)
    restarts = frozenset({empties[65][0]} if len(empties) > 65 else ())
    return Film("sunday", _settings(900.0, 60.0), _pasted(frames, visits, start_us), truth, restarts)


def _noon(empties: Sequence[tuple[int, Path]], cars: Sequence[Cut]) -> Film:
    chance = random.Random(SEED)
    start_us, file = empties[len(empties) // 2]
    plan = ((0, 20.0, 120.0), (1, 60.0, 75.0), (2, 90.0, 210.0), (3, 150.0, 290.0))
    visits = [_visit(cars, car, place, begin, end, drives=True) for place, (car, begin, end) in enumerate(plan)]
    ticks = (start_us + round(number / FPS * 1e6) for number in range(round(NOON_S * FPS)))
    frames = [(at_us, file) for at_us in ticks if chance.random() < 0.5]
    truth = _truth(visits, [at_us for at_us, _ in frames], start_us)
    middle = next(at_us for at_us, _ in frames if at_us >= start_us + 180_000_000)
    return Film("noon", _settings(60.0, 10.0), _pasted(frames, visits, start_us), truth, frozenset({middle}))


PLACES: Final = ((700, 300), (800, 430), (640, 200), (760, 365), (860, 500), (600, 150))


def _visit(cars: Sequence[Cut], car: int, place: int, begin_s: float, end_s: float, *, drives: bool = False) -> Visit:
    """A car at one of the places of the aisle, one that was cut out nearest to its height: so it has the right size."""
    left, top = PLACES[place % len(PLACES)]
    ranked = sorted(cars, key=lambda one: abs(one.top - top))
    return Visit(ranked[min(car, 1) % len(ranked)], left, top, begin_s, end_s, drives)


def _settings(limit_s: float, grace_s: float) -> Settings:
    zone = {"name": "aisle", "camera": "camera", "polygon": LANE, "limit_s": limit_s, "grace_s": grace_s, "plate": "no"}
    return Settings.model_validate({"place": PLACE, "zones": [zone]})


def _truth(visits: Sequence[Visit], taken: Sequence[int], start_us: int) -> tuple[Stood, ...]:
    """From the first frame that shows a car in its place to the last: more than the frames, nobody can know."""
    told = []
    for visit in visits:
        seen = [at_us for at_us in taken if visit.from_s <= (at_us - start_us) / 1e6 <= visit.to_s]
        told.append(Stood("aisle", seen[0], seen[-1]))
    return tuple(told)


def _pasted(frames: Sequence[tuple[int, Path]], visits: Sequence[Visit], start_us: int) -> Iterator[tuple[int, Image]]:
    last: tuple[Path, Image] | None = None
    noise = np.random.default_rng(SEED)
    for at_us, file in frames:
        if last is None or last[0] != file:
            fresh = picture(file)
            if fresh is None:
                continue
            last = (file, fresh)
        image = last[1].copy()
        for visit in visits:
            where = visit.at((at_us - start_us) / 1e6)
            if where is not None:
                lay(image, visit.cut, *where)
        grain = noise.normal(0, 2.0, image.shape[:2]).astype(np.float32)[..., None]
        yield at_us, np.asarray(np.clip(image + grain, 0, 255), np.uint8)
