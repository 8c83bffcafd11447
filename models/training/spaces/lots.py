# SPDX-License-Identifier: Apache-2.0
"""Labelled frames of parking lots: `sequence*/frames`, `sequence*/bounding_boxes` (XML), `sequence*/masks`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Points = NDArray[np.float32]
EMPTY_DAYS = {"empty_sunday": "sequence0"}
"""Folders of frames without a car, and the sequence of the same day, whose outlines they share."""


@dataclass(frozen=True)
class Space:
    """An outline in pixels, and whether a car stands there; None where nobody can say."""

    corners: Points
    occupied: bool | None


@dataclass(frozen=True)
class Cutout:
    """A car cut out of its frame: pixels with their share (0 to 255), where they began, and the space it stood in."""

    pixels: Bytes
    share: Bytes
    corner: tuple[int, int]
    space: Points


@dataclass(frozen=True)
class Scene:
    """One frame, its spaces, and the day it is of: what is held out of training is held out by days."""

    day: str
    image: Bytes
    spaces: tuple[Space, ...]
    cutouts: tuple[Cutout, ...] = field(default=(), repr=False)


def repainted(
    car: NDArray[np.uint8] | NDArray[np.float32], chance: np.random.Generator, *, dimmest: float, lift: float = 0.0
) -> NDArray[np.float32]:
    """A car's pixels in another light, `dimmest` to 1.3 of it, and one car in five in another paint."""
    seen = car * chance.uniform(dimmest, 1.3) + chance.normal(0, 6, 3) + chance.uniform(-lift, lift)
    seen = seen[..., chance.permutation(3)] if chance.random() < 0.2 else seen
    return np.clip(seen, 0, 255).astype(np.float32)


def lay(image: Bytes, pixels: NDArray[np.float32], share: NDArray[np.floating], corner: tuple[int, int]) -> None:
    """Draw pixels into a picture from a corner on, as far as they lie in it; `share` [high, wide, 1], 0 to 1."""
    (left, top), (high, wide) = corner, pixels.shape[:2]
    there = image[max(0, top) : max(0, top + high), max(0, left) : max(0, left + wide)]
    inner = np.s_[max(0, -top) :, max(0, -left) :]
    rows, columns = there.shape[:2]
    new, part = pixels[inner][:rows, :columns], share[inner][:rows, :columns]
    there[:] = (new * part + there * (1 - part)).astype(np.uint8)


def read_scenes(parking: Path) -> list[Scene]:
    """Every frame of `sequence*`, then those of the empty days."""
    scenes = [scene for folder in sorted(parking.glob("sequence*")) for scene in _sequence(folder)]
    for name, sequence in EMPTY_DAYS.items():
        like = next((scene for scene in scenes if scene.day == sequence), None)
        if like is not None:
            spaces = tuple(Space(space.corners, occupied=False) for space in like.spaces)
            scenes += [Scene(sequence, read_picture(path), spaces) for path in sorted((parking / name).glob("*.jpg"))]
    return scenes


def read_spaces(path: Path) -> list[tuple[str, Points, bool | None]]:
    """Id, corners in pixels and state of each space in an XML file of the PKLot layout."""
    spaces = []
    for one in ET.parse(path).getroot().iter("space"):  # noqa: S314 - our own files
        contour = one.find("contour")
        points = [] if contour is None else contour.findall("point")
        corners = np.array([(float(at.get("x", 0)), float(at.get("y", 0))) for at in points], np.float32)
        state = one.get("occupied")
        spaces.append((one.get("id", ""), corners, None if state is None else state == "1"))
    return spaces


def _sequence(folder: Path) -> Iterator[Scene]:
    for path in sorted((folder / "frames").iterdir()):
        labels = folder / "bounding_boxes" / f"{path.stem}.xml"
        spaces = tuple(Space(corners, state) for _, corners, state in read_spaces(labels))
        image = read_picture(path)
        mask = next((folder / "masks").glob(f"{path.stem}.*"), None)
        cutouts = tuple(_cutouts(image, mask, spaces)) if mask else ()
        yield Scene(folder.name, image, spaces, cutouts)


def _cutouts(image: Bytes, mask: Path, spaces: tuple[Space, ...]) -> Iterator[Cutout]:
    """Parked cars that the mask shows apart from their neighbours."""
    parked = (np.asarray(cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)) == 1).astype(np.uint8)
    parked = np.asarray(cv2.morphologyEx(parked, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(parked, connectivity=4)
    for space in spaces:
        if not space.occupied:
            continue
        inside = np.zeros(parked.shape, np.uint8)
        cv2.fillPoly(inside, [space.corners.astype(np.int32)], (1,))
        found = np.bincount(parts[inside == 1], minlength=len(stats))
        found[0] = 0
        which = int(found.argmax())
        left, top, width, height, area = (int(value) for value in stats[which])
        floor = float(inside.sum())
        wide, high = np.ptp(space.corners, axis=0)
        if (
            not 0.35 * floor < area < 1.6 * floor
            or found[which] < 0.3 * floor
            or width > 1.4 * wide
            or height > 1.8 * high
        ):
            continue
        share = ((parts[top : top + height, left : left + width] == which) * 255).astype(np.uint8)
        share = np.asarray(cv2.GaussianBlur(share, (3, 3), 0), np.uint8)
        pixels = image[top : top + height, left : left + width].copy()
        yield Cutout(pixels, share, (left, top), space.corners)


def read_picture(path: Path) -> Bytes:
    """In colour. Raises `ValueError` for a file that is none."""
    image = cv2.imread(str(path))
    if image is None:
        raise ValueError(f"{path} is no picture")
    return np.asarray(image, np.uint8)
