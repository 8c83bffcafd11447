# SPDX-License-Identifier: Apache-2.0
"""Films of vehicles at a kerb: what stands in them, and what counts as the right plate."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.judged.cases import MISSED, NONE, RIGHT, WRONG, answered
from benchmarks.judged.kerb import FRAME, MIDDLE, STANDS_FROM_S, kerbs
from edge.vision.plates.cutout import PlateFound
from edge.vision.source import Image

GREY, RED, BLUE = (128, 128, 128), (30, 30, 200), (200, 60, 20)


class Told:
    """A finder that is told where the plate of a car is: in its lower middle, 100 pixels of its 480 wide."""

    def find(self, picture: Image) -> list[PlateFound]:
        """That place."""
        rows, columns = picture.shape[:2]
        middle = np.array([columns / 2, rows * 0.8])
        corners = middle + np.array([[-50, -15], [50, -15], [50, 15], [-50, 15]])
        return [PlateFound(corners.astype(np.float32), 0.9, two_lines=False)]


def painted(file: Path, size: tuple[int, int], colour: tuple[int, int, int]) -> Image:
    """A picture of one colour, written to a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    image = np.full((size[1], size[0], 3), colour, np.uint8)
    cv2.imwrite(str(file), image)
    return image


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """An empty street, a red car in a picture of its own, and a blue plate."""
    painted(tmp_path / "parking" / "empty_sunday" / "2013-02-24_06_15_00.png", (640, 360), GREY)
    painted(tmp_path / "street" / "images" / "one" / "0001.jpg", (640, 400), RED)
    labels = tmp_path / "street" / "labels" / "one" / "0001.txt"
    labels.parent.mkdir(parents=True)
    labels.write_text("0 0.5 0.5 0.5 0.6\n", "utf-8")
    painted(tmp_path / "plates" / "crops" / "A1.png", (94, 24), BLUE)
    return tmp_path


def test_a_vehicle_comes_and_stands_with_its_plate(pictures: Path) -> None:
    """The first frames are empty, the last show the red car in its place with the blue plate as wide as it is said."""
    (kerb,) = kerbs(pictures, Told())
    frames = [image for _, image in kerb.film.frames]
    blue = [np.count_nonzero((image[..., 0] > 150) & (image[..., 2] < 90)) for image in frames]
    assert blue[0] == 0
    assert blue[STANDS_FROM_S] > 0.6 * kerb.parked.plate_px * kerb.parked.plate_px * 24 / 94
    spot = frames[-1][kerb.parked.top + 20, round(MIDDLE * FRAME[0])]
    assert spot[2] > 150 > spot[0]


def test_without_any_of_them_there_is_no_film(pictures: Path) -> None:
    """A folder that lacks the crops gives no films instead of an error."""
    (pictures / "plates" / "crops" / "A1.png").unlink()
    assert kerbs(pictures, Told()) == []


@pytest.mark.parametrize(
    ("told", "answer"),
    [([], MISSED), ([None], NONE), (["A1"], RIGHT), (["A7"], WRONG), (["A1", "A7"], WRONG), (["A1", None], RIGHT)],
)
def test_what_counts_as_right(told: list[str | None], answer: str) -> None:
    """One wrong plate spoils a vehicle's other cases; what became no case is judged by nobody."""
    assert answered("A1", told) == answer
