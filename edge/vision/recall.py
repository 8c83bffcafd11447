# SPDX-License-Identifier: Apache-2.0
"""What the look of a place tells the tracker: that somebody unseen still stands there, or that somebody else does.

What must always be true here:
- A look is asked for only where it can decide something: a standing object now and then, an unseen one every other
  second, one that comes back after a gap. So a full car park costs no more than a street.
- Nobody is called a stranger on one look: headlights sweep over a car in a second.
- A look keeps nobody who was never surely seen; a phantom on a bare road looks the same for ever.
"""

from collections.abc import Callable, Sequence
from enum import Enum, auto

from edge.core.geometry import Box
from edge.vision.detector import Detection
from edge.vision.followed import Followed
from edge.vision.likeness import DIFFERENT, SAME, Look, Portrait
from edge.vision.stance import HELD, TOLERANCE, shift

Appearance = Callable[[Box], Look | None]
"""How a box looks in the frame at hand; None where that cannot be told."""

RENEWED_AT_ONCE = 1
PASSING = 0.1
"""Part of a place that a moving object may hide in its portrait."""
CHECK_US = 2_000_000
CHECKED_AT_ONCE = 4
VOUCHED_FOR_US = 5_000_000
"""An unseen object's place is looked at so often, so many of them in one frame, and what was seen holds for so long."""
APART = 0.5
"""Boxes that share less (IoU) are looked at twice before one is taken for the other."""
GAP_US = 2_000_000
"""Who was out of sight for less is not asked who he is."""
DOUBTED_US = 1_500_000
DOUBTS = 3
"""Looks, and the time they span, after which whoever stands there is somebody else."""
VOUCH_AT_LEAST_US = 120_000_000
"""A look vouches for an unseen object for as long as it was seen standing, and for so long at least."""
SURE = 0.5
"""Part of its looks in which an object must have been seen for a look to vouch for it."""
ASIDE = (0.0, -0.06, 0.06)
"""Offsets, in parts of a box, at which a shifted box is compared: edges of boxes are off by so much."""


class Verdict(Enum):
    """Who it is that was found in the place of somebody remembered."""

    SAME = auto()
    UNSURE = auto()
    OTHER = auto()
    BESIDE = auto()
    """Somebody else, since the one who is remembered is to be seen in his own place."""


class Recall:
    """The looks of one frame, taken as they are needed. Without `looks` it knows nothing and says so."""

    def __init__(self, at_us: int, looks: Appearance | None) -> None:
        self._at_us = at_us
        self._looks = looks
        self._checked = 0

    def verdict(self, one: Followed, detection: Detection) -> Verdict:
        """Whether a detection in its place can be the one who is remembered there."""
        if self._looks is None or one.portrait is None or not one.standing:
            return Verdict.UNSURE
        if not self._after_a_gap(one) and not _beside(one.stance.place, detection.box):
            return Verdict.UNSURE
        return self._compared(one, one.portrait, detection.box, self._looks)

    def doubted(self, one: Followed) -> bool:
        """Note that somebody else seems to stand in its place; whether that has been so for long enough to be sure."""
        if one.doubts == 0:
            one.doubted_us = self._at_us
        one.doubts += 1
        return one.doubts >= DOUBTS and self._at_us - one.doubted_us >= DOUBTED_US

    def vouches(self, one: Followed) -> bool:
        """Whether the place of an unseen object still looks as it did with it."""
        if self._looks is None or one.portrait is None or not one.standing or one.doubts:
            return False
        if self._at_us - one.checked_us >= CHECK_US and self._checked < CHECKED_AT_ONCE:
            self._checked += 1
            one.checked_us = self._at_us
            look = self._looks(one.stance.place)
            if look is not None and one.portrait.likeness((look,)) >= SAME and self._may_vouch(one):
                one.vouched_us = self._at_us
        return one.vouched_us > one.last_us and self._at_us - one.vouched_us < VOUCHED_FOR_US

    def renew(self, seen: Sequence[Followed]) -> None:
        """Take anew what is longest due of those who stand in plain view; `seen` are all that this frame shows.

        A neighbour who stands as well may be in the portrait, since he is there the next time too; who moves may not.
        """
        if self._looks is None:
            return
        due = [one for one in seen if one.id and self._at_us >= _due_us(one) and one.in_plain_view]
        moving = [one.raw for one in seen if not one.standing] if due else []
        for one in sorted(due, key=_due_us)[:RENEWED_AT_ONCE]:
            hidden = any(one.stance.place.covered_by(box) > PASSING for box in moving)
            look = None if hidden else self._looks(one.stance.place)
            if look is None:
                continue
            if one.portrait is None or shift(one.portrait_box, one.stance.place) > TOLERANCE / 3:
                one.portrait, one.portrait_box = Portrait(self._at_us, look), one.stance.place
            else:
                one.portrait.renew(self._at_us, look)

    def _compared(self, one: Followed, portrait: Portrait, box: Box, looks: Appearance) -> Verdict:
        place = one.portrait_box
        found = [look for look in (looks(place),) if look is not None]
        here = portrait.likeness(found)
        if _beside(place, box):
            if here >= SAME:
                return Verdict.BESIDE
            if not self._after_a_gap(one):
                return Verdict.UNSURE
        if here < SAME and shift(place, box) > TOLERANCE / 3:
            # The same size as in the portrait, or its slopes would lie in other cells.
            there = (_moved_to(place, box, across, down) for across in ASIDE for down in ASIDE)
            found += [look for look in map(looks, there) if look is not None]
        if not found:
            return Verdict.UNSURE
        alike = portrait.likeness(found)
        return Verdict.SAME if alike >= SAME else Verdict.OTHER if alike <= DIFFERENT else Verdict.UNSURE

    def _after_a_gap(self, one: Followed) -> bool:
        return one.dormant or one.doubts > 0 or self._at_us - max(one.last_us, one.vouched_us) >= GAP_US

    def _may_vouch(self, one: Followed) -> bool:
        stood_us = one.last_us - one.stance.since_us
        surely = one.looks >= SURE * (one.looks + one.missed_before)
        return surely and self._at_us - one.last_us <= max(VOUCH_AT_LEAST_US, stood_us)


def _beside(place: Box, box: Box) -> bool:
    """Whether a box is neither the place, nor the place and a passer-by, nor a part of it."""
    return place.iou(box) < APART and place.covered_by(box) < HELD and box.covered_by(place) < HELD


def _due_us(one: Followed) -> int:
    return one.portrait.due_us if one.portrait else 0


def _moved_to(place: Box, box: Box, across: float, down: float) -> Box:
    """The portrait's box with its foot where the other's is, and aside by parts of its size."""
    x = box.foot.x - place.foot.x + across * place.width
    y = box.foot.y - place.foot.y + down * place.height
    return Box(place.left + x, place.top + y, place.right + x, place.bottom + y)
