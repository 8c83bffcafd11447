# SPDX-License-Identifier: Apache-2.0
"""What happens before a camera: five ways to lose its view, each in several strengths, and what only looks like one."""

from collections.abc import Callable
from functools import cache
from typing import Final

import cv2
import numpy as np

from edge.vision.source import Image

Happening = Callable[[Image, float], Image]
"""The picture as it should be and the seconds since it began, to the picture as it comes."""
MARGIN: Final = 1 / 6
"""Of the picture, on each side, is kept back for what turns the camera; else its border would give it away."""


def losses() -> dict[str, dict[str, Happening]]:
    """By the view that is to be told, what is done and how."""
    return {
        "blurred": {
            "sigma 2": lambda image, _: _soft(image, 2),
            "sigma 4": lambda image, _: _soft(image, 4),
            "sigma 8": lambda image, _: _soft(image, 8),
            "disc 5": lambda image, at_s: _grainy(_disc(image, 5), at_s, 1.5),
        },
        "turned": {
            "shift 5 %": lambda image, _: _seen_from(image, across=0.05),
            "shift 10 %": lambda image, _: _seen_from(image, across=-0.08, down=0.06),
            "shift 25 %": lambda image, _: _seen_from(image, across=0.25),
            "rotated 5": lambda image, _: _seen_from(image, degrees=5),
            "zoom 1.2": lambda image, _: _seen_from(image, zoom=1.2),
        },
        "covered": {
            "60 %": lambda image, at_s: _behind_hand(image, 0.6, at_s),
            "90 %": lambda image, at_s: _behind_hand(image, 0.9, at_s),
            "100 %": lambda image, at_s: _behind_hand(image, 1.2, at_s),
        },
        "dark": {
            "cap": lambda image, at_s: _grainy(_lit(image, 0.0), at_s, 2.0),
            "3 %": lambda image, at_s: _grainy(_lit(image, 0.03), at_s, 3.0),
            "6 %": lambda image, at_s: _grainy(_lit(image, 0.06), at_s, 4.0),
        },
        "frozen": {"exactly": _Frozen(), "encoded anew": _Frozen(anew=True)},
    }


def controls() -> dict[str, Happening]:
    """What leaves the view what it is."""
    return {
        "nothing": lambda image, _: image,
        "lorries": _lorries,
        "headlights": _headlights,
        "dusk": lambda image, at_s: _grainy(_lit(image, max(0.15, 1 - at_s / 100)), at_s, 1 + min(3.0, at_s / 30)),
        "rain": _rain,
        "exposure": lambda image, at_s: _lit(image, (1.0, 0.6, 1.5, 0.8)[int(at_s / 8) % 4]),
        "sway": lambda image, at_s: np.roll(image, (int(at_s * 7) % 3 - 1, int(at_s * 11) % 3 - 1), axis=(0, 1)),
        "infrared": lambda image, at_s: _grainy(_infrared(image), at_s, 3.0),
    }


def framed(image: Image) -> Image:
    """The middle of a picture, as a camera sees it that can still be turned."""
    return _seen_from(image)


def _seen_from(image: Image, across: float = 0.0, down: float = 0.0, degrees: float = 0.0, zoom: float = 1.0) -> Image:
    rows, columns = image.shape[:2]
    wide, high = round(columns * (1 - 2 * MARGIN)), round(rows * (1 - 2 * MARGIN))
    middle = (columns / 2 + across * wide, rows / 2 + down * high)
    turn = cv2.getRotationMatrix2D(middle, degrees, zoom)
    turn[:, 2] += np.array((wide / 2, high / 2)) - middle
    return np.asarray(cv2.warpAffine(image, turn, (wide, high), borderMode=cv2.BORDER_REFLECT), np.uint8)


def _soft(image: Image, sigma: float) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def _disc(image: Image, radius: int) -> Image:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.float32)
    return np.asarray(cv2.filter2D(image, -1, disc / disc.sum()), np.uint8)


@cache
def _sheet(rows: int, columns: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    """Noise of standard deviation 10."""
    noise = np.random.default_rng(11).normal(0, 10, (rows + 64, columns + 64, 3))
    return np.asarray(noise, np.int16)


def _grainy(image: Image, at_s: float, strong: float) -> Image:
    rows, columns = image.shape[:2]
    down, across = int(at_s * 37) % 64, int(at_s * 53) % 64
    noise = _sheet(rows, columns)[down : down + rows, across : across + columns]
    return np.asarray(np.clip(image + noise * np.float32(strong / 10), 0, 255), np.uint8)


def _lit(image: Image, gain: float) -> Image:
    return np.asarray(cv2.convertScaleAbs(image, alpha=gain), np.uint8)


def _infrared(image: Image) -> Image:
    """Grey, darker, with what is green bright, as leaves are."""
    grey = image.astype(np.float32) @ np.array((0.1, 0.7, 0.2), np.float32) * 0.5
    return np.asarray(np.repeat(grey[..., None], 3, axis=2), np.uint8)


@cache
def _hand(rows: int, columns: int) -> Image:
    """Dark, soft folds of skin out of focus."""
    coarse = np.random.default_rng(5).normal(0, 1, (9, 16)).astype(np.float32)
    folds = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC) * 9
    return np.asarray(np.clip(np.stack((26 + folds * 0.8, 32 + folds * 0.9, 46 + folds), axis=2), 0, 255), np.uint8)


def _behind_hand(image: Image, share: float, at_s: float) -> Image:
    """A hand before the lens from the left, with a soft edge and a tremor."""
    rows, columns = image.shape[:2]
    edge = columns * share + columns * 0.004 * np.sin(at_s * 5)
    cover = np.clip((edge - np.arange(columns, dtype=np.float32)) / (columns * 0.06), 0, 1)[None, :, None]
    return _grainy(np.asarray(image * (1 - cover) + _hand(rows, columns) * cover, np.uint8), at_s, 1.5)


class _Frozen:
    """One picture from now on; `anew`: through an encoder each time, which never gives quite the same."""

    def __init__(self, *, anew: bool = False) -> None:
        self._anew = anew
        self._kept: Image | None = None

    def __call__(self, image: Image, at_s: float) -> Image:
        if at_s <= 0 or self._kept is None or self._kept.shape != image.shape:
            self._kept = image.copy()
        if not self._anew:
            return self._kept
        quality = 60 + int(at_s * 17) % 36
        encoded = cv2.imencode(".jpg", _grainy(self._kept, at_s, 0.7), (cv2.IMWRITE_JPEG_QUALITY, quality))[1]
        return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def _lorries(image: Image, at_s: float) -> Image:
    """Every ten seconds one comes by, so near that it hides most of the picture for three of them."""
    rows, columns = image.shape[:2]
    left = round((at_s % 10) / 3 * 1.7 * columns - 0.7 * columns)
    out = image.copy()
    body = slice(max(0, left), max(0, min(columns, left + round(0.7 * columns))))
    colour = ((200, 205, 210), (60, 50, 45), (40, 60, 170))[int(at_s / 10) % 3]
    out[round(rows * 0.15) :, body] = colour
    out[round(rows * 0.85) : round(rows * 0.95), body] //= 3
    return out


def _headlights(image: Image, at_s: float) -> Image:
    """By night, with lamps that come nearer."""
    out = _grainy(_lit(image, 0.25), at_s, 3.0)
    rows, columns = out.shape[:2]
    near = (at_s % 6) / 6
    size = round((0.01 + 0.05 * near) * columns)
    glow = np.zeros((rows, columns), np.float32)
    for side in (-1, 1):
        place = round(columns * (0.5 + side * 0.1 * near)), round(rows * (0.4 + 0.5 * near))
        cv2.circle(glow, place, size, 255.0, -1)
    glow = np.asarray(cv2.blur(glow, (4 * size + 1, 4 * size + 1)), np.float32) * 1.5
    return np.asarray(np.clip(out + glow[..., None], 0, 255), np.uint8)


def _rain(image: Image, at_s: float) -> Image:
    """Streaks, less contrast, more noise."""
    rows, columns = image.shape[:2]
    chance = np.random.default_rng(int(at_s * 1000))
    out = np.asarray(cv2.convertScaleAbs(image, alpha=0.75, beta=25), np.uint8)
    for x, y in zip(chance.integers(0, columns, 250), chance.integers(0, rows, 250), strict=True):
        cv2.line(out, (int(x), int(y)), (int(x) + 2, int(y) + rows // 20), (205, 205, 200), 1, cv2.LINE_AA)
    return _grainy(out, at_s, 2.0)
