# SPDX-License-Identifier: Apache-2.0
"""Who is in a closed area, look by look: what counts as a person or vehicle there, and since when it has been there.

A gull is too small, a swaying boat is in the area only half of the time, and a reflection is not there for long: none
of them is steady, and only who is steady is ever counted.
"""

from collections.abc import Sequence
from dataclasses import replace

from edge.core.clock import SECOND_US
from edge.core.tracks import Kind, Sighting, Track
from edge.roles.port_watch.config import PARTIES, Area, Closure
from edge.roles.port_watch.plan import grace_s
from edge.roles.port_watch.state import Guest, Post

FOOTING = 0.5
"""With the foot in the area, so much of the ground it stands on must be there too."""
FOOTING_KNOWN = 0.2
"""…and so much of the ground of somebody who is known to be there: leaning over the line is not leaving."""
PATIENCE_US = 5 * SECOND_US
"""Whoever is out of sight for longer has left; detectors blink."""
SURE_US = 3 * SECOND_US
"""Nobody is counted sooner."""
STEADY = 0.7
"""Part of the time since it came in which it must have been seen there."""
LOOK_GAP_US = 2 * SECOND_US
"""The time between looks further apart is not time in which it was seen."""
SAME_IOU = 0.3
"""A track that begins where a guest was lost is that guest."""
PERSON_SIZES = (0.5, 1.8)
"""In parts of a person's height: from who sits to who carries something."""
VEHICLE_SIZES = (0.5, 5.0)
"""The same of vehicles: from a scooter to a crane lorry."""


def met(post: Post, area: Area, closing: tuple[Closure, ...], score: float, sighting: Sighting) -> tuple[Guest, ...]:
    """The party's guests after a look."""
    at_us = sighting.at_us
    able = [track for track in sighting.tracks if _may_be(area, closing, post, score, track)]
    guests: list[Guest] = []
    for guest in post.guests:
        own = next((track for track in able if guest.is_of(track)), None) or _heir(guest, able, post.guests)
        if own is not None:
            able.remove(own)
            guests += [_seen_again(guest, own, at_us)] if _inside(area, own, FOOTING_KNOWN) else []
            continue
        remembered = any(guest.is_of(track) and not track.seen for track in sighting.tracks)
        if remembered or at_us - guest.last_us <= PATIENCE_US:
            guests.append(guest)
    new = (track for track in able if _inside(area, track, FOOTING))
    return (*guests, *(Guest(one.id, one.first_us, one.kind, one.box, at_us, at_us) for one in new))


def steady(guest: Guest, at_us: int) -> bool:
    """Whether a guest is surely there, now and for most of the time since it came."""
    for_us = guest.last_us - guest.since_us
    return guest.last_us == at_us and for_us >= SURE_US and guest.there_us >= STEADY * for_us


def overdue_us(guest: Guest, closing: tuple[Closure, ...], rung: int) -> int:
    """For how long a guest has been there too long; less than 0 within its grace.

    The grace doubles with each alarm that was rung lately, so that what comes and goes all night rings less and less.
    """
    grace = grace_s(closing, guest.kind) or 0.0
    longest_us = round(max(grace * SECOND_US, SURE_US)) << rung
    return guest.last_us - guest.since_us - longest_us


def _may_be(area: Area, closing: tuple[Closure, ...], post: Post, score: float, track: Track) -> bool:
    return (
        track.seen
        and track.kind in PARTIES[post.party]
        and grace_s(closing, track.kind) is not None
        and track.score >= score
        and _plausible(area, track)
    )


def _plausible(area: Area, track: Track) -> bool:
    height = area.person_height(track.box.foot.y)
    least, most = PERSON_SIZES if track.kind is Kind.PERSON else VEHICLE_SIZES
    return height is None or least * height <= track.box.height <= most * height


def _inside(area: Area, track: Track, footing: float) -> bool:
    return area.outline.holds(track.box.foot) and area.outline.share_of(track.box.ground) >= footing


def _heir(guest: Guest, able: Sequence[Track], guests: Sequence[Guest]) -> Track | None:
    """The track under a new name that shows the guest: the nearest that is no other guest's."""
    free = [track for track in able if not any(other.is_of(track) for other in guests)]
    best = max(free, key=lambda track: track.box.iou(guest.box), default=None)
    return best if best is not None and best.box.iou(guest.box) >= SAME_IOU else None


def _seen_again(guest: Guest, track: Track, at_us: int) -> Guest:
    gap_us = at_us - guest.last_us
    there_us = guest.there_us + (gap_us if gap_us <= LOOK_GAP_US else 0)
    return replace(
        guest,
        track_id=track.id,
        track_first_us=track.first_us,
        kind=track.kind,
        box=track.box,
        last_us=at_us,
        there_us=there_us,
    )
