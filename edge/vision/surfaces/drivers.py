# SPDX-License-Identifier: Apache-2.0
"""Which of the things that a detector calls vehicles stand on a surface, and which are what was lost there.

Detectors take oil and loads for cars, and seen from straight above they are sure of it. But a vehicle drives to where
it stands, and it is about as large as those that drive over the place: what appeared there at once and is far smaller
is none, whatever the detector says.
"""

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from edge.core.geometry import Box
from edge.core.tracks import VEHICLES, Kind, Track
from edge.vision.surfaces.ground_look import Floats, GroundLook

APPROACH_US = 1_500_000
"""A vehicle was seen for longer than this before it stood; what was lost lay there at once."""
UNTOLD = frozenset({Kind.VEHICLE, Kind.TWO_WHEELER, Kind.OTHER})
"""Kinds by which a detector without a model calls whatever it finds."""
WEAK = 0.45
"""Of oil and loads a detector is less sure than of most cars, if it has seen the like of them."""
SMALL = 0.5
"""So much of the area of the smaller ones that drive over a place is no vehicle that stands there."""
KNOWN_LOOKS = 4
"""So many looks at a place's drivers tell how large they are there."""
SHRINK, GROW = 0.3, 0.05
"""How fast the size of a place's drivers follows a smaller one and a larger one: it keeps to the smaller ones."""


class Drivers:
    """How large vehicles are where they drive, learnt from those that do."""

    def __init__(self, ground: GroundLook, quiet_us: int) -> None:
        self._ground, self._quiet_us = ground, quiet_us
        shape = ground.inside.shape
        self._size: Floats = np.zeros(shape, np.float32)
        """Logarithm of the part of the picture that the smaller drivers cover, by the cell that they drive over."""
        self._seen: NDArray[np.int16] = np.zeros(shape, np.int16)

    def shades(self, tracks: Iterable[Track]) -> Iterator[Box]:
        """Where tracks stand or pass, with what they may throw on the road."""
        for track in tracks:
            if track.kind in VEHICLES and track.seen and track.still_since_us is None and not track.box.cut_off:
                self._learn(track.box)
            if not self._was_lost(track):
                yield _shade(track.box)

    def _was_lost(self, track: Track) -> bool:
        """Whether it appeared where it stands, and is no vehicle."""
        still_us = track.still_since_us
        if still_us is None or still_us - track.first_us >= APPROACH_US or track.first_us <= self._quiet_us:
            return False
        return track.kind in UNTOLD or track.score < WEAK or self._is_small(track)

    def _is_small(self, track: Track) -> bool:
        """Beside those that drive over its place; not known where nobody does."""
        if track.kind not in VEHICLES:
            return False
        there = self._ground.covered([track.box]) & (self._seen >= KNOWN_LOOKS)
        return bool(there.any()) and _extent(track.box) < float(np.median(self._size[there])) + math.log(SMALL)

    def _learn(self, box: Box) -> None:
        there = self._ground.covered([box.ground])
        apart = _extent(box) - self._size
        step = np.where(self._seen == 0, np.float32(1), np.where(apart < 0, np.float32(SHRINK), np.float32(GROW)))
        self._size += apart * step * there
        self._seen += there & (self._seen < KNOWN_LOOKS)


def _extent(box: Box) -> float:
    """The logarithm of its area."""
    return math.log(max(box.area, 1e-9))


def _shade(box: Box) -> Box:
    """A box with its shadow, its lamps, and what its edge leaves out."""
    across, down = box.width * 0.25, box.height * 0.2
    return Box(box.left - across, box.top - down / 2, box.right + across, box.bottom + down)
