# SPDX-License-Identifier: Apache-2.0
"""Whether pictures still come from a lens: one that is repeated for long is frozen, bit by bit or encoded anew.

A quiet street at night may stand as still. So a picture that only nearly repeats itself is called frozen where hardly
a second used to pass without something moving, or where it lasts far longer than it ever did.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

STILL_S: Final = 20.0
"""An encoder may repeat a quiet picture bit by bit until its next key frame, ten seconds at most."""
STILL_BLOCKS: Final = 0.05
"""A clock that the camera writes into its pictures runs on in a frozen one, but covers no more than this."""
BLOCKS: Final = (16, 9)
ENCODED: Final = 0.8
"""Levels by which the mean of a block may differ when the same picture is encoded again."""
LIVELY: Final = 0.8
"""Share of looks that find something moved, from which on stillness is nothing usual."""
LIVELY_TAU_S: Final = 60.0
LEARNT_S, LONGEST_S = 40.0, 600.0
LONGER: Final = 4.0


class Stillness:
    """Fed with one camera's grey pictures of one size, about once a second."""

    def __init__(self) -> None:
        self._same: Grey | None = None
        self._same_us = 0
        self._changed = np.zeros(BLOCKS[::-1], np.bool_)
        self._means: NDArray[np.float32] | None = None
        self._means_us = self._begun_us = self._looked_us = 0
        self._lively = 0.0
        self._longest_s = 0.0
        self._frozen = False

    def repeats(self, at_us: int, grey: Grey) -> bool:
        """Whether the picture has been the same for long, but for a clock in it."""
        if self._same is not None:
            _, off = cv2.threshold(cv2.absdiff(grey, self._same), 0, 255, cv2.THRESH_BINARY)
            # One pixel of a block's 400 is more than half a level of its mean.
            self._changed |= np.asarray(cv2.resize(off, BLOCKS, interpolation=cv2.INTER_AREA)) > 0
        if self._same is None or self._changed.mean() > STILL_BLOCKS:
            self._same, self._same_us = grey, at_us
            self._changed[:] = False
        return at_us - self._same_us >= STILL_S * 1e6

    def nearly_repeats(self, at_us: int, grey: Grey) -> bool:
        """Whether it has been the same but for what an encoder makes of it, which this camera's never was so long."""
        means = np.asarray(cv2.resize(grey.astype(np.float32), BLOCKS, interpolation=cv2.INTER_AREA), np.float32)
        self._begun_us = self._begun_us or at_us
        gap_s = min(10.0, abs(at_us - self._looked_us) / 1e6) if self._looked_us else 1.0
        self._looked_us = at_us
        still_s = (at_us - self._means_us) / 1e6
        moved = self._means is None or bool((np.abs(means - self._means) > ENCODED).mean() > STILL_BLOCKS / 2)
        known_s = (at_us - self._begun_us) / 1e6
        busy = known_s - still_s >= LEARNT_S - STILL_S and self._lively >= LIVELY and self._longest_s * 5 <= STILL_S
        long = known_s - still_s >= LONGEST_S and still_s >= LONGER * self._longest_s
        frozen = not moved and still_s >= STILL_S and (busy or long)
        if not frozen and still_s < STILL_S / 4:
            # Who has begun to stand still is no less lively for that until it is known why.
            self._lively += (moved - self._lively) * min(1.0, gap_s / min(LIVELY_TAU_S, known_s + gap_s))
        if moved:
            if self._means is not None and not self._frozen:
                self._longest_s = max(self._longest_s, still_s)
            self._means, self._means_us = means, at_us
        self._frozen = frozen
        return frozen
