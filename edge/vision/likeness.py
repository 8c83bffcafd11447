# SPDX-License-Identifier: Apache-2.0
"""How alike two looks of a place are, whatever the light. Arrays in, one number out; no picture library.

A look is the slopes of brightness in a box, block by block (`looks.py` makes it). Blocks are compared by normalised
correlation, each for itself: a shadow's edge, a headlight or a passer-by spoils the blocks that it touches, and the
worst quarter is not counted.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Look = NDArray[np.float32]
"""[blocks, slopes]: 16 blocks of 4 × 4 cells, across and down for each cell."""

SAME = 0.7
"""From here on it is the same thing in the same place. Of 287 pairs of different cars on a real car park, brought to
the same box, none reached 0.65; the same car in a picture five minutes later had 0.90 or more."""
DIFFERENT = 0.4
"""Up to here it is something else: 92 of 100 such pairs, and 2 of 100 of the same car after gain, gamma, tint, shadow,
headlights, noise and a shift by two pixels had all been changed at once."""
NOISE = 0.03
"""Slopes below this, in parts of the brightness, are the sensor's."""
FOLLOWED = 0.8
"""A change that leaves so much likeness is slow: the sun."""
LEARN = np.float32(0.3)
RENEW_US, RENEW_AT_LEAST_US = 10_000_000, 40_000_000
"""A new portrait is renewed so soon; one that hardly changes, half as often each time, down to the latter."""
STEADY = 0.9
KEPT = 3
"""Looks of one object: by day, by lamp, in the sun."""
SPOILT = 0.25
"""Part of what there is to compare that may be spoilt: the worst of it is left out."""


def likeness(one: Look, other: Look) -> float:
    """-1 to 1; 1 is the same but for the light."""
    floor = NOISE * NOISE * one.shape[1]
    mine, theirs = np.einsum("ij,ij->i", one, one) + floor, np.einsum("ij,ij->i", other, other) + floor
    agreement = np.einsum("ij,ij->i", one, other) / np.sqrt(mine * theirs)
    weight = np.sqrt(np.maximum(mine, theirs))
    # A plate or a lamp of high contrast is not the whole car, and where neither shows anything there is nothing to say.
    weight = np.minimum(weight, 2 * np.partition(weight, len(weight) // 2)[len(weight) // 2]) - floor**0.5
    order = np.argsort(agreement)
    chosen = order[np.cumsum(weight[order]) > SPOILT * weight.sum()]
    return float((agreement[chosen] * weight[chosen]).sum() / max(1e-9, weight[chosen].sum()))


class Portrait:
    """How one standing object has looked in its place: by day, by lamp, in the sun."""

    __slots__ = ("_looks", "_wait_us", "due_us")

    def __init__(self, at_us: int, look: Look) -> None:
        self._wait_us = RENEW_US
        self.due_us = at_us + RENEW_US
        """When it should be renewed."""
        self._looks = [look]

    def renew(self, at_us: int, look: Look) -> None:
        """Take in how it looks now; slow changes are followed, sudden ones kept beside what was."""
        alike = likeness(self._looks[-1], look)
        self._wait_us = min(2 * self._wait_us, RENEW_AT_LEAST_US) if alike > STEADY else RENEW_US
        self.due_us = at_us + self._wait_us
        if alike > FOLLOWED:
            self._looks[-1] = (1 - LEARN) * self._looks[-1] + LEARN * look
        else:
            self._looks = [*self._looks[1 - KEPT :], look]

    def likeness(self, looks: Iterable[Look]) -> float:
        """Of the most alike of what it looked like and what is given."""
        return max((likeness(mine, look) for look in looks for mine in self._looks), default=-1.0)
