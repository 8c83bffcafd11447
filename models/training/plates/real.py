# SPDX-License-Identifier: Apache-2.0
"""Real plates to train on: pictures whose file names say what stands on them, and how they are varied.

Nearly all real ones at hand come from one province. So that it is not learnt as likely, the first character of nearly
every picture is painted over with that of another province, in the picture's own colours and as blurred.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.training.plates.glyphs import glyph, varied
from models.training.plates.weather import FAR, far_away, few_pixels

HEIGHT, WIDTH = 32, 128
PAINTED = 0.9
"""Share of pictures that get another province."""
LEANING = 0.35
"""Share of pictures that are made to lean further."""
PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"


@dataclass(frozen=True)
class Crop:
    """A cut-out plate, BGR, and its text."""

    picture: np.ndarray
    text: str


def crops(folder: Path) -> list[Crop]:
    """All pictures of a folder; what follows an underscore in a name does not count."""
    found = []
    for path in sorted(folder.iterdir()):
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        if picture is not None:
            found.append(Crop(picture, path.stem.split("_")[0]))
    return found


def disturbed(crop: Crop, chance: np.random.Generator, fonts: Sequence[str]) -> tuple[np.ndarray, str]:
    """The picture a little askew, in other light, in other colours, and with what text it shows now."""
    picture = cv2.resize(crop.picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    text = crop.text
    if chance.random() < PAINTED:
        text = str(chance.choice(list(PROVINCES))) + text[1:]
        picture = _with_province(picture, varied(glyph(text[0], str(chance.choice(fonts))), chance), chance)
    square = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    moved = square + (chance.normal(0, 1, (4, 2)) * (0.012 * WIDTH, 0.05 * HEIGHT)).astype(np.float32)
    if chance.random() < LEANING:
        slope, slant = chance.uniform(-0.12, 0.12), chance.uniform(-0.3, 0.3)
        middle = moved - (WIDTH / 2, HEIGHT / 2)
        moved = moved + (middle[:, ::-1] * (slant, slope)).astype(np.float32)
    turn = cv2.getPerspectiveTransform(square, moved)
    picture = cv2.warpPerspective(
        picture, turn, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    far = chance.random() < FAR
    if not far and chance.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), chance.uniform(0.3, 1.1))
    if chance.random() < 0.15:
        picture = np.repeat(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[:, :, None], 3, 2)
    elif chance.random() < 0.3:
        picture = picture[:, :, chance.permutation(3)]
    seen = picture.astype(np.float32) * chance.uniform(0.5, 1.2) + chance.uniform(-20, 30)
    if chance.random() < 0.15:  # dark on light, as on yellow, green and white plates
        seen = 255 - seen
    if far:
        rows, columns = few_pixels(chance)
        return far_away(cv2.resize(seen, (columns, rows), interpolation=cv2.INTER_AREA), chance), text
    return np.clip(seen + chance.normal(0, chance.uniform(0, 6), seen.shape), 0, 255).astype(np.uint8), text


def _with_province(picture: np.ndarray, character: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """The picture with another first character: its place filled with the ground around it, then drawn upon."""
    left, right = round(WIDTH * chance.uniform(0.02, 0.04)), round(WIDTH * chance.uniform(0.145, 0.16))
    patch = picture[:, left:right].astype(np.float32)
    grey = patch.mean(2)
    light = grey > np.percentile(grey, 70)
    rows = np.flatnonzero(light.mean(1) > 0.25)
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if rows.size > HEIGHT // 3 else (5, HEIGHT - 4)
    ground, ink = np.median(patch[~light], axis=0), np.percentile(patch[light], chance.uniform(50, 90), axis=0)
    drawn = cv2.resize(character, (right - left, max(8, bottom - top)), interpolation=cv2.INTER_AREA)
    drawn = cv2.GaussianBlur(drawn, (0, 0), chance.uniform(0.35, 0.9)).astype(np.float32)[:, :, None] / 255
    changed = picture.astype(np.float32)
    bottom = min(HEIGHT, top + drawn.shape[0])
    noise = chance.normal(0, 3, (bottom - top, right - left, 3))
    changed[top:bottom, left:right] = ground + drawn[: bottom - top] * (ink - ground) + noise
    return np.clip(changed, 0, 255).astype(np.uint8)
