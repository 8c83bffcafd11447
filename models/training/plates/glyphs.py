# SPDX-License-Identifier: Apache-2.0
"""Glyphs of number plates: letters and digits as strokes after the plates' own lettering, and printed by fonts.

OpenCV brings one font with Chinese characters, "uni". One font of them is too few: what is learnt is its drawing of a
province and not the province. So a folder of fonts may be given; none is committed.

Strokes stand on a grid 10 wide and 20 high, as on a plate the characters are 45 mm by 90 mm. A path is a row of points;
`~` in front of it rounds its corners, `o` closes it.
"""

from functools import cache
from pathlib import Path

import cv2
import numpy as np

HEIGHT, WIDTH = 96, 48
MARGIN = 6
FONTS = {"sans300": ("sans", 300), "sans500": ("sans", 500), "sans700": ("sans", 700), "uni": ("uni", 0)}
STROKES = {
    "0": "o~1,1 9,1 9,19 1,19",
    "1": "3.2,4 5.5,1 5.5,19",
    "2": "~1.2,6 1.2,1 8.8,1 8.8,8 1.2,18.9|1,19 9,19",
    "3": "~1.2,5 1.2,1 8.6,1 8.6,9.3 4,9.3|~4,9.3 9,9.3 9,19 1,19 1,15",
    "4": "5.5,1 1,13.5 9.3,13.5|6.8,9 6.8,19",
    "5": "8.5,1 2,1 1.5,9|~1.5,9 3,7.4 9,7.3 9,19 1,19 1,15",
    "6": "~6.5,1 1,9 1,19 9,19 9,8 2.5,8 1.2,12",
    "7": "1,1 9,1 4.5,19",
    "8": "o~1.6,1 8.4,1 8.4,9.3 1.6,9.3|o~1,9.3 9,9.3 9,19 1,19",
    "9": "~3.5,19 9,11 9,1 1,1 1,12 7.5,12 8.8,8",
    "A": "0.8,19 5,1 9.2,19|2.3,13 7.7,13",
    "B": "1,1 1,19|~1,1 8.5,1 8.5,9.5 1,9.5|~1,9.5 9.2,9.5 9.2,19 1,19",
    "C": "~9,6 9,1 1,1 1,19 9,19 9,14",
    "D": "1,1 1,19|~1,1 9,1 9,19 1,19",
    "E": "9,1 1,1 1,19 9,19|1,9.7 8,9.7",
    "F": "9,1 1,1 1,19|1,9.7 8,9.7",
    "G": "~9,6 9,1 1,1 1,19 9,19 9,11|9.2,11 5.5,11",
    "H": "1,1 1,19|9,1 9,19|1,10 9,10",
    "J": "~7.5,1 7.5,19 1,19 1,14",
    "K": "1,1 1,19|9,1 1,12|3.8,8.5 9.2,19",
    "L": "1,1 1,19 9,19",
    "M": "1,19 1,1 5,13 9,1 9,19",
    "N": "1,19 1,1 9,19 9,1",
    "P": "1,1 1,19|~1,1 9,1 9,11 1,11",
    "Q": "o~1,1 9,1 9,19 1,19|5.5,14 9.4,19.4",
    "R": "1,1 1,19|~1,1 9,1 9,10.5 1,10.5|4.5,10.5 9.2,19",
    "S": "~9,5.5 9,1 1,1 1,9.3 9,10.2 9,19 1,19 1,14.5",
    "T": "0.8,1 9.2,1|5,1 5,19",
    "U": "~1,1 1,19 9,19 9,1",
    "V": "0.8,1 5,19 9.2,1",
    "W": "0.7,1 2.7,19 5,6 7.3,19 9.3,1",
    "X": "1,1 9,19|9,1 1,19",
    "Y": "1,1 5,10.5 9,1|5,10.5 5,19",
    "Z": "1,1 9,1 1,19 9,19",
}


def fonts(folder: Path | None) -> tuple[str, ...]:
    """Styles that draw Chinese characters: OpenCV's own, and every font of a folder."""
    own = sorted(str(file) for file in folder.iterdir()) if folder is not None else []
    return ("uni", *own)


@cache
def glyph(character: str, style: str) -> np.ndarray:
    """The character as coverage 0 to 255, HEIGHT × WIDTH, filling its box.

    `style`: "stroke" and a width (letters and digits), a name of FONTS, or the path of a font.
    """
    if style.startswith("stroke"):
        return _stroked(character, int(style.removeprefix("stroke")))
    font, weight = FONTS.get(style, (style, 0))
    return _printed(character, font, weight)


def varied(mask: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """A glyph with broader or finer strokes and a little bent, as no two makers of plates draw it alike."""
    across, down = (int(one) for one in chance.integers(1, 4, 2))
    draw = chance.random()
    if draw < 0.5:
        mask = cv2.dilate(mask, np.ones((down, across), np.uint8))
    elif draw < 0.65:
        mask = cv2.erode(mask, np.ones((min(2, down), min(2, across)), np.uint8))
    rows, columns = mask.shape
    square = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    moved = square + (chance.normal(0, 0.025, (4, 2)) * (columns, rows)).astype(np.float32)
    return cv2.warpPerspective(
        mask, cv2.getPerspectiveTransform(square, moved), (columns, rows), flags=cv2.INTER_LINEAR
    )


def _stroked(character: str, thickness: int) -> np.ndarray:
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    for path in STROKES[character].split("|"):
        closed, rounded = path.startswith("o"), "~" in path[:2]
        points = np.array([[float(x) for x in pair.split(",")] for pair in path.lstrip("o~").split()])
        points = _rounded(points, closed=closed) if rounded else points
        inner = points / (10, 20) * (WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN) + MARGIN
        cv2.polylines(canvas, [np.round(inner * 16).astype(np.int32)], closed, 255, thickness, cv2.LINE_AA, 4)
    return canvas


def _rounded(points: np.ndarray, *, closed: bool) -> np.ndarray:
    """Chaikin's corner cutting, twice."""
    for _ in range(2):
        following = np.roll(points, -1, 0) if closed else points[1:]
        here = points if closed else points[:-1]
        cut = np.stack([0.75 * here + 0.25 * following, 0.25 * here + 0.75 * following], 1).reshape(-1, 2)
        points = cut if closed else np.vstack([points[:1], cut, points[-1:]])
    return points


def _printed(character: str, font: str, weight: int) -> np.ndarray:
    canvas = np.zeros((200, 200, 3), np.uint8)
    cv2.putText(canvas, character, (40, 140), (255, 255, 255), _face(font), 100, weight)
    grey = canvas[:, :, 0]
    left, top, width, height = cv2.boundingRect(grey)
    inner = cv2.resize(
        grey[top : top + height, left : left + width], (WIDTH - 8, HEIGHT - 8), interpolation=cv2.INTER_AREA
    )
    if character in "1J" and width < height // 2:  # a stem must not be blown up to a wall
        narrow = cv2.resize(grey[top : top + height, left : left + width], (WIDTH // 3, HEIGHT - 8))
        inner = np.zeros((HEIGHT - 8, WIDTH - 8), np.uint8)
        inner[:, 12 : 12 + WIDTH // 3] = narrow
    return cv2.copyMakeBorder(inner, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=0)


@cache
def _face(font: str) -> cv2.FontFace:
    return cv2.FontFace(font)
