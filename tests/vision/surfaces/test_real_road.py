# SPDX-License-Identifier: Apache-2.0
"""A real motorway in dense traffic, on which nothing lies, and the same with sand on it. Skips without the frames."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.config.models import Evidence
from edge.core.errands import WatchSurface
from edge.core.geometry import Box
from edge.core.tracks import Sighting, SurfaceChange
from edge.vision.evidence import Photographer, PictureRing
from edge.vision.source import Frame, Image
from edge.vision.surfaces.attendant import SurfaceAttendant
from tests.vision.scene import START_US, recording
from tests.vision.surfaces.road import SAND

ROAD = ((0.6, 0.08), (0.83, 0.08), (0.8, 1.0), (0.02, 1.0), (0.05, 0.8), (0.2, 0.65), (0.36, 0.46), (0.47, 0.32))
PLACE = Box(0.50, 0.55, 0.60, 0.62)
LOOKS = 180
LOST_AT = 60
STRIDE = 25
"""Frames from one look to the next; the film of 301 begins anew, and never at the same frame."""
MOVING = 170


def film() -> list[tuple[Image, Image]]:
    """Frames with their masks: who drives is `MOVING` or more in them."""
    folder = recording("highway_frames")
    frames = (cv2.imread(str(file)) for file in sorted((folder / "input").iterdir()))
    masks = (cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for file in sorted((folder / "groundtruth").iterdir()))
    return [(np.asarray(one, np.uint8), np.asarray(two, np.uint8)) for one, two in zip(frames, masks, strict=True)]


def told(folder: Path, pictures: Iterator[Image]) -> list[tuple[SurfaceChange, ...]]:
    """What an attendant says of pictures a second apart, without a tracker that would help it."""
    settings = Evidence(every_s=1.0, ring_mb=16, jpeg_quality=80, width=640)
    attendant = SurfaceAttendant(
        WatchSurface("cam", "road", ROAD), Photographer(PictureRing(folder, 16_000_000), settings)
    )
    frames = (Frame(START_US + second * 1_000_000, image) for second, image in enumerate(pictures))
    return [attendant.attend(one, Sighting("cam", one.at_us, ())).changes for one in frames]


def looks(pairs: list[tuple[Image, Image]]) -> Iterator[tuple[int, Image, Image]]:
    """Number, picture and mask of each look."""
    for second in range(LOOKS):
        yield second, *pairs[second * STRIDE % len(pairs)]


def with_sand(pairs: list[tuple[Image, Image]]) -> Iterator[Image]:
    """Sand that vehicles drive over, with a little of the road's own pixels in it."""
    rows, columns = pairs[0][1].shape
    part = np.s_[
        round(PLACE.top * rows) : round(PLACE.bottom * rows), round(PLACE.left * columns) : round(PLACE.right * columns)
    ]
    for second, image, mask in looks(pairs):
        picture = image.copy()
        if second >= LOST_AT:
            below = (mask[part] < MOVING)[..., None]
            picture[part] = np.where(below, image[part] * 0.2 + np.array(SAND) * 0.8, image[part])
        yield picture


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Image, Image]]:
    """The film."""
    return film()


def test_dense_traffic_leaves_nothing_on_the_road(tmp_path: Path, pairs: list[tuple[Image, Image]]) -> None:
    """Cars that were there from the first look on, their shadows and those of the trees: none of it is told."""
    assert not any(told(tmp_path, (image for _, image, _ in looks(pairs))))


def test_sand_among_dense_traffic_is_told(tmp_path: Path, pairs: list[tuple[Image, Image]]) -> None:
    """In its place until the end, and nothing before it or beside it."""
    said = told(tmp_path, with_sand(pairs))
    assert not any(said[:LOST_AT])
    assert any(said[LOST_AT : LOST_AT + 45])
    (change,) = said[-1]
    assert change.box.iou(PLACE) > 0.4
