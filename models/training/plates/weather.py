# SPDX-License-Identifier: Apache-2.0
"""What stands between a plate and its picture: the angle, the lens, the light, the sensor, the coder."""

import cv2
import numpy as np

from models.training.weather import coded

HEIGHT, WIDTH = 32, 128
"""What the reader sees."""
FAR = 0.3
"""Share of plates that are seen far away in little light."""
BAD = 0.3
"""Share of pictures that are blurred, noisy or small; real ones beside rendered ones showed how rare those are."""


def photographed(plate: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """The plate as it comes out of the finder, HEIGHT × WIDTH × 3: seen askew, small, in some light, then enlarged."""
    if chance.random() < FAR:
        return _far(plate, chance)
    bad = chance.random() < BAD
    rows = int(np.exp(chance.uniform(np.log(13 if bad else 17), np.log(44))))
    columns = int(rows * chance.uniform(2.9, 4.6))
    seen = _askew(plate, rows, columns, chance)
    seen = _lit(seen.astype(np.float32), chance)
    seen = _blurred(seen, round(rows * (1.0 if bad else 0.55)), chance)
    seen += chance.normal(0, chance.uniform(0, 16 if bad else 5), seen.shape)
    picture = np.clip(seen, 0, 255).astype(np.uint8)
    if chance.random() < 0.6:
        picture = coded(picture, int(chance.integers(25 if bad else 50, 95)))
    if chance.random() < 0.5:  # through the size in which cut-out plates are often kept
        picture = cv2.resize(picture, (94, 24), interpolation=cv2.INTER_AREA if rows > 24 else cv2.INTER_CUBIC)
    return cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)


def _far(plate: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    rows, columns = few_pixels(chance)
    seen = _lit(_askew(plate, rows, columns, chance).astype(np.float32), chance)
    return far_away(seen, chance)


def few_pixels(chance: np.random.Generator) -> tuple[int, int]:
    """Height and width of a plate that is seen far away."""
    rows = int(chance.integers(11, 22))
    return rows, int(rows * chance.uniform(3.0, 4.2))


def far_away(seen: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Few pixels in little light: one look, coded, or the average of several, which has less noise and no blocks."""
    looks = int(chance.choice((1, 1, 2, 4, 8, 16)))
    light = chance.uniform(0.18, 1.0)
    noise = chance.uniform(1, 3) + 5 * (1 - light)
    seen = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), chance.uniform(0.3, 0.8)) * light
    picture = np.clip(seen + chance.normal(0, noise / np.sqrt(looks), seen.shape), 0, 255).astype(np.uint8)
    if looks == 1:
        picture = coded(picture, int(chance.integers(60, 95)))
    how = cv2.INTER_LINEAR if chance.random() < 0.7 else cv2.INTER_CUBIC
    return cv2.resize(picture, (WIDTH, HEIGHT), interpolation=how)


def _askew(plate: np.ndarray, rows: int, columns: int, chance: np.random.Generator) -> np.ndarray:
    """Corners that miss by a little, plates that were not set straight, and what surrounds them."""
    height, width = plate.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    if chance.random() < 0.6:
        corners = np.asarray(square + chance.normal(0, 1, (4, 2)) * (0.015, 0.06), np.float64)
    else:  # an upright rectangle around a plate that stands askew, as finders of rectangles cut it out
        slope, slant = chance.uniform(-0.5, 0.5), chance.uniform(-0.15, 0.15)
        corners = np.asarray((square - 0.5) * (1 - abs(slant), 1 - abs(slope)), np.float64)
        corners = corners + corners[:, ::-1] * (slant / (1 - abs(slope)), slope / (1 - abs(slant))) + 0.5
        corners += chance.normal(0, 1, (4, 2)) * (0.008, 0.03)
    corners = (corners - 0.5) * (chance.normal(0.97, 0.025), chance.normal(0.93, 0.06)) + 0.5
    turn = cv2.getPerspectiveTransform(source, (corners * (columns, rows)).astype(np.float32))
    around = chance.uniform(0, 255, 3) if chance.random() < 0.6 else np.full(3, chance.uniform(5, 90))
    background = np.clip(around + chance.normal(0, 15, (4, 9, 3)), 0, 255).astype(np.float32)
    scene = cv2.resize(background, (columns, rows))
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), turn, (columns, rows), flags=cv2.INTER_LINEAR)
    shrink = max(1.0, height / rows / 1.5)
    soft = cv2.GaussianBlur(plate, (0, 0), 0.4 * shrink) if shrink > 1.2 else plate
    warped = cv2.warpPerspective(soft, turn, (columns, rows), flags=cv2.INTER_LINEAR)
    alpha = (mask.astype(np.float32) / 255)[:, :, None]
    return scene + alpha * (warped.astype(np.float32) - scene)


def _lit(seen: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Day, dusk, night, infrared, glare, a shadow across, a wrong white balance."""
    rows, columns = seen.shape[:2]
    draw = chance.random()
    if draw < 0.15:  # infrared or a grey camera: the ground's colour is gone, its brightness is another
        weights = chance.dirichlet((2, 2, 2)).astype(np.float32)
        seen = np.repeat(cv2.transform(seen.astype(np.float32), weights[None])[:, :, None], 3, 2)
    elif draw < 0.45:
        seen = seen * chance.uniform(0.75, 1.3, 3)
    contrast = chance.uniform(0.15, 1.15) if chance.random() < 0.3 else chance.uniform(0.7, 1.2)
    level = chance.uniform(10, 225)
    seen = (seen - 110) * contrast + (110 * contrast if contrast < 0.5 and chance.random() < 0.5 else level)
    if chance.random() < 0.3:
        slope = chance.uniform(-0.5, 0.5, 2)
        ramp = (
            1
            + slope[0] * np.linspace(-1, 1, columns)[None, :, None]
            + slope[1] * np.linspace(-1, 1, rows)[:, None, None]
        )
        seen = seen * ramp
    if chance.random() < 0.12:
        edge = int(chance.integers(0, rows))
        seen[edge:] *= chance.uniform(0.4, 0.8)
    if chance.random() < 0.08:
        x, y = chance.uniform(0, columns), chance.uniform(0, rows)
        grid = np.hypot(np.arange(columns)[None, :] - x, np.arange(rows)[:, None] - y)
        seen = seen + 140 * np.exp(-((grid / (rows * chance.uniform(0.3, 0.9))) ** 2))[:, :, None]
    return seen


def _blurred(seen: np.ndarray, rows: int, chance: np.random.Generator) -> np.ndarray:
    draw = chance.random()
    if draw < 0.5:
        return cv2.GaussianBlur(seen, (0, 0), max(0.05, chance.uniform(0.01, 0.055) * rows))
    if draw < 0.7:  # motion
        length = int(chance.integers(2, max(3, rows // 5)))
        kernel = np.zeros((length, length), np.float32)
        if chance.random() < 0.6:
            kernel[length // 2] = 1 / length
        else:
            np.fill_diagonal(kernel, 1 / length)
        return cv2.filter2D(seen, -1, kernel)
    return seen
