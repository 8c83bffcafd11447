# SPDX-License-Identifier: Apache-2.0
"""What a fixed camera sees when nothing is there: learnt slowly, and never from what stands in front of it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.source import Image

Mask = NDArray[np.uint8]
"""Height × width, 0 or 255."""
Floats = NDArray[np.float32]

LEARN = 0.02
"""Weight of one frame: at five frames a second the background follows the sun within ten seconds."""
LEARN_LEVEL = 0.2
"""Weight of one frame in the level of brightness, which exposure changes within a second."""
LEARN_NOISE = 0.02
NOISE_FACTOR = 3.0
"""A difference counts from this many times the usual one on."""
LEAST = 14
"""Levels of grey below which a difference is the sensor's, not the scene's."""
MOST = 60
"""A place as restless as this (leaves, water) still sees a car."""
SAMPLE = 8
"""Every eighth pixel across and down tells how bright the whole is."""
GAINS = (0.4, 2.5)
SUDDEN = 0.1
"""A change of exposure that is followed at once: a large white car has come into the picture, or gone."""
DARKER = (0.45, 0.95)
"""How bright a shadow is, in parts of what it falls on."""
DEEP = 0.55
"""Below this a shadow may as well be black paint: what surrounds it decides."""
FAINT_PX, DEEP_PX = 255, 128
"""How the two kinds are marked."""
TINTED = 9
"""Levels by which a colour may be off in a shadow."""

_NEIGHBOURS = np.ones((3, 3), np.uint8)


class Background:
    """The background of pictures of one size, and how restless each pixel is."""

    def __init__(self, first: list[Image], noise: Mask | None = None) -> None:
        """Begin with the median of a few pictures, so that passers-by leave no trace, or with one that was kept."""
        self.colours: Floats = np.median(np.stack(first), axis=0).astype(np.float32)
        spread = np.abs(np.stack(first).astype(np.float32) - self.colours).max(axis=3)
        self._noise: Floats = (np.median(spread, axis=0) if noise is None else noise).astype(np.float32)
        self._gain = np.ones(3, np.float32)

    def remembered(self) -> tuple[Image, Mask]:
        """Colours and noise, as they may be kept."""
        return cv2.convertScaleAbs(self.colours), cv2.convertScaleAbs(self._noise)  # type: ignore[return-value]

    def expected(self, picture: Image, busy: Mask) -> Image:
        """The background as the camera would show it at its present exposure; `busy` pixels tell nothing of that."""
        idle = busy[::SAMPLE, ::SAMPLE] == 0
        if idle.sum() > idle.size // 5:
            now = picture[::SAMPLE, ::SAMPLE][idle].astype(np.float32) + 1.0
            usual = self.colours[::SAMPLE, ::SAMPLE][idle] + 1.0
            gain = np.clip(np.median(now / usual, axis=0), *GAINS).astype(np.float32)
            sudden = np.abs(gain - self._gain).max() > SUDDEN
            self._gain = gain if sudden else self._gain + LEARN_LEVEL * (gain - self._gain)
        return self.shown()

    def shown(self) -> Image:
        """The background at the exposure that was last found."""
        return self.lit(self.colours)

    def lit(self, colours: Floats) -> Image:
        """Colours without exposure, as the camera would show them now."""
        return np.asarray(cv2.convertScaleAbs(cv2.transform(colours, np.diag(self._gain))), np.uint8)

    def limit(self) -> Mask:
        """How large a difference must be at each pixel to mean anything."""
        limit: Mask = np.clip(self._noise * NOISE_FACTOR, LEAST, MOST).astype(np.uint8)
        return limit

    def learn(self, picture: Image, difference: Mask, idle: Mask, strange: Mask) -> None:
        """Take in the `idle` pixels of a picture. `strange` ones only tell how restless a place is."""
        cv2.accumulateWeighted(self.unlit(picture), self.colours, LEARN, mask=idle & ~strange)
        cv2.accumulateWeighted(difference, self._noise, LEARN_NOISE, mask=idle)

    def replace(self, picture: Image, where: Mask) -> None:
        """Believe at once that what is seen there is background."""
        cv2.copyTo(self.unlit(picture), where, self.colours)

    def unlit(self, picture: Image) -> Floats:
        """Colours of a picture with its exposure taken out."""
        return np.asarray(cv2.transform(picture.astype(np.float32), np.diag(1 / self._gain)), np.float32)


def differences(picture: Image, expected: Image) -> Mask:
    """The largest difference of the three colours to anything next to the pixel: a shaking pole shifts edges by one."""
    lowest, highest = cv2.erode(expected, _NEIGHBOURS), cv2.dilate(expected, _NEIGHBOURS)
    off = cv2.max(cv2.subtract(picture, highest), cv2.subtract(lowest, picture))
    blue, green, red = cv2.split(off)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def shadows(picture: Image, expected: Image) -> Mask:
    """Where the picture is the background, only darker, and of the same colour: `FAINT_PX` or `DEEP_PX`, else 0."""
    seen, there = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.cvtColor(expected, cv2.COLOR_BGR2GRAY)
    ratio = cv2.divide(seen, there, dtype=cv2.CV_32F)
    darkened = cv2.multiply(expected, cv2.merge((ratio, ratio, ratio)), dtype=cv2.CV_8U)
    blue, green, red = cv2.split(cv2.absdiff(picture, darkened))
    tinted = cv2.max(cv2.max(blue, green), red)
    dark = cv2.inRange(ratio, np.array(DARKER[0]), np.array(DARKER[1]))
    _, same_colour = cv2.threshold(tinted, TINTED, 255, cv2.THRESH_BINARY_INV)
    shadow = np.asarray(cv2.bitwise_and(dark, same_colour), np.uint8)
    shadow[(shadow > 0) & (np.asarray(ratio) < DEEP)] = DEEP_PX
    return shadow
