# SPDX-License-Identifier: Apache-2.0
"""Queueing traffic is not parking: who stands in line with others that stopped when it did, and go when it should.

A stay inside a queue gets no case for as long as a queue can stand (`red_s`); when its neighbours go and it does not,
its time begins then. And two vehicles cannot be in one place: a stay through which another drives is none.
"""

from dataclasses import replace

from edge.core.clock import SECOND_US
from edge.core.geometry import Box
from edge.core.tracks import VEHICLES, Name, Track
from edge.roles.illegal_parking.config import Queue, Zone
from edge.roles.illegal_parking.look import Look
from edge.roles.illegal_parking.stays import Passer, Stay

BEHIND = 1.75
"""Neighbours in a queue are at most so far apart, from middle to middle, in lengths of one of them."""
IN_LINE = 0.3
"""Vehicles of one lane stand within so much of their size beside the line through both."""
ASIDE = 1.1
"""Who is so much wider than high, in fractions of a wide picture, is seen from the side: its lane runs across."""
LEVEL = 0.15
"""…and the feet of those that drive along one lane across the picture are within so much of their height."""
WHOLE = 1.5
"""Who is so much wider than it was is two that are told as one."""
LIKE = 0.4
"""Who drives through a place covers so much of it."""


def line_of(look: Look, zone: Zone, stay: Stay, track: Track) -> tuple[Name, ...]:
    """Who stands in line with the stay's vehicle now, by name; nobody if they are too few, or stand for too long."""
    queue = zone.queue
    if stay.phase.quiet or not _queues(look, queue, track):
        return ()
    standing = [one for one in look.tracks if _queues(look, queue, one) and one is not track]
    line, edge = [track], [track]
    while edge:
        last = edge.pop()
        joined = [one for one in standing if one not in line and _next_to(queue, last, one)]
        line += joined
        edge += joined
    return tuple(sorted(one.name for one in line[1:])) if len(line) >= queue.vehicles else ()


def went(look: Look, stay: Stay) -> bool:
    """Whether one of those that stood in line with the stay's vehicle is on its way."""
    return any(track.seen and track.still_since_us is None and track.name in stay.queue for track in look.tracks)


def driven_through(look: Look, stay: Stay, own: Track | None) -> tuple[Stay, bool]:
    """The stay with what it knows of vehicles in its lane, and whether one of them has just driven through its place.

    Only one that was seen on one side of it, in its place, and on the other side, each time whole and on its level, and
    that while the stay's own vehicle did not show.
    """
    known = {passer.name: passer for passer in stay.passers}
    now: list[Passer] = []
    for track in look.tracks:
        passer = known.get(track.name)
        if track is not own and _drives_along(stay, track):
            side = _side(stay.box, track.box)
            if passer and passer.within and side == -passer.side and _whole(passer, track.box):
                return stay, True
            passer = _noted(stay, track, passer, hidden=own is None)
        now += [passer] if passer else []
    passers = tuple(now)
    return stay if passers == stay.passers else replace(stay, passers=passers), False


def _noted(stay: Stay, track: Track, passer: Passer | None, *, hidden: bool) -> Passer | None:
    """What is to be remembered of a vehicle on the stay's level; nothing of who first shows in its place."""
    side = _side(stay.box, track.box)
    if side:
        return Passer(track.name, side, round(track.box.width, 2))
    fills = passer and hidden and _whole(passer, track.box) and stay.box.covered_by(track.box) >= LIKE
    return replace(passer, within=True) if passer and fills else passer


def _queues(look: Look, queue: Queue, track: Track) -> bool:
    """Whether a vehicle that came stands on the lane, for no longer than a queue can."""
    still_us = track.still_since_us
    if still_us is None or track.kind not in VEHICLES or not look.came(track):
        return False
    on_lane = queue.outline is None or queue.outline.holds(track.box.foot)
    return on_lane and look.at_us - still_us < queue.red_s * SECOND_US


def _next_to(queue: Queue, one: Track, other: Track) -> bool:
    """Whether the other stands before or behind the one, along the picture or into its depth, and stopped with it."""
    stopped_us = abs((one.still_since_us or 0) - (other.still_since_us or 0))
    across = abs(one.box.foot.x - other.box.foot.x) / max(one.box.width, other.box.width)
    down = abs(one.box.foot.y - other.box.foot.y) / max(one.box.height, other.box.height)
    near, far = (down, across) if one.box.width > ASIDE * one.box.height else sorted((across, down))
    return stopped_us <= queue.together_s * SECOND_US and near <= IN_LINE and far <= BEHIND


def _drives_along(stay: Stay, track: Track) -> bool:
    """Whether a vehicle is seen whose foot is on the level of the stay's."""
    level = abs(track.box.foot.y - stay.box.foot.y) <= LEVEL * stay.box.height
    return level and track.seen and track.kind in VEHICLES and not stay.is_of(track)


def _side(place: Box, box: Box) -> int:
    """On which side of a place a box's middle is, -1 or 1; 0 if it is in it."""
    return -1 if box.centre.x < place.left else 1 if box.centre.x > place.right else 0


def _whole(passer: Passer, box: Box) -> bool:
    return passer.width / WHOLE <= box.width <= passer.width * WHOLE
