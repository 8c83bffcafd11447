# SPDX-License-Identifier: Apache-2.0
"""People cut out of a film of a fixed camera, put into other pictures: few labelled ones stand alone, most are small.

The film may be any; `vtest.avi`, which Debian ships in `opencv-doc`, shows people of 40 to 110 pixels from a pole. What
moves is what differs from the film's median picture; where the teacher calls it a person, and nobody else is near, it
is cut out by that difference.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.training.labels import UNSURE, iou
from models.training.spaces.lots import lay
from models.training.teacher import Teacher
from models.training.words import CLASSES

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
PERSON = CLASSES.index("person")
_STEP = 3
_ENLARGED = 1.5
_DIFFERS = 28.0
_SURE = 0.45
_LEAST = 0.15
_FILLS = (0.25, 0.85)
_UPRIGHT = (1.5, 4.5)
_SMALLEST_PX, _TALLEST = 12.0, 0.4
_HIDDEN = 0.5


@dataclass(frozen=True, slots=True)
class Walker:
    """Somebody: BGR [high, wide, 3] and how much of each pixel is theirs [high, wide], 0 to 255."""

    pixels: Picture
    share: Picture


class Walkers:
    """Everybody in a film who walks alone, and the film's pictures with what the teacher sees in them."""

    def __init__(self, film: Path, teacher: Teacher) -> None:
        """Read it once. Raises `FileNotFoundError` for a film nobody walks through."""
        frames = _read(film)
        ground = np.median(np.stack(frames[:: max(1, len(frames) // 50)]), axis=0).astype(np.uint8)
        self.frames: list[tuple[Picture, Floats]] = []
        self._people: list[Walker] = []
        for frame in frames:
            rows = _seen(frame, teacher)
            self.frames.append((frame, rows))
            moves = _moving(frame, ground)
            self._people += [one for row in rows if (one := _cut(frame, moves, row, rows)) is not None]
        if not self._people:
            raise FileNotFoundError(f"nobody walks alone through {film}")

    def __len__(self) -> int:
        """How many were cut out."""
        return len(self._people)

    def among(self, picture: Picture, rows: Floats, chance: np.random.Generator) -> tuple[Picture, Floats]:
        """The picture [high, wide, 3] with some of them on it, and its rows [n, 6] and theirs; hidden ones unsure."""
        out, side = picture.copy(), picture.shape[0]
        tallest = np.exp(chance.uniform(np.log(0.1), np.log(_TALLEST))) * side
        horizon = chance.uniform(0.1, 0.5) * side
        heights = np.sort(tallest * chance.uniform(0.3, 1.0, int(chance.integers(1, 9))))
        boxes = []
        for height in heights[heights > _SMALLEST_PX]:
            foot = horizon + (side - horizon) * height / tallest * chance.uniform(0.85, 1.0)
            box = self._put(out, float(height), float(foot), chance)
            if box is not None:
                boxes.append(box)
        if not boxes:
            return out, rows
        new = np.array([[PERSON, 1.0, *box] for box in boxes], np.float32)
        for before, row in [(0, row) for row in rows] + list(enumerate(new, 1)):
            if _covered(row[2:], new[before:, 2:]) > _HIDDEN:
                row[0] = UNSURE
        return out, np.concatenate((rows, new)).astype(np.float32)

    def _put(self, picture: Picture, height: float, foot: float, chance: np.random.Generator) -> list[float] | None:
        """One of them; x1 y1 x2 y2 in pixels, or None where there is no room."""
        one = self._people[int(chance.integers(len(self._people)))]
        scale = height / one.share.shape[0]
        size = (max(3, round(one.share.shape[1] * scale * chance.uniform(0.85, 1.15))), round(height))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        pixels, share = cv2.resize(one.pixels, size, interpolation=how), cv2.resize(one.share, size, interpolation=how)
        if chance.random() < 0.5:
            pixels, share = pixels[:, ::-1], share[:, ::-1]
        left, top = int(chance.integers(0, max(1, picture.shape[1] - size[0]))), round(foot) - size[1]
        if top < 0 or top + size[1] > picture.shape[0] or left + size[0] > picture.shape[1]:
            return None
        there = picture[top : top + size[1], left : left + size[0]].mean()
        lay(picture, _dressed(np.asarray(pixels, np.uint8), float(there), chance), share[..., None] / 255, (left, top))
        return [left, top, left + size[0], top + size[1]]


def _read(film: Path) -> list[Picture]:
    opened, frames = cv2.VideoCapture(str(film)), []
    while opened.grab():
        frames.append(opened.retrieve()[1])
    opened.release()
    if not frames:
        raise FileNotFoundError(f"{film} holds no pictures")
    return [np.asarray(frame, np.uint8) for frame in frames[::_STEP]]


def _seen(frame: Picture, teacher: Teacher) -> Floats:
    """Rows as `models.training.labels` writes them: sure ones learnt, others neither learnt nor punished."""
    large = cv2.resize(frame, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_CUBIC)
    rows = teacher.boxes(np.asarray(large, np.uint8))
    rows[:, 2:] /= _ENLARGED
    sure = rows[:, 1] > _SURE
    rows[~sure, 0] = UNSURE
    rows[sure, 1] = np.minimum(1.0, rows[sure, 1] + 0.3)
    return np.asarray(rows[sure | (rows[:, 1] >= _LEAST)], np.float32)


def _moving(frame: Picture, ground: Picture) -> Picture:
    differs = cv2.absdiff(cv2.GaussianBlur(frame, (0, 0), 0.7), cv2.GaussianBlur(ground, (0, 0), 0.7)).max(2)
    mask = (differs > _DIFFERS).astype(np.uint8) * 255
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((7, 5), np.uint8))
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)


def _cut(frame: Picture, moves: Picture, row: Floats, rows: Floats) -> Walker | None:
    """Who stands in this row, if alone and whole."""
    if row[0] != PERSON or (iou(row[2:], rows[:, 2:]) > 0.02).sum() > 1:
        return None
    x1, y1 = np.maximum(row[2:4] - 4, 0).astype(int)
    x2, y2 = np.minimum(row[4:6] + 5, moves.shape[::-1]).astype(int)
    count, numbered, told, _ = cv2.connectedComponentsWithStats(moves[y1:y2, x1:x2])
    if count < 2:
        return None
    largest = 1 + int(told[1:, cv2.CC_STAT_AREA].argmax())
    left, top, wide, high, area = (int(value) for value in told[largest])
    whole = left > 0 and top > 0 and left + wide < x2 - x1 and top + high < y2 - y1
    if not whole or not _UPRIGHT[0] < high / wide < _UPRIGHT[1] or not _FILLS[0] < area / (wide * high) < _FILLS[1]:
        return None
    share = np.where(numbered == largest, 255, 0).astype(np.uint8)[top : top + high, left : left + wide]
    pixels = frame[y1 + top : y1 + top + high, x1 + left : x1 + left + wide]
    return Walker(pixels.copy(), np.asarray(cv2.GaussianBlur(share, (0, 0), 0.7), np.uint8))


def _dressed(pixels: Picture, there: float, chance: np.random.Generator) -> Floats:
    """In other clothes and in the light of the place."""
    hue = cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV).astype(np.float32)
    hue[..., 0] = (hue[..., 0] + chance.uniform(0, 180)) % 180
    hue[..., 1] *= chance.uniform(0.2, 1.3)
    other = cv2.cvtColor(np.clip(hue, 0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR) if chance.random() < 0.6 else pixels
    light = (there / max(20.0, float(pixels.mean()))) ** chance.uniform(0.2, 0.9)
    seen = (other.astype(np.float32) - 90) * chance.uniform(0.7, 1.3) + 90
    return np.clip(seen * np.clip(light, 0.35, 1.8) + chance.normal(0, 12, 3), 0, 255).astype(np.float32)


def _covered(box: Floats, others: Floats) -> float:
    """The largest share of a box that one of the others hides."""
    if not len(others):
        return 0.0
    shared = np.clip(np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2]), 0, None).prod(1)
    return float(shared.max() / max(1e-6, float((box[2:] - box[:2]).prod())))
