# SPDX-License-Identifier: Apache-2.0
"""What a detector makes of a scene whose truth is known: it misses what is hidden, and its boxes and scores shake.

The rates are those of YOLOX-nano on the real frames: boxes off by 3 % of their size, one look in thirty lost in plain
view, scores between 0.4 and 0.9. All trackers are given the very same detections.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from edge.core.geometry import Box
from edge.core.tracks import Kind
from edge.vision.detector import Detection

SHAKE = 0.03
LOST = 0.03
HALF_HIDDEN, HIDDEN = 0.65, 0.35
"""Shares in view below which every second look is lost, and every one."""
LEAST_SCORE = 0.2
INSIDE = 0.2
"""Share of a box within the picture below which nobody counts it as there."""
WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Real:
    """Something that is there: who, what, where."""

    number: int
    kind: Kind
    box: Box


class Eye:
    """A made-up detector. The same chance sees the same."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def sees(self, real: Sequence[Real], sight: float) -> list[Detection]:
        """What it says of things that are there, the nearer later; `sight` is what is left of its scores."""
        found = []
        for place, one in enumerate(real):
            look = self._look(one, [nearer.box for nearer in real[place + 1 :]], sight)
            if look is not None:
                found.append(look)
        return found

    def _look(self, one: Real, nearer: Sequence[Box], sight: float) -> Detection | None:
        box, shown = in_view(one.box, nearer)
        # Drawn always, so that what happens to one changes nothing for the others.
        luck, worth = self._chance.random(), self._chance.gauss(0, 0.07)
        edges = [self._chance.gauss(0, SHAKE / 2) for _ in range(4)]
        if one.box.covered_by(WHOLE) < INSIDE or shown < HIDDEN or luck < (0.5 if shown < HALF_HIDDEN else LOST):
            return None
        score = (0.3 + 0.5 * shown) * sight + worth
        if score < LEAST_SCORE:
            return None
        shaken = Box(
            max(0.0, box.left + edges[0] * box.width),
            max(0.0, box.top + edges[1] * box.height),
            min(1.0, box.right + edges[2] * box.width),
            min(1.0, box.bottom + edges[3] * box.height),
        )
        return Detection(one.kind, min(0.95, score), shaken)


def in_view(box: Box, nearer: Sequence[Box]) -> tuple[Box, float]:
    """The part of a box that a detector would put its box around, and the share of it that is in view."""
    hidden = sum(box.covered_by(other) for other in nearer)
    shown = max(0.0, 1.0 - hidden)
    for other in nearer:
        across = min(box.right, other.right) - max(box.left, other.left)
        tall = min(box.bottom, other.bottom) - max(box.top, other.top) > 0.8 * box.height
        if tall and 0 < across < box.width:
            left = other.left <= box.left
            box = (
                Box(box.left + across, box.top, box.right, box.bottom)
                if left
                else Box(box.left, box.top, box.right - across, box.bottom)
            )
    return box, shown
