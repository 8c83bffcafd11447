# SPDX-License-Identifier: Apache-2.0
"""Real cars cut out of real frames of a car park, to be put back, moved, swapped and hidden with truth to the frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.geometry import Box
from edge.vision.source import Image
from models.training.spaces.lots import lay as paste

SMALLEST_PX = 900
"""Area of a blob in the mask that is a whole car and not the rest of one behind a tree."""
SPREAD_PX = 4
"""The masks stop at the sheet metal; tyres and shadow belong to a car as well."""
LARGEST_PX = 12_000


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A car's pixels, how much of each is car (0 to 1), and the place they were cut from, in pixels."""

    pixels: NDArray[np.float32]
    part: NDArray[np.float32]
    left: int
    top: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.part.shape
        return width, height

    def resized(self, width: int, height: int) -> "Cut":
        """The same in another size, at the same place."""
        pixels, part = (np.asarray(cv2.resize(one, (width, height)), np.float32) for one in (self.pixels, self.part))
        return Cut(pixels, part, self.left, self.top)


@dataclass(frozen=True, slots=True, eq=False)
class Lot:
    """An empty car park and the cars that stood in it an hour later, the farthest first."""

    empty: Image
    cars: list[Cut]


def read_lot(sequence: Path) -> Lot:
    """The first frame is empty, the last is full. Raises `FileNotFoundError` if the folder is not there."""
    frames, masks = (sorted((sequence / part).iterdir()) for part in ("frames", "masks"))
    empty, full, mask = (_read(path) for path in (frames[0], frames[-1], masks[-1]))
    return Lot(empty, list(_cars(full, mask[..., 0] > 0)))


def _cars(full: Image, mask: NDArray[np.bool_]) -> Iterator[Cut]:
    # Neighbours touch in the mask; worn thin they come apart.
    thin = cv2.erode(mask.astype(np.uint8), np.ones((9, 9), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(thin)
    for number in range(1, count):
        if not SMALLEST_PX / 2 < stats[number, cv2.CC_STAT_AREA] < LARGEST_PX:
            continue
        grown = cv2.dilate((labels == number).astype(np.uint8), np.ones((9 + SPREAD_PX, 9 + SPREAD_PX), np.uint8))
        left, top, width, height = cv2.boundingRect(grown)
        area = (slice(top, top + height), slice(left, left + width))
        part = cv2.GaussianBlur(grown[area].astype(np.float32), (5, 5), 0)
        yield Cut(full[area].astype(np.float32), np.asarray(part, np.float32), left, top)


def lay(picture: Image, cut: Cut, left: int, top: int) -> None:
    """Put a car into a picture with its upper left corner there; what is outside is cut off."""
    paste(picture, cut.pixels, cut.part[..., None], (left, top))


def box_of(cut: Cut, left: int, top: int, size: tuple[int, int]) -> Box:
    """The car's box in fractions of a picture of that width and height; the spread does not count."""
    (across, down), (width, height), edge = cut.size, size, SPREAD_PX / 2
    return Box(
        (left + edge) / width, (top + edge) / height, (left + across - edge) / width, (top + down - edge) / height
    )


def _read(path: Path) -> Image:
    picture = cv2.imread(str(path))
    if picture is None:
        raise FileNotFoundError(path)
    return np.asarray(picture, np.uint8)
