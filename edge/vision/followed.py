# SPDX-License-Identifier: Apache-2.0
"""One object as the tracker follows it: what it is, where it will be next, and how long it has not been seen."""

from collections.abc import Iterable

from edge.core.geometry import Box
from edge.core.tracks import Kind, Track
from edge.vision.detector import Detection
from edge.vision.likeness import Portrait
from edge.vision.stance import TOLERANCE, Stance

PREDICT_AT_MOST_S = 1.5
"""Further ahead than this a constant velocity is no better than the last place."""
LEARN = 0.5
"""Weight of the newest look in velocity: a braking car is followed within three looks."""
FADE = 0.98
"""A kind's older votes lose weight, so that a lorry first seen as a van becomes a lorry."""


class Followed:
    """A track in the making or made. `id` is 0 until it is confirmed."""

    __slots__ = (
        "_votes", "alone", "appeared", "arrived", "astray", "box", "checked_us", "dormant", "doubted_us", "doubts",
        "evidence", "first_us", "id", "kind", "last_us", "looks", "missed", "missed_before", "portrait",
        "portrait_box", "raw", "score", "stance", "standing", "unseen_us", "velocity", "vouched_us",
    )  # fmt: skip

    def __init__(self, at_us: int, detection: Detection, *, appeared: bool) -> None:
        self.id = 0
        self.kind = detection.kind
        self.score = detection.score
        self.box = self.raw = detection.box
        self.first_us = self.last_us = at_us
        self.stance = Stance(at_us, detection.box)
        self.standing = False
        """Whether it stood when it was last seen."""
        self.astray = False
        """Whether it stands, and its last look was out of its place all the same: a passer-by, or it begins to move."""
        self.velocity: tuple[float, float] | None = None
        self.evidence = detection.score
        self.appeared = appeared
        """Where it was first seen, nothing had been for a while: it may have come between two looks."""
        self.arrived = False
        self.alone = False
        """Whether it was ever seen where nobody else stood: a part of a parked car moves about in it, and comes not."""
        self.unseen_us = 0
        """How long its place has been in view without it; counted only over time that was really watched."""
        self.dormant = False
        self.looks, self.missed = 1, 0
        self.missed_before = 0
        """Frames without it before the last look at it: a gap that goes on says nothing of how surely it is seen."""
        self.portrait: Portrait | None = None
        self.portrait_box = detection.box
        self.checked_us = self.vouched_us = 0
        """When its place was last looked at without it, and when it last looked as it did with it."""
        self.doubts = self.doubted_us = 0
        """Looks at somebody else in its place, and since when."""
        self._votes: dict[Kind, float] = {detection.kind: detection.score}

    @property
    def velocity_known(self) -> bool:
        """Whether it has been seen twice."""
        return self.velocity is not None

    @property
    def in_plain_view(self) -> bool:
        """Whether it stands, and its last look was no odd one: not merged with a passer-by, no part hidden."""
        return self.standing and not self.astray

    def predicted(self, at_us: int) -> Box:
        """Where it should be; a standing object, where it stands."""
        return self.box if self.standing else self.rolled(at_us)

    def rolled(self, at_us: int) -> Box:
        """Where it should be if it moves on as it last did."""
        if self.velocity is None:
            return self.raw
        ahead_s = min(PREDICT_AT_MOST_S, (at_us - self.last_us) / 1e6)
        across, down = self.velocity[0] * ahead_s, self.velocity[1] * ahead_s
        box = self.raw
        return Box(box.left + across, box.top + down, box.right + across, box.bottom + down)

    def seen(
        self, at_us: int, detection: Detection, others: Iterable[Box], *, known: bool = False, clear: bool = True
    ) -> None:
        """Take in a detection that belongs to it, with all `others` of its frame.

        `known` says that it is surely the one who stood here, `clear` that it is on ground where nobody else stands.
        """
        self._steer(at_us, detection.box)
        if self.dormant and not known:
            # It was thought gone. Whether it stood here all the while, nobody has seen: its time begins anew.
            self.stance.restart(at_us, detection.box)
        self.dormant = False
        self.box = self.stance.observe(at_us, detection.box, others)
        self.raw = detection.box
        self.standing = self.stance.still_since_us is not None
        self.astray = self.standing and self.stance.away > TOLERANCE
        self.score = 0.7 * self.score + 0.3 * detection.score
        self.evidence += detection.score
        self.alone = self.alone or clear
        self.arrived = self.arrived or (self.alone and self.stance.came)
        self.last_us, self.unseen_us, self.doubts = at_us, 0, 0
        self.looks += 1
        self.missed_before = self.missed
        self._vote(detection)

    def published(self, at_us: int) -> Track:
        """The track as others see it."""
        return Track(
            id=self.id,
            kind=self.kind,
            score=self.score,
            box=self.box,
            first_us=self.first_us,
            last_us=self.last_us,
            seen=self.last_us == at_us,
            arrived=self.arrived,
            still_since_us=self.stance.still_since_us,
        )

    def _steer(self, at_us: int, box: Box) -> None:
        elapsed_s = max(1e-3, (at_us - self.last_us) / 1e6)
        raw = self.raw
        fresh = (
            (box.left + box.right - raw.left - raw.right) / 2 / elapsed_s,
            (box.top + box.bottom - raw.top - raw.bottom) / 2 / elapsed_s,
        )
        if self.velocity is None:
            self.velocity = fresh
        else:
            self.velocity = (
                (1 - LEARN) * self.velocity[0] + LEARN * fresh[0],
                (1 - LEARN) * self.velocity[1] + LEARN * fresh[1],
            )

    def _vote(self, detection: Detection) -> None:
        votes = self._votes
        for kind in votes:
            votes[kind] *= FADE
        votes[detection.kind] = votes.get(detection.kind, 0.0) + detection.score
        if len(votes) > 1:
            self.kind = max(votes, key=lambda kind: (votes[kind], kind.value))
