# SPDX-License-Identifier: Apache-2.0
"""Whether a frame is worth the detector: cheap first, careful second, and never closed on somebody who stands still.

Stage one compares a grey thumbnail with its own running mean, less the change that all of it shares (a cloud). Only
what passes it costs stage two: a background model (MOG2) that knows shadows and noise; it asks for a blob of some size.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.source import Image

Grey = NDArray[np.float32]

_MODEL_COLUMNS = 320
_MEAN_TAU_S = 4.0
"""The mean follows light within seconds; a car passes in less."""
_SHARP = 14.0
"""Grey levels by which a spot of the thumbnail must differ: four times a noisy camera's, after averaging."""
_SPOTS = 6
"""So many spots, or it is noise: a person at the far end of a street still covers twice as many."""
_GLOBAL_SHARE = 0.6
"""When more of the picture than this changes at once, the light was switched or the camera moved: learn anew."""
_BLOB_SHARE = 0.0006
"""Part of the picture one moving thing must cover: 35 of 320 x 180, a car of 50 pixels in 1280."""
_LEARN_EVERY_S = 2.0
"""The background model learns from calm frames too, but not from all of them: it is the dear part."""
_SETTLE_S = 2.0
"""At the start everything is new, and no model can tell what moves: what stands there must be seen once."""
_MODEL_TAU_S = 20.0
_FOREGROUND = 255
"""MOG2 marks shadows 127."""
_CROSS = np.array(((0, 1, 0), (1, 1, 1), (0, 1, 0)), np.uint8)


class Gate:
    """Decides for one fixed camera, frame by frame, in the order of capture times."""

    def __init__(self) -> None:
        self._mean: Grey | None = None
        self._model = cv2.createBackgroundSubtractorMOG2(history=200, varThreshold=25, detectShadows=True)
        self._at_us = 0
        self._learnt_us = 0
        self._settled_us = 0
        self._calm_us = 0
        """When the light was last not being switched: a picture that changes all over for long cannot be judged."""

    def opens(self, at_us: int, image: Image, *, held: bool) -> bool:
        """Whether something moves, or `held` (a track lives). Every frame must be shown, since each one teaches."""
        small = _small(image)
        thumb = _thumbnail(small)
        if self._mean is None or self._mean.shape != thumb.shape:
            self._begin_anew(at_us, small, thumb, first=True)
            return True
        gap_s = max(0.0, (at_us - self._at_us) / 1e6)
        self._at_us = at_us
        difference = thumb - self._mean
        difference -= float(np.median(difference))
        changed = int(np.count_nonzero(np.abs(difference) > _SHARP))
        if changed > _GLOBAL_SHARE * thumb.size:
            self._begin_anew(at_us, small, thumb, first=False)
            return held or at_us - self._calm_us > _SETTLE_S * 1e6
        self._calm_us = at_us
        self._mean += (thumb - self._mean) * (1 - math.exp(-gap_s / _MEAN_TAU_S))
        moves = changed >= _SPOTS
        blob = self._shows_blob(at_us, small) if moves or self._learning_due(at_us) else False
        return held or (moves and blob) or at_us < self._settled_us

    def _begin_anew(self, at_us: int, small: Image, thumb: Grey, *, first: bool) -> None:
        self._mean = thumb
        self._at_us = self._learnt_us = at_us
        self._model.apply(small, learningRate=1.0)
        if first:
            self._settled_us = at_us + round(_SETTLE_S * 1e6)
            self._calm_us = at_us

    def _learning_due(self, at_us: int) -> bool:
        return at_us - self._learnt_us >= _LEARN_EVERY_S * 1e6

    def _shows_blob(self, at_us: int, small: Image) -> bool:
        gap_s = (at_us - self._learnt_us) / 1e6
        self._learnt_us = at_us
        mask = self._model.apply(small, learningRate=1 - math.exp(-gap_s / _MODEL_TAU_S))
        moving = cv2.morphologyEx((mask == _FOREGROUND).astype(np.uint8), cv2.MORPH_OPEN, _CROSS)
        _, _, stats, _ = cv2.connectedComponentsWithStats(moving, connectivity=8)
        largest = int(stats[1:, cv2.CC_STAT_AREA].max(initial=0))
        return largest >= _BLOB_SHARE * moving.size


def _small(image: Image) -> Image:
    """320 columns and an even number of rows. Thinned out, not averaged: that would cost ten times this."""
    rows, columns = image.shape[:2]
    size = (_MODEL_COLUMNS, max(2, 2 * round(rows * _MODEL_COLUMNS / columns / 2)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _thumbnail(small: Image) -> Grey:
    """Grey, half as large; exactly half, since averaging over whole pixels is much cheaper."""
    rows, columns = small.shape[:2]
    half = cv2.resize(small, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(half, cv2.COLOR_BGR2GRAY), np.float32)
