# SPDX-License-Identifier: Apache-2.0
"""Other roads: pictures with boxes of vehicles, as texture for cars and as lots that no parking camera has seen.

Boxes come from `street/labels` (YOLO) and `street/labels_agnostic`, and from a list completed by a teacher if there is
one: [{"file", "rows": [[class, score, left, top, right, bottom], …]}, …] in pixels; below 0 a class is uncertain.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.training.spaces.lots import Bytes, Points

VEHICLES = 4
"""Classes below are vehicles with four wheels or more."""
SURE = 0.6
LEAST = 44
"""Pixels that a box must measure to give a texture."""


@dataclass(frozen=True)
class Road:
    """A picture, boxes of four-wheeled vehicles that are sure, and of everything that may be something."""

    image: Bytes
    cars: Points
    anything: Points


@dataclass(frozen=True)
class Texture:
    """A vehicle cut out of a road picture: pixels and their share."""

    pixels: Bytes
    share: Bytes


def read_roads(data: Path, completed: Path | None, most: int, sources: Sequence[str]) -> list[Road]:
    """About `most` pictures, evenly over these sources."""
    rows = _completed(completed) if completed else _labelled(data / "street")
    known = [name for name in sorted(rows) if Path(name).parent.name in sources]
    names = known[:: max(1, len(known) // most)]
    roads = []
    for name in names:
        image = cv2.imread(str(data / name))
        if image is not None:
            boxes = np.array(rows[name], np.float32).reshape(-1, 6)
            sure = (boxes[:, 0] >= 0) & (boxes[:, 0] < VEHICLES) & (boxes[:, 1] >= SURE)
            roads.append(Road(np.asarray(image, np.uint8), boxes[sure, 2:], boxes[:, 2:]))
    return roads


def read_textures(roads: list[Road], most: int) -> list[Texture]:
    """Vehicles that nothing else overlaps, cut out by their colours (GrabCut; Rother et al., 2004)."""
    textures: list[Texture] = []
    for road in roads:
        for box in road.cars:
            if len(textures) == most:
                return textures
            left, top, right, bottom = (int(value) for value in box)
            if min(right - left, bottom - top) < LEAST or _touched(box, road.anything) > 1:
                continue
            texture = _texture(road.image, (max(0, left), max(0, top), right, bottom))
            if texture is not None:
                textures.append(texture)
    return textures


def _texture(image: Bytes, box: tuple[int, int, int, int]) -> Texture | None:
    left, top, right, bottom = box
    room = (right - left) // 8
    begin_x, begin_y = max(0, left - room), max(0, top - room)
    part = image[begin_y : bottom + room, begin_x : right + room]
    scale = min(1.0, 110 / max(part.shape[:2]))
    part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    mask = np.zeros(part.shape[:2], np.uint8)
    inner = [round(value * scale) for value in (left - begin_x, top - begin_y, right - left, bottom - top)]
    try:
        cv2.grabCut(part, mask, inner, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_RECT)
    except cv2.error:
        return None
    share = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    across, down = inner[0] + inner[2], inner[1] + inner[3]
    share, part = share[inner[1] : down, inner[0] : across], part[inner[1] : down, inner[0] : across]
    if not 0.45 < share.mean() < 0.97:
        return None
    return Texture(part.copy(), np.asarray(cv2.GaussianBlur(share * 255, (3, 3), 0), np.uint8))


def _touched(box: Points, others: Points) -> int:
    """How many boxes of the list overlap this one, itself among them."""
    wide = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    high = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    return int(((wide > 0) & (high > 0)).sum())


def _completed(path: Path) -> dict[str, list[list[float]]]:
    listed = json.loads(path.read_text("utf-8"))
    return {one["file"]: one["rows"] for one in listed if one["file"].startswith("street/")}


def _labelled(street: Path) -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = {}
    for path in sorted((street / "images").glob("*/*.jpg")):
        label = street / "labels" / path.parent.name / f"{path.stem}.txt"
        if label.is_file():
            height, width = np.asarray(cv2.imread(str(path))).shape[:2]
            rows = [[float(value) for value in line.split()] for line in label.read_text("utf-8").splitlines() if line]
            found[str(path.relative_to(street.parent))] = [
                [kind, 1.0, (x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height]
                for kind, x, y, w, h in rows
            ]
    return found
