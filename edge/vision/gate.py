# SPDX-License-Identifier: Apache-2.0
"""Whether a frame is worth the detector: cheap first, careful second, and never closed on somebody who stands still.

Stage one compares a grey thumbnail with its own running mean, less the change that all of it shares (a cloud). Only
what passes it costs stage two: a background model (MOG2) that knows shadows and noise; it asks for a blob of some size.
In the dark it also asks that the blob moves on from look to look as things do that have a weight: what flies around the
camera's lamp is now here, now there.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.source import Image

Grey = NDArray[np.float32]
Small = NDArray[np.uint8]

_MODEL_COLUMNS = 320
_MEAN_TAU_S = 4.0
"""The mean follows light within seconds; a car passes in less."""
_SHARP = 14.0
"""Grey levels by which a spot of the thumbnail must differ: four times a noisy camera's, after averaging."""
_SPOTS = 6
"""So many spots, or it is noise: a person at the far end of a street still covers twice as many."""
_GLOBAL_SHARE = 0.35
"""When more of the picture than this changes at once, the light was switched or the camera moved: learn anew."""
_BLOB_SHARE = 0.0006
"""Part of the picture one moving thing must cover: 35 of 320 x 180, a car of 50 pixels in 1280."""
_LEARN_EVERY_S = 2.0
"""The background model learns from calm frames too, but not from all of them: it is the dear part."""
_SETTLE_S = 2.0
"""At the start everything is new, and no model can tell what moves: what stands there must be seen once."""
_MODEL_TAU_S = 20.0
_MIXTURES = 3
"""Of grey levels each pixel is a mixture of: 2 MiB for each camera, where five of colours take 6 and see no more."""
_GREY_CHROMA, _COLOUR_CHROMA = 1.5, 4.0
"""Below the first a picture is one of infrared light, above the second one of colours; in between it is as it was."""
_DARK = 80.0
"""Levels on average, below which a picture without colours was taken at night."""
_REACH, _REACH_PER_S = 0.06, 0.9
"""How far a thing may have come since the last look, in picture widths: so far, and so much more each second."""
_ALIKE = 2.5
"""By what factor its size may have changed."""
_LINKS = 2
"""So many looks in a row one and the same thing must have moved on, before it counts in the dark."""
_FOREGROUND = 255
"""MOG2 marks shadows 127."""
_CROSS = np.array(((0, 1, 0), (1, 1, 1), (0, 1, 0)), np.uint8)


@dataclass(frozen=True, slots=True)
class _Blob:
    """The largest moving thing: its middle in picture widths, its area in pixels of the small picture."""

    x: float
    y: float
    area: int


class Gate:
    """Decides for one fixed camera, frame by frame, in the order of capture times."""

    def __init__(self) -> None:
        self._mean: Grey | None = None
        self._model = cv2.createBackgroundSubtractorMOG2(history=200, varThreshold=25, detectShadows=True)
        self._model.setNMixtures(_MIXTURES)
        self._at_us = 0
        self._learnt_us = 0
        self._settled_us = 0
        self._calm_us = 0
        """When the light was last not being switched: a picture that changes all over for long cannot be judged."""
        self._colours = True
        self._last: _Blob | None = None
        self._links = 0
        self.curious = False
        """Whether something was seen that one more look, and soon, would tell from an insect."""

    def opens(self, at_us: int, image: Image, *, held: bool) -> bool:
        """Whether something moves, or `held` (a track lives). Every frame must be shown, since each one teaches."""
        thinned = _thinned(image)
        switched = self._colours_switched(thinned)
        small = np.asarray(cv2.cvtColor(thinned, cv2.COLOR_BGR2GRAY), np.uint8)
        thumb = _thumbnail(small)
        if self._mean is None or self._mean.shape != thumb.shape:
            self._begin_anew(at_us, small, thumb, first=True)
            return True
        gap_s = max(0.0, (at_us - self._at_us) / 1e6)
        self._at_us = at_us
        difference = thumb - self._mean
        difference -= float(np.median(difference))
        changed = int(np.count_nonzero(np.abs(difference) > _SHARP))
        if switched or changed > _GLOBAL_SHARE * thumb.size:
            self._begin_anew(at_us, small, thumb, first=False)
            return held or at_us - self._calm_us > _SETTLE_S * 1e6
        self._calm_us = at_us
        self._mean += (thumb - self._mean) * (1 - math.exp(-gap_s / _MEAN_TAU_S))
        moves = changed >= _SPOTS
        blob = self._blob(at_us, small) if moves or self._learning_due(at_us) else None
        dark = not self._colours and float(thumb.mean()) < _DARK
        moves = self._moves_on(blob if moves else None, gap_s, dark=dark)
        return held or moves or at_us < self._settled_us

    def _colours_switched(self, thinned: Image) -> bool:
        """Whether the camera has just gone over to infrared light, or back."""
        blue, green, red = cv2.split(thinned[::4, ::4])
        chroma = float(cv2.absdiff(blue, green).mean() + cv2.absdiff(red, green).mean())
        before = self._colours
        self._colours = chroma > (_GREY_CHROMA if before else _COLOUR_CHROMA)
        return self._colours != before

    def _moves_on(self, blob: _Blob | None, gap_s: float, *, dark: bool) -> bool:
        """Whether there is a thing that moves; in the dark, one that was seen to move on."""
        last, self._last = self._last, blob
        self._links = self._links + 1 if blob and last and _follows(blob, last, gap_s) else 0
        self.curious = dark and blob is not None and self._links < _LINKS
        return blob is not None and not self.curious

    def _begin_anew(self, at_us: int, small: Small, thumb: Grey, *, first: bool) -> None:
        self._mean = thumb
        self._at_us = self._learnt_us = at_us
        self._model.apply(small, learningRate=1.0)
        if first:
            self._settled_us = at_us + round(_SETTLE_S * 1e6)
            self._calm_us = at_us

    def _learning_due(self, at_us: int) -> bool:
        return at_us - self._learnt_us >= _LEARN_EVERY_S * 1e6

    def _blob(self, at_us: int, small: Small) -> _Blob | None:
        gap_s = (at_us - self._learnt_us) / 1e6
        self._learnt_us = at_us
        mask = self._model.apply(small, learningRate=1 - math.exp(-gap_s / _MODEL_TAU_S))
        moving = cv2.morphologyEx((mask == _FOREGROUND).astype(np.uint8), cv2.MORPH_OPEN, _CROSS)
        count, _, stats, middles = cv2.connectedComponentsWithStats(moving, connectivity=8)
        if count == 1:
            return None
        largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
        area, (x, y) = int(stats[largest, cv2.CC_STAT_AREA]), middles[largest]
        return _Blob(x / _MODEL_COLUMNS, y / _MODEL_COLUMNS, area) if area >= _BLOB_SHARE * moving.size else None


def _follows(now: _Blob, before: _Blob, gap_s: float) -> bool:
    alike = 1 / _ALIKE < now.area / before.area < _ALIKE
    return alike and math.hypot(now.x - before.x, now.y - before.y) <= _REACH + _REACH_PER_S * gap_s


def _thinned(image: Image) -> Image:
    """320 columns and an even number of rows. Thinned out, not averaged: that would cost ten times this."""
    rows, columns = image.shape[:2]
    size = (_MODEL_COLUMNS, max(2, 2 * round(rows * _MODEL_COLUMNS / columns / 2)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _thumbnail(small: Small) -> Grey:
    """Half as large; exactly half, since averaging over whole pixels is much cheaper."""
    rows, columns = small.shape
    half = cv2.resize(small, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.float32)
