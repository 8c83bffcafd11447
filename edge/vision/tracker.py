# SPDX-License-Identifier: Apache-2.0
"""Follows objects through a fixed camera's frames. Detections and capture times in, tracks out; no camera, no clock.

What must always be true here:
- Every span is measured in capture time, so that dropped frames change nothing but the number of looks.
- A standing object keeps its identity while its place is covered or its detector blinks, for up to an hour.
- It is gone only when its place has been in view without it; until then it is published as not seen.
- Given looks, a place that looks as it did with the object counts as the object, and an object that looks otherwise
  for a while is somebody else, who gets an identity of his own.
- Identities rise from 1 in the order in which objects are confirmed; the same input gives the same output.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from edge.core.geometry import Box
from edge.core.tracks import Track
from edge.vision.association import Matrix, affinities, alike_in_size, best_pairs, corners, covered
from edge.vision.detector import Detection
from edge.vision.followed import Followed
from edge.vision.recall import Appearance, Recall, Verdict

Pairs = list[tuple[Followed, Detection]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How sure and how patient the tracker is."""

    high: float = 0.4
    """Detections from here on may claim any track; lower ones only what is left over (ByteTrack's two stages)."""
    evidence: float = 0.9
    """Sum of scores at which a new track is believed: two sure looks, or several unsure ones."""
    lost_after_s: float = 3.0
    """A moving object that is not seen again by then has left or is somebody new."""
    gone_after_s: float = 30.0
    """A standing object has left when its place has been in view without it for so long."""
    remember_s: float = 3600.0
    """How long a standing object is remembered without being seen at all."""
    quiet_s: float = 5.0
    """An object that appears where nothing was for so long has come between two looks..."""
    settle_s: float = 10.0
    """...but not so soon after the start, when everything appears."""


COVERED = 0.3
"""A place that another box covers so far is not in view."""
WATCHED_AT_MOST_US = 2_000_000
"""What a gap between two frames counts as watched: one look proves little about a long time before it."""
STEADY = 0.8
"""Part of its first looks in which what appeared must be seen to count as arrived; a phantom flickers."""
STEADY_FOR_US = 3_000_000
SAME_PLACE = 0.6
"""Two standing objects whose boxes, or whose grounds, share this much (IoU) would stand in each other."""
ALONE = 0.1
"""Part of an object's ground that may be another's too: boxes of neighbours touch."""
REMEMBERED_AT_MOST = 256


class Tracker:
    """Multi-object tracker for one fixed camera: ByteTrack's two stages, buffered overlap, memory for who stands."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._followed: list[Followed] = []
        self._next_id = 1
        self._at_us: int | None = None
        self._before_us = 0
        self._watched_us = 0
        self._recent: deque[tuple[int, Matrix]] = deque()
        """Corners of the boxes of the last few seconds by watched time: where nothing was lately."""

    def update(self, at_us: int, detections: Sequence[Detection], looks: Appearance | None = None) -> tuple[Track, ...]:
        """All confirmed tracks at this capture time, by id. A frame that is not newer than the last changes nothing.

        `looks` tells how a box looks in this frame, if anybody can tell; it is called within this call only.
        """
        if self._at_us is not None and at_us <= self._at_us:
            return self._published(self._at_us)
        step_us = 0 if self._at_us is None else min(WATCHED_AT_MOST_US, at_us - self._at_us)
        self._before_us, self._at_us = self._at_us or at_us, at_us
        self._watched_us += step_us
        recall = Recall(at_us, looks)
        self._associate(at_us, detections, recall)
        self._age(at_us, step_us, detections, recall)
        recall.renew([one for one in self._followed if one.last_us == at_us])
        self._remember(detections)
        return self._published(at_us)

    def _associate(self, at_us: int, detections: Sequence[Detection], recall: Recall) -> None:
        sure = [one for one in detections if one.score >= self._patience.high]
        unsure = [one for one in detections if one.score < self._patience.high]
        confirmed = [one for one in self._followed if one.id]
        pairs = self._claim(at_us, confirmed, sure, wide=False)
        confirmed, sure = _left(confirmed, pairs), _rest(sure, pairs)
        # Low scores are tried before wide gates: a weak look at the place is better than a strong one beside it.
        low = self._claim(at_us, confirmed, unsure, wide=False)
        confirmed, unsure = _left(confirmed, low), _rest(unsure, low)
        wide = self._claim(at_us, confirmed, sure, wide=True)
        said = [(one, found, recall.verdict(one, found)) for one, found in (*pairs, *low, *wide)]
        strangers = [(one, found) for one, found, verdict in said if verdict is Verdict.OTHER]
        beside = [found for _, found, verdict in said if verdict is Verdict.BESIDE]
        free = [*_rest(sure, wide), *unsure, *beside, *(found for _, found in strangers)]
        tentative = [one for one in self._followed if not one.id]
        new = self._claim(at_us, tentative, free, wide=True)
        boxes = [one.box for one in detections]
        for one, found, verdict in (*said, *((one, found, Verdict.UNSURE) for one, found in new)):
            if verdict in {Verdict.SAME, Verdict.UNSURE}:
                clear = one.alone or not self._on_others(one, found.box)
                one.seen(at_us, found, boxes, known=verdict is Verdict.SAME, clear=clear)
        taken = [detection for _, detection in new]
        self._begin(at_us, _rest(free, [*new, *strangers]))
        self._displace(at_us, [pair for pair in strangers if pair[1] not in taken], recall)
        self._confirm(at_us)

    def _claim(self, at_us: int, tracks: list[Followed], found: list[Detection], *, wide: bool) -> Pairs:
        if not tracks or not found:
            return []
        boxes = [one.predicted(at_us) for one in tracks]
        affinity = affinities(
            [(one.kind, box) for one, box in zip(tracks, boxes, strict=True)],
            [(one.kind, one.box) for one in found],
            [_buffer(one, at_us, wide=wide) for one in tracks],
        )
        moving = [row for row, one in enumerate(tracks) if one.astray]
        if moving:
            # Who rolls off while others touch him is thought to stand a moment longer: he is looked for in both places.
            ahead = [(tracks[row].kind, tracks[row].rolled(at_us)) for row in moving]
            there = affinities(ahead, [(one.kind, one.box) for one in found], [0.1] * len(moving))
            affinity[moving] = np.maximum(affinity[moving], there)
        if wide:
            affinity = affinity * alike_in_size(boxes, [one.box for one in found])
        return [(tracks[row], found[column]) for row, column in best_pairs(affinity, 0.2 if wide else 0.3)]

    def _begin(self, at_us: int, detections: Iterable[Detection]) -> None:
        settled = self._watched_us >= self._patience.settle_s * 1e6
        self._followed.extend(Followed(at_us, one, appeared=settled and self._quiet(one.box)) for one in detections)

    def _displace(self, at_us: int, strangers: Pairs, recall: Recall) -> None:
        """Somebody else stands where one was remembered: he is believed when he has looked like it for a while.

        Who was not there before and is there now has come, even if nobody saw it.
        """
        for one, detection in strangers:
            if recall.doubted(one):
                self._followed.remove(one)
                self._followed.append(Followed(at_us, detection, appeared=True))

    def _confirm(self, at_us: int) -> None:
        for one in self._followed:
            if not one.id and one.looks > 1 and one.evidence >= self._patience.evidence:
                one.id = self._next_id
                self._next_id += 1
            if one.appeared and at_us - one.first_us >= STEADY_FOR_US:
                sure = one.evidence >= one.looks * self._patience.high
                steady = one.looks >= STEADY * (one.looks + one.missed) and sure
                one.arrived, one.appeared = one.arrived or steady, False

    def _age(self, at_us: int, step_us: int, detections: Sequence[Detection], recall: Recall) -> None:
        for one in self._followed:
            if one.last_us != at_us:
                one.missed += 1
                if any(one.box.covered_by(other.box) > COVERED for other in detections):
                    continue
                one.unseen_us = 0 if recall.vouches(one) else one.unseen_us + step_us
                one.dormant = one.dormant or one.unseen_us >= self._patience.gone_after_s * 1e6
        kept = [one for one in self._followed if one.last_us == at_us or self._worth_keeping(one, at_us)]
        self._followed = [one for one in kept if not self._replaced(one, at_us, kept)][-REMEMBERED_AT_MOST:]

    def _worth_keeping(self, one: Followed, at_us: int) -> bool:
        """Whether somebody who is not in this frame is still waited for."""
        unseen_s = (at_us - max(one.last_us, one.vouched_us)) / 1e6
        if one.id and one.standing:
            if not one.raw.cut_off:
                return unseen_s <= self._patience.remember_s
            # Who is cut off by the edge may have left through it, and whoever comes next looks the same there.
            stood_s = (one.last_us - one.stance.since_us) / 1e6
            return unseen_s <= min(self._patience.gone_after_s, max(self._patience.lost_after_s, stood_s / 4))
        return unseen_s <= self._patience.lost_after_s

    def _replaced(self, one: Followed, at_us: int, others: Iterable[Followed]) -> bool:
        """Whether somebody else stands where this one is only remembered: two objects do not share a place."""
        return one.last_us != at_us and any(
            other.id > one.id > 0
            and other.standing
            and other.kind.family is one.kind.family
            and max(other.box.iou(one.box), other.box.ground.iou(one.box.ground)) > SAME_PLACE
            for other in others
        )

    def _on_others(self, one: Followed, box: Box) -> bool:
        """Whether it is on ground where somebody else of its family stands, or was one look ago."""
        return any(
            other is not one
            and other.id
            and (other.standing or other.last_us >= self._before_us)
            and other.kind.family is one.kind.family
            and box.ground.covered_by(other.box.ground) > ALONE
            for other in self._followed
        )

    def _quiet(self, box: Box) -> bool:
        return not any(covered(box, others, 0.2) for _, others in self._recent)

    def _remember(self, detections: Sequence[Detection]) -> None:
        self._recent.append((self._watched_us, corners([one.box for one in detections])))
        while self._recent and self._recent[0][0] < self._watched_us - self._patience.quiet_s * 1e6:
            self._recent.popleft()

    def _published(self, at_us: int) -> tuple[Track, ...]:
        made = sorted((one for one in self._followed if one.id and not one.dormant), key=lambda one: one.id)
        return tuple(one.published(at_us) for one in made)


def _buffer(one: Followed, at_us: int, *, wide: bool) -> float:
    """How far beyond its box a track reaches: the less is known of its motion, the further."""
    if one.dormant:
        return 0.0
    if not wide:
        return 0.1
    if one.standing:
        return 0.3
    return min(1.5, (0.3 if one.velocity_known else 0.6) + 0.5 * (at_us - one.last_us) / 1e6)


def _left(tracks: list[Followed], pairs: Pairs) -> list[Followed]:
    taken = {id(followed) for followed, _ in pairs}
    return [one for one in tracks if id(one) not in taken]


def _rest(found: list[Detection], pairs: Pairs) -> list[Detection]:
    taken = {id(detection) for _, detection in pairs}
    return [one for one in found if id(one) not in taken]
