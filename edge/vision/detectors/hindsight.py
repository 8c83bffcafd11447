# SPDX-License-Identifier: Apache-2.0
"""Corrects the background afterwards: where a queue stood while it was learnt, the road shows between its cars.

Of two views of a place, the background and what it mostly looked like lately, a thing is in the one with edges.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.detectors.background import Background, Floats, Mask, differences
from edge.vision.source import Image

SAMPLES = 32
FIRST_SAMPLES = 12
EVERY = 7
"""Frames from sample to sample: a look back over 45 s at five frames a second, over 17 s after the start."""
OFTENER = 2.0
"""By how much more often the usual look must have come back than the learnt one for the learnt one to be an error."""
STANDING = 0.6
"""Part of the samples from which on what a place looks like may be a thing that stands there; less is a road in use."""
NEVER = 0.05
"""Part of the samples below which what was learnt has not been seen at all: it went away and will not come back."""
ALIKE = 16
BUSY = 0.3
"""Part of the samples in which a place was not background, for the background to be in doubt there."""
LEAST_PX = 60
GAP = 0.7
"""Edges around a region of one view, to those of the other, below which nothing stands there."""

COARSE = (9, 9)

_DOT = np.ones((3, 3), np.uint8)
_RING = np.ones((5, 5), np.uint8)


class Hindsight:
    """Samples of what one camera saw lately."""

    def __init__(self) -> None:
        self._pictures: list[Image] = []
        self._busy: list[Mask] = []
        self._frames = 0
        self._wanted = FIRST_SAMPLES

    def observe(self, picture: Image, busy: Mask, background: Background) -> bool:
        """Take in a frame; every while, correct the background. True if it was corrected."""
        self._frames += 1
        if self._frames % EVERY:
            return False
        self._pictures.append(picture)
        self._busy.append(busy)
        if len(self._pictures) < self._wanted:
            return False
        corrected = self._correct(background)
        self._pictures, self._busy, self._wanted = [], [], SAMPLES
        return corrected

    def _correct(self, background: Background) -> bool:
        busy = np.mean([mask > 0 for mask in self._busy], axis=0) > BUSY
        if np.count_nonzero(busy) < LEAST_PX:
            return False
        now = background.shown()
        samples = np.stack([picture[busy] for picture in self._pictures])
        mostly = now.copy()
        mostly[busy] = usual(samples)
        doubt = ((differences(mostly, now) > background.limit()) & busy).astype(np.uint8) * 255
        doubt = np.asarray(cv2.morphologyEx(doubt, cv2.MORPH_OPEN, _DOT), np.uint8)
        lately, learnt = alike(samples, mostly[busy]), alike(samples, now[busy])
        flow = np.zeros_like(doubt)
        flow[busy] = ((lately.mean(axis=0) < STANDING) & (_returns(lately) - _returns(learnt) >= OFTENER)) * 255
        flow &= doubt
        wrong = self._wrong(doubt, mostly, now) | np.asarray(cv2.medianBlur(flow, 5), np.uint8)
        if wrong.any():
            background.replace(mostly, wrong)
        return bool(wrong.any())

    def _wrong(self, doubt: Mask, mostly: Image, now: Image) -> Mask:
        """Regions in doubt that have their edges in the background."""
        joined = cv2.morphologyEx(doubt, cv2.MORPH_CLOSE, _RING)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
        wrong = np.zeros_like(doubt)
        edges = outline_strength(mostly), outline_strength(now)
        for label in range(1, count):
            if stats[label][cv2.CC_STAT_AREA] < LEAST_PX:
                continue
            region = (np.asarray(labels) == label).astype(np.uint8) * 255
            ring = cv2.morphologyEx(region, cv2.MORPH_GRADIENT, _RING)
            lately, learnt = (cv2.mean(strength, mask=ring)[0] for strength in edges)
            if lately < GAP * learnt:
                wrong |= np.asarray(cv2.dilate(region, _DOT), np.uint8)
        return wrong


def usual(samples: Image) -> Image:
    """Of samples [times, pixels, 3] the look that came back most often, pixel by pixel.

    Coming back counts, not lasting: between the cars of a queue the road comes back each time, and no car does.
    """
    votes = np.stack([_returns(alike(samples, one)) for one in samples])
    chosen = votes.argmax(axis=0)
    return np.asarray(samples[chosen, np.arange(samples.shape[1])], np.uint8)


def alike(samples: Image, colours: Image) -> NDArray[np.bool_]:
    """Which samples [times, pixels, 3] look like the given colour of each pixel."""
    off = np.maximum(samples, colours) - np.minimum(samples, colours)
    return np.asarray(off.max(axis=2) <= ALIKE)


def _returns(seen: NDArray[np.bool_]) -> Floats:
    """How often what is `seen` [times, pixels] began anew; where equally often, the longer seen is ahead."""
    begun = seen[0].astype(np.float32) + (seen[1:] & ~seen[:-1]).sum(axis=0)
    return np.asarray(begun + 0.9 * seen.mean(axis=0), np.float32)


def outline_strength(image: Image) -> Floats:
    """How strong the coarse edges of a picture are: of things, not of the markings and stones beneath them."""
    grey = cv2.blur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), COARSE)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return np.asarray(np.abs(across) + np.abs(down), np.float32)
