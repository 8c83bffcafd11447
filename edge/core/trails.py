# SPDX-License-Identifier: Apache-2.0
"""What a role that counts remembers of each track, so that one who is lost and found again is not counted again.

What must always be true here: a track that is seen has one trail; a trail goes on under a new name only if the new
track was born after the old one was lost, where the old one would be by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.core.clock import SECOND_US
from edge.core.geometry import Box, Point
from edge.core.tracks import Kind, Sighting, Track

LOST_US = 3 * SECOND_US
"""Whoever is not found again by then has left, or cannot be told from the next one."""
HIDDEN_US = 5 * SECOND_US
"""Trackers remember for long whoever stood, in case he is only hidden; he may just as well have gone."""
AHEAD_S = 2.0
"""Further ahead than this an even pace is no better than the place that was reached."""
LEARN = 0.5
"""Weight of the newest step in the pace."""
NEAR = 1.0
"""In widths, and in halves of the height, of the larger box: how far from the expected place an heir may appear."""
GREW = 2.5
"""Times by which an heir may be larger or smaller."""


@dataclass(frozen=True, slots=True)
class Trail:
    """One object's last known place, pace (fractions of the picture a second) and present name."""

    id: int
    kind: Kind
    first_us: int
    last_us: int
    box: Box
    pace: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def of(cls, track: Track, at_us: int) -> "Trail":
        """The trail of a track that is seen for the first time."""
        return cls(track.id, track.kind, at_us, at_us, track.box)

    def onward(self, track: Track, at_us: int) -> "Trail":
        """One look further, under the track's name."""
        elapsed_s = (at_us - self.last_us) / SECOND_US
        here, there = self.box.foot, track.box.foot
        pace = self.pace
        if elapsed_s > 0:
            fresh = (there.x - here.x) / elapsed_s, (there.y - here.y) / elapsed_s
            pace = pace[0] + LEARN * (fresh[0] - pace[0]), pace[1] + LEARN * (fresh[1] - pace[1])
        return Trail(track.id, track.kind, self.first_us, at_us, track.box, pace)

    def expected(self, at_us: int) -> Point:
        """Where the foot would be."""
        ahead_s = min(AHEAD_S, (at_us - self.last_us) / SECOND_US)
        foot = self.box.foot
        return Point(foot.x + self.pace[0] * ahead_s, foot.y + self.pace[1] * ahead_s)


@dataclass(frozen=True, slots=True)
class Met:
    """What a sighting means for the trails: who is seen with which trail so far, who is missing, who is gone."""

    seen: tuple[tuple[Track, Trail | None], ...]
    missing: tuple[Trail, ...]
    gone: tuple[Trail, ...]


def met(trails: Sequence[Trail], sighting: Sighting) -> Met:
    """Match the tracks that are seen to trails, by name or as heirs."""
    seen = [track for track in sighting.tracks if track.seen]
    held = {track.id for track in sighting.tracks}
    own = {track.id: trail for track in seen for trail in trails if _same(track, trail)}
    orphans = [trail for trail in trails if own.get(trail.id) is not trail]
    for track in (one for one in seen if one.id not in own):
        near = [trail for trail in orphans if _inherits(track, trail, sighting.at_us)]
        if near:
            own[track.id] = min(near, key=lambda trail: abs(trail.expected(sighting.at_us).x - track.box.foot.x))
            orphans.remove(own[track.id])
    missing = tuple(one for one in orphans if one.id in held or sighting.at_us - one.last_us <= LOST_US)
    return Met(
        tuple((track, own.get(track.id)) for track in seen),
        missing,
        tuple(trail for trail in orphans if trail not in missing),
    )


def there(track: Track, at_us: int) -> bool:
    """Whether a track is where its box is, as far as can be known: seen, or standing and hidden for a moment only.

    Whoever is remembered at the picture's edge has most likely left through it.
    """
    hidden = track.still_since_us is not None and at_us - track.last_us <= HIDDEN_US
    return track.seen or (hidden and not track.box.cut_off)


def _same(track: Track, trail: Trail) -> bool:
    """Whether a track is the trail's own; names begin anew with each start of vision."""
    return track.id == trail.id and track.first_us <= trail.last_us


def _inherits(track: Track, trail: Trail, at_us: int) -> bool:
    if track.first_us < trail.last_us or at_us - trail.last_us > LOST_US or track.kind.family is not trail.kind.family:
        return False
    if not 1 / GREW < track.box.area / max(trail.box.area, 1e-9) < GREW:
        return False
    expected, foot = trail.expected(at_us), track.box.foot
    width, height = max(trail.box.width, track.box.width), max(trail.box.height, track.box.height)
    return abs(expected.x - foot.x) <= NEAR * width and abs(expected.y - foot.y) <= NEAR * height / 2
