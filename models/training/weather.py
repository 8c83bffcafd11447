# SPDX-License-Identifier: Apache-2.0
"""Light from noon to night, infrared, rain, haze, blur, noise and hard compression, put on a clean picture.

`coded` and `streaked` serve all recipes; what else one of them does to its pictures stands beside it.
"""

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Range = tuple[int, int]
_GRAIN = np.random.default_rng(0).normal(0, 1, (1024, 1024, 3)).astype(np.float32)


def spoilt(picture: Picture, chance: np.random.Generator) -> Picture:
    """Spoil it, or, in a quarter of the cases, leave it."""
    if chance.random() < 0.25:
        return picture
    out = picture
    if chance.random() < 0.85:
        out = _light(out, chance)
    if chance.random() < 0.12:
        out = np.asarray(cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    if chance.random() < 0.07:
        out = _rain(out, chance)
    if chance.random() < 0.15:
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), float(chance.uniform(0.4, 1.5))), np.uint8)
    if chance.random() < 0.2:
        out = _grainy(out, chance)
    if chance.random() < 0.2:
        out = coded(out, int(chance.integers(25, 80)))
    return out


def captioned(picture: Picture, chance: np.random.Generator) -> Picture:
    """With what cameras write into their pictures: lines of date, time and place, white or black, boxed or outlined."""
    out, side = picture.copy(), picture.shape[0]
    ink, ground = ((255, 255, 255), (0, 0, 0)) if chance.random() < 0.8 else ((0, 0, 0), (255, 255, 255))
    scale, font = float(chance.uniform(0.25, 1.1)) * side / 416, int(chance.integers(0, 8))
    x, above = int(chance.uniform(0, 0.7) * side), chance.random() < 0.5
    y = int(chance.uniform(0.03, 0.1) * side if above else chance.uniform(0.85, 0.97) * side)
    boxed = chance.random() < 0.4
    for line in range(int(chance.integers(1, 4))):
        text = "".join(chance.choice(list("0123456789:-/ ABCDEFGHIKLMNOPRSTUVX"), int(chance.integers(3, 24))))
        (wide, high), below = cv2.getTextSize(text, font, scale, 1)
        foot = y + round(line * 1.5 * high)
        if boxed:
            cv2.rectangle(out, (x, foot - high - 2), (x + wide, foot + below), ground, -1)
        else:
            cv2.putText(out, text, (x, foot), font, scale, ground, 3, cv2.LINE_AA)
        cv2.putText(out, text, (x, foot), font, scale, ink, 1, cv2.LINE_AA)
    return out


def coded(picture: Picture, quality: int) -> Picture:
    """The picture as it comes back from JPEG of that quality, 0 to 100."""
    _, packed = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def streaked(
    image: Picture | npt.NDArray[np.float32], chance: np.random.Generator, drops: Range, length: Range, glow: Range
) -> None:
    """Draw rain as one look catches it: so many streaks, so long, so bright, all leaning the same way."""
    high, wide = image.shape[:2]
    lean = float(chance.uniform(-0.35, 0.35))
    for _ in range(int(chance.integers(*drops))):
        x, y, far = int(chance.integers(wide)), int(chance.integers(high)), int(chance.integers(*length))
        light = float(chance.uniform(*glow))
        cv2.line(image, (x, y), (int(x + lean * far), y + far), (light, light, light), 1)


def _light(picture: Picture, chance: np.random.Generator) -> Picture:
    """One curve per colour: contrast, brightness, dusk and haze."""
    ramp = np.arange(256, dtype=np.float32)[:, None]
    curve = (ramp - 114) * float(chance.uniform(0.6, 1.4)) + 114 + float(chance.normal(0, 16))
    curve = curve * chance.uniform(0.88, 1.12, 3)
    if chance.random() < 0.2:
        curve = (
            255 * (np.clip(curve, 0, 255) / 255) ** float(chance.uniform(1.3, 2.6)) * float(chance.uniform(0.45, 0.9))
        )
    if chance.random() < 0.08:
        curve = curve * (haze := float(chance.uniform(0.4, 0.8))) + 205 * (1 - haze)
    table = np.clip(curve, 0, 255).astype(np.uint8).reshape(1, 256, 3)
    return np.asarray(cv2.LUT(picture, table), np.uint8)


def _grainy(picture: Picture, chance: np.random.Generator) -> Picture:
    high, wide = picture.shape[:2]
    y, x = int(chance.integers(1024 - high)), int(chance.integers(1024 - wide))
    grain = _GRAIN[y : y + high, x : x + wide] * float(chance.uniform(2, 14))
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def _rain(picture: Picture, chance: np.random.Generator) -> Picture:
    streaks = np.zeros_like(picture)
    streaked(streaks, chance, (60, 200), (6, 24), (60, 60))
    return np.asarray(cv2.add(picture, cv2.GaussianBlur(streaks, (0, 0), 0.7)), np.uint8)
