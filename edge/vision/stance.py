# SPDX-License-Identifier: Apache-2.0
"""Whether one object stands: where, since when, and whether it was seen to come. Time and boxes in, no camera.

What must always be true here: jitter of the box, a passer-by who merges with it and a part that is hidden move nothing;
only a foot that has really left its place does, and it must be out of it for a while.
"""

from collections.abc import Iterable

from edge.core.geometry import Box

TOLERANCE = 0.15
"""Part of its own size that a standing object's foot may wander: boxes of detectors breathe by up to a tenth."""
CAME = 0.5
"""Part of its own size an object must have moved to have been seen to come: less is a nudge."""
OUT_FOR_US = 600_000
"""How long a foot must be out of its place to have moved: two looks at five frames a second can both be wrong."""
STILL_AFTER_US = 2_000_000
"""How long an object must not have moved to stand: waiting for a gap in traffic takes longer, but is standing too."""
HELD = 0.85
"""A box that holds so much of the place is the object with its passer-by; one so far inside it, a part of it."""
GREW = 1.2
SHRANK = 0.8
EDGE = 0.1
"""Part of its own size by which an edge of a standing object's box may be off. Who moves, moves three at least."""
SETTLED = 0.06
"""A foot so near to where it rests has stopped: who brakes rolls through the last of the tolerance for a second."""
CENTRE = 0.3
"""Weight of a look in the place while it is not yet sure that the object stands."""
JUMPED = 1.15
"""A merge changes the area at once; an object that comes nearer grows by less than this from look to look."""


class Stance:
    """One object's place. `place` is its box there; `since_us` the time since which it has not left it."""

    __slots__ = ("_away", "_coming", "_excused", "_held_us", "_last", "away", "came", "first", "place", "since_us")

    def __init__(self, at_us: int, box: Box) -> None:
        self.place = box
        self.since_us = self._held_us = at_us
        self.first = box
        self.came = False
        self.away = 0.0
        """How far from its place the last look found it, in parts of its size."""
        self._last = box
        self._excused = False
        self._away: list[tuple[int, Box]] = []
        """Looks at it out of its place, since it was last in it."""
        self._coming = [(at_us, box)]
        """Looks at it in its place, until it is sure that it stands."""

    @property
    def still_since_us(self) -> int | None:
        """Capture time since which it stands, by looks that found it in its place; None while it moves."""
        return self.since_us if self._held_us - self.since_us >= STILL_AFTER_US else None

    def observe(self, at_us: int, box: Box, others: Iterable[Box]) -> Box:
        """Take in one look and tell the box to believe; `others` are all boxes of this look, its own among them."""
        self.away = away = shift(self.place, box)
        self._excused = away > TOLERANCE and self._explained(box, others)
        self._last = box
        if self._excused:
            self._held_us = at_us
            return self.place
        if away <= TOLERANCE:
            self._away.clear()
            self._held_us = at_us
            if self._held_us - self.since_us < STILL_AFTER_US:
                # The look that began the stand may be the last of the drive; the next few say where it really is.
                self.place = _between(self.place, box, CENTRE)
            if self._coming:
                self._settle(at_us, box)
            return box
        self._away.append((at_us, box))
        if at_us - self._away[0][0] >= OUT_FOR_US:
            self.came = self.came or shift(self.first, box) > CAME
            looks, since_us = self._away, self._here_since_us(box)
            self.restart(since_us, box)
            self._coming = [look for look in looks if look[0] >= since_us]
            self._held_us = at_us
        return box

    def restart(self, at_us: int, box: Box) -> None:
        """Begin to count anew at this place, whatever was before."""
        self.place, self.since_us, self._held_us = box, at_us, at_us
        self.away, self._away = 0.0, []
        self._coming = [(at_us, box)]

    def _settle(self, at_us: int, box: Box) -> None:
        """Once it stands: since when it has been where it stands, less what it rolled until it was there."""
        self._coming.append((at_us, box))
        if self.still_since_us is None:
            return
        stopped_us = next(
            (at_us for at_us, other in self._coming if shift(self.place, other) <= SETTLED), self.since_us
        )
        if stopped_us <= self.since_us:
            self._coming = []
            return
        self.since_us = stopped_us
        self._coming = [look for look in self._coming if look[0] >= stopped_us]

    def _here_since_us(self, box: Box) -> int:
        """Since when the looks out of the old place have been where `box` is: it may have stopped a while ago."""
        since_us = self._away[-1][0]
        for at_us, other in reversed(self._away):
            if shift(box, other) > TOLERANCE:
                break
            since_us = at_us
        return since_us

    def _explained(self, box: Box, others: Iterable[Box]) -> bool:
        """Whether the box is odd because of somebody else. Only who stands already has this excuse."""
        if self.still_since_us is None:
            return False
        if self._hidden_from_a_side(box):
            return True
        jump = box.area / max(self._last.area, 1e-12)
        sudden = self._excused or jump > JUMPED or jump < 1 / JUMPED
        if box.area > GREW * self.place.area:
            return sudden and self.place.covered_by(box) > HELD
        if box.area < SHRANK * self.place.area:
            # Cut by the picture's edge, it may shrink because it leaves.
            return sudden and box.covered_by(self.place) > HELD and not box.cut_off
        # Somebody who hides a part of it changes its size; who keeps his size and goes, goes.
        crowded = sudden and any(other is not box and box.overlap(other) > 0 for other in others)
        return crowded and self.away < CAME

    def _hidden_from_a_side(self, box: Box) -> bool:
        """Whether somebody who passes slowly hides more and more of it: the other three edges are where they were.

        At the picture's edge it may be leaving.
        """
        place = self.place
        across, down = EDGE * place.width, EDGE * place.height
        upright = abs(box.top - place.top) <= down and abs(box.bottom - place.bottom) <= down
        one_side = abs(box.left - place.left) <= across or abs(box.right - place.right) <= across
        return upright and one_side and box.width < place.width and not box.cut_off


def _between(here: Box, there: Box, part: float) -> Box:
    def mix(a: float, b: float) -> float:
        return a + part * (b - a)

    return Box(
        mix(here.left, there.left),
        mix(here.top, there.top),
        mix(here.right, there.right),
        mix(here.bottom, there.bottom),
    )


def shift(place: Box, box: Box) -> float:
    """How far a foot is from another, in parts of the object's own width and height; so it holds near and far."""
    across, down = place.step_to(box)
    return max(
        abs(across) / max(place.right - place.left, box.right - box.left, 1e-9),
        abs(down) / max(place.bottom - place.top, box.bottom - box.top, 1e-9),
    )
