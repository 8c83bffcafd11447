# SPDX-License-Identifier: Apache-2.0
"""A plate that was cut out as an upright rectangle although it leans: turned level, its characters set upright.

Where a line of writing is level the mean of each row changes abruptly at its upper and its lower edge, and where
characters are upright the same holds of columns (projection profiles, Postl 1986). The slope and the slant of most
change are taken. A rectangle that just holds a leaning plate is higher than the plate by the slope times its width.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.source import Image

SEEN: Final = (94, 24)
"""Pixels in which slope and slant are looked for: a third of a stroke is fine enough."""
SLOPES: Final = np.linspace(-0.3, 0.3, 25)
"""Pixels down for each pixel across."""
SLANTS: Final = np.linspace(-0.8, 0.8, 25)
"""Pixels across for each pixel down."""
LEAST_HEIGHT: Final = 0.45
"""Part of its rectangle that a plate fills at least, however it leans."""
ROOM: Final = 0.08
"""Part of the plate's height that is kept above and below; slope and slant are never exact."""
SIZE: Final = (160, 48)

Floats = NDArray[np.float32]


def levelled(plate: Image) -> Image:
    """The plate level and upright, 48 × 160 × 3; one that does not lean comes back as it was, in that size."""
    grey = np.asarray(cv2.resize(cv2.cvtColor(plate, cv2.COLOR_BGR2GRAY), SEEN, interpolation=cv2.INTER_AREA))
    seen = grey.astype(np.float32)
    columns, rows = SEEN
    slope = max(SLOPES, key=lambda one: _abruptness(_sheared(seen, float(one))))
    level = _sheared(seen, float(slope))
    above = min(round(abs(slope) * columns / 2), rows // 4)
    slant = max(SLANTS, key=lambda one: _abruptness(_sheared(level[above : rows - above].T, float(one))))
    height = max(rows - abs(slope) * columns, LEAST_HEIGHT * rows) * (1 + 2 * ROOM)
    width = (columns - abs(slant) * height) * (1 + ROOM / 2)
    square = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    down = square[:, 1] * height
    across = square[:, 0] * width + slant * down
    scale = np.array([plate.shape[1] / columns, plate.shape[0] / rows])
    source = (np.stack([across, down + slope * across], axis=1) + np.array(SEEN) / 2) * scale
    target = (square + 0.5) * SIZE
    turn = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    straight = cv2.warpPerspective(plate, turn, SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(straight, np.uint8)


def _sheared(seen: Floats, slope: float) -> Floats:
    """With each column moved up by `slope` times its distance from the middle."""
    rows, columns = seen.shape
    turn = np.array([[1, 0, 0], [slope, 1, -slope * (columns - 1) / 2]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(
        np.ascontiguousarray(seen), turn, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.float32)


def _abruptness(seen: Floats) -> float:
    change = np.diff(seen.mean(axis=1))
    return float((change * change).sum())
