# SPDX-License-Identifier: Apache-2.0
"""Other views of a plate than the one that was cut out: level and upright, and averaged over looks."""

import cv2
import numpy as np
import pytest

from edge.vision.plates.cutout import PlateFound, straightened
from edge.vision.plates.level import SIZE, levelled
from edge.vision.plates.stack import Stack
from edge.vision.source import Image
from tests.vision.plates.scene import drawn

PLATE = drawn("闽B7Q248")
STRAIGHT = np.asarray(cv2.resize(PLATE, SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def leaning(slope: float, slant: float) -> Image:
    """The plate as it leans, in the upright rectangle that just holds it, 188 × 48."""
    rows, columns = PLATE.shape[:2]
    corners = np.array([[-220, -70], [220, -70], [220, 70], [-220, 70]], np.float32)
    moved = np.stack([corners[:, 0] + slant * corners[:, 1], corners[:, 1] + slope * corners[:, 0]], axis=1)
    least, most = moved.min(axis=0), moved.max(axis=0)
    target = ((moved - least) / (most - least) * (188, 48)).astype(np.float32)
    turn = cv2.getPerspectiveTransform(corners + np.array([columns, rows], np.float32) / 2, target)
    return np.asarray(cv2.warpPerspective(PLATE, turn, (188, 48), flags=cv2.INTER_AREA), np.uint8)


def likeness(seen: Image) -> float:
    """Correlation with the plate's inner part, a little smaller than in `STRAIGHT`, wherever it lies in the picture."""
    inner = cv2.resize(STRAIGHT[6:-6, 8:-8], None, fx=0.96, fy=0.86, interpolation=cv2.INTER_AREA)
    return float(cv2.matchTemplate(seen, inner, cv2.TM_CCOEFF_NORMED).max())


@pytest.mark.parametrize("slope", [-0.2, 0.2])
def test_a_leaning_plate_is_set_level(slope: float) -> None:
    """Cut out as an upright rectangle it looks like another picture; levelled it looks like the plate again."""
    seen = leaning(slope, 0.0)
    as_it_was = np.asarray(cv2.resize(seen, SIZE), np.uint8)
    assert likeness(levelled(seen)) > likeness(as_it_was) + 0.2


def test_a_level_plate_stays_as_it_is() -> None:
    """What does not lean is not turned."""
    assert likeness(levelled(leaning(0.0, 0.0))) > 0.9


CORNERS = np.array([[60, 40], [140, 40], [140, 64], [60, 64]], np.float32)


def looks(count: int, noise: float) -> list[tuple[Image, PlateFound]]:
    """Pictures of a plate 80 pixels wide that tremble, each with its own noise, and corners that are never alike."""
    chance = np.random.default_rng(3)
    scene = np.full((104, 200, 3), 90, np.uint8)
    cv2.rectangle(scene, (20, 10), (180, 94), (140, 130, 120), -1)
    scene[40:64, 60:140] = cv2.resize(PLATE, (80, 24), interpolation=cv2.INTER_AREA)
    made = []
    for _ in range(count):
        shift = chance.uniform(-1, 1, 2)
        turn = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
        moved = cv2.warpAffine(scene, turn, (200, 104), borderMode=cv2.BORDER_REPLICATE)
        seen = np.clip(moved * 0.3 + chance.normal(0, noise, moved.shape), 0, 255).astype(np.uint8)
        found = CORNERS + shift + chance.normal(0, 0.5, (4, 2))
        made.append((seen, PlateFound(found.astype(np.float32), 0.9, two_lines=False)))
    return made


def test_noise_goes_and_writing_stays() -> None:
    """Of sixteen noisy looks that tremble the average is more like the plate than the best of them."""
    stack, seen = Stack(), looks(16, 9.0)
    for picture, found in seen:
        stack.add(picture, found)
    assert stack.looks == len(seen)
    assert stack.picture is not None
    alone = max(likeness(straightened(picture, found)) for picture, found in seen)
    assert likeness(stack.picture) > alone + 0.02


def test_another_picture_is_left_out() -> None:
    """What shows something else does not spoil the average, and one look alone is none."""
    stack, pictures = Stack(), list[Image | None]()
    other = np.random.default_rng(1).integers(0, 255, (104, 200, 3)).astype(np.uint8)
    for picture, found in (*looks(3, 2.0), (other, PlateFound(CORNERS, 0.9, two_lines=False))):
        stack.add(picture, found)
        pictures.append(stack.picture)
    first, _, before, after = pictures
    assert first is None
    assert before is not None
    assert after is not None
    assert np.array_equal(before, after)
