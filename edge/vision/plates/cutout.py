# SPDX-License-Identifier: Apache-2.0
"""A plate out of a picture: where its corners are, straightened, and two lines laid side by side as one."""

from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.source import Image

Corners = NDArray[np.float32]
"""[4, 2] pixels of the picture: top left, top right, bottom right, bottom left as one reads the plate."""
HEIGHT: Final = 48
"""Pixels of a straightened line; a plate that is seen larger is no easier to read."""
ONE_LINE: Final = 3.4
"""Width to height: 440 mm to 140 mm, or 480 mm for new-energy cars, whose eighth character needs its room."""
TWO_LINES: Final = 2.0
"""440 mm to 220 mm; a motorcycle's 220 mm to 140 mm is stretched to the same."""
SPLIT: Final = (0.34, 0.46)
"""Between which parts of the height the gap of a two-line plate lies."""
UPPER_LEFT, UPPER_RIGHT = 0.22, 0.78
"""What of the upper line holds its two characters."""
UPPER_WIDTH: Final = 0.58
"""Width of the upper line to that of the lower once they are joined: two broad characters beside five."""
JOINED: Final = 5.0
"""Width to height of two lines that were joined: so wide is no plate of one line."""
SPARE: Final = 0.04
"""Part of a plate's extent added on each side, since corners are never exact."""


@dataclass(frozen=True, slots=True)
class PlateFound:
    """A place that looks like a plate."""

    corners: Corners
    score: float
    two_lines: bool

    @property
    def height_px(self) -> float:
        """How high it is seen."""
        left, right = self.corners[3] - self.corners[0], self.corners[2] - self.corners[1]
        return float((np.hypot(*left) + np.hypot(*right)) / 2)

    @property
    def width_px(self) -> float:
        """How wide it is seen."""
        top, bottom = self.corners[1] - self.corners[0], self.corners[2] - self.corners[3]
        return float((np.hypot(*top) + np.hypot(*bottom)) / 2)


class PlateFinder(Protocol):
    """Finds plates in a picture or in the part of one that shows a vehicle."""

    def find(self, picture: Image) -> list[PlateFound]:
        """Likely plates, the likeliest first."""
        ...


def straightened(picture: Image, found: PlateFound) -> Image:
    """The plate as if seen from straight in front, 48 pixels high; of two lines one is made."""
    if not found.two_lines:
        return _warped(picture, found.corners, round(HEIGHT * ONE_LINE), HEIGHT)
    return joined(_warped(picture, found.corners, round(2 * HEIGHT * TWO_LINES), 2 * HEIGHT))


def joined(plate: Image) -> Image:
    """A straightened two-line plate as one line: the upper two characters to the left of the lower ones."""
    columns = plate.shape[1]
    gap = _gap(plate)
    upper = plate[: gap + 1, round(UPPER_LEFT * columns) : round(UPPER_RIGHT * columns)]
    lower = plate[gap:]
    width = round(HEIGHT * JOINED / (1 + UPPER_WIDTH))
    parts = (
        cv2.resize(upper, (round(width * UPPER_WIDTH), HEIGHT), interpolation=cv2.INTER_LINEAR),
        cv2.resize(lower, (width, HEIGHT), interpolation=cv2.INTER_LINEAR),
    )
    return np.asarray(cv2.hconcat(parts), np.uint8)


def sharpness(plate: Image) -> float:
    """How much detail a straightened plate has, from 0 to 1: the spread of its Laplacian beside that of its grey."""
    grey = cv2.cvtColor(plate, cv2.COLOR_BGR2GRAY).astype(np.float32)
    contrast = float(grey.std()) + 1.0
    return min(1.0, float(cv2.Laplacian(grey, cv2.CV_32F).std()) / contrast)


def colour_of(plate: Image) -> str:
    """The ground's colour: blue, green, yellow, white or black; by night and in infrared light only the last two."""
    hue, saturation, value = cv2.split(cv2.cvtColor(plate, cv2.COLOR_BGR2HSV))
    coloured = (saturation > COLOURED) & (value > LIT)
    if np.count_nonzero(coloured) < 0.3 * coloured.size:
        return "white" if float(np.median(value)) > float(value.min()) / 2 + float(value.max()) / 2 else "black"
    middle = float(np.median(hue[coloured]))
    return next((name for name, (least, most) in HUES.items() if least <= middle < most), "blue")


COLOURED, LIT = 70, 40
"""Saturation and brightness from which a pixel has a colour."""
HUES: Final = {"yellow": (10.0, 36.0), "green": (36.0, 90.0), "blue": (90.0, 140.0)}
"""OpenCV's hues, 0 to 180."""


def _warped(picture: Image, corners: Corners, width: int, height: int) -> Image:
    middle = corners.mean(axis=0)
    wider = (corners - middle) * (1 + 2 * SPARE) + middle
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getPerspectiveTransform(wider.astype(np.float32), target)
    seen = cv2.warpPerspective(picture, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def _gap(plate: Image) -> int:
    """The row between two lines: where upright edges are fewest."""
    grey = cv2.cvtColor(plate, cv2.COLOR_BGR2GRAY).astype(np.float32)
    edges = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)).mean(axis=1)
    first, last = (round(part * len(edges)) for part in SPLIT)
    smooth = np.convolve(edges, np.ones(3) / 3, "same")
    return first + int(smooth[first:last].argmin())
