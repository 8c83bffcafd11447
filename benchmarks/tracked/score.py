# SPDX-License-Identifier: Apache-2.0
"""Identity figures of a tracker against truth: switches, fragmentations, wrong merges.

Per frame, tracks and things are matched one to one at IoU 0.5, yesterday's pair before any other (CLEAR MOT,
Bernardin and Stiefelhagen 2008). A switch is a thing that goes on under another identity; a fragmentation, a thing
that is detected and not told for a while, and then again; a wrong merge, an identity that goes over to another thing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edge.core.geometry import Box

SAME_BOX = 0.5


@dataclass(slots=True)
class Score:
    """Counts over one or many films."""

    switches: int = 0
    fragmentations: int = 0
    merges: int = 0
    looks: int = 0
    told: int = 0
    ms: list[float] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        """Count another film in."""
        self.switches += other.switches
        self.fragmentations += other.fragmentations
        self.merges += other.merges
        self.looks += other.looks
        self.told += other.told
        self.ms += other.ms


class Judge:
    """Follows one tracker through one film.

    `whole` says that truth knows everybody from beginning to end. Where it breaks off when in doubt, an identity that
    goes over is a wrong merge only if the thing that had it is in view as well.
    """

    def __init__(self, *, whole: bool = True) -> None:
        self.score = Score()
        self._whole = whole
        self._track_of: dict[int, int] = {}
        self._thing_of: dict[int, int] = {}
        self._interrupted: set[int] = set()

    def look(self, things: Mapping[int, Box], tracks: Mapping[int, Box], ms: float = 0.0) -> None:
        """One frame: what is in view, by its number, and what the tracker tells, by its identity."""
        pairs = self._matched(things, tracks)
        score = self.score
        score.ms.append(ms)
        score.looks += len(things)
        score.told += len(pairs)
        for thing, track in pairs.items():
            before = self._track_of.get(thing)
            if before is not None and before != track:
                score.switches += 1
            if thing in self._interrupted:
                score.fragmentations += 1
            former = self._thing_of.get(track, thing)
            if former != thing and (self._whole or former in things):
                score.merges += 1
            self._track_of[thing], self._thing_of[track] = track, thing
        self._interrupted -= pairs.keys()
        self._interrupted |= {thing for thing in things if thing not in pairs and thing in self._track_of}

    def _matched(self, things: Mapping[int, Box], tracks: Mapping[int, Box]) -> dict[int, int]:
        pairs = {
            thing: track
            for thing, track in self._track_of.items()
            if thing in things and track in tracks and things[thing].iou(tracks[track]) >= SAME_BOX
        }
        # Two things may have had the same track by turns; the later one has it.
        pairs = {thing: track for thing, track in pairs.items() if self._thing_of.get(track) == thing}
        taken = set(pairs.values())
        rest = _by_overlap(things, tracks, [one for one in things if one not in pairs], taken)
        return pairs | rest


def _by_overlap(
    things: Mapping[int, Box], tracks: Mapping[int, Box], free: Sequence[int], taken: set[int]
) -> dict[int, int]:
    near = [
        (overlap, thing, track)
        for thing in free
        for track, box in tracks.items()
        if track not in taken and (overlap := things[thing].iou(box)) >= SAME_BOX
    ]
    pairs: dict[int, int] = {}
    used: set[int] = set()
    for _, thing, track in sorted(near, reverse=True):
        if thing not in pairs and track not in used:
            pairs[thing] = track
            used.add(track)
    return pairs
