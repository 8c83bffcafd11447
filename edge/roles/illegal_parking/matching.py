# SPDX-License-Identifier: Apache-2.0
"""Which track is which stay's vehicle. All of it leans to "the same vehicle": a second case is worse than none."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from edge.core.clock import SECOND_US
from edge.core.geometry import Box
from edge.core.tracks import Track
from edge.roles.illegal_parking.config import Settings, Zone
from edge.roles.illegal_parking.look import APPROACH_US, Look
from edge.roles.illegal_parking.stays import Phase, Stay

STAND_US = 1 * SECOND_US
"""A tracker's word for when a vehicle came to stand may wander by so much without meaning that it moved."""
SAME_IOU = 0.3
"""Boxes of one standing vehicle before and after a restart; also half a vehicle's length of a nudge (1/3)."""
INSIDE = 0.8
"""A vehicle half hidden has a box that lies within its full one."""
LIKE_SIZE = 0.35
"""…but a small car's box within a lorry's is no half-hidden lorry."""
NUDGE = 0.25
"""A vehicle that still covers a quarter of its place has not left it."""
DOUBLE_IOU = 0.6
"""Two boxes this much alike are one vehicle that the detector told twice."""
FOOTPRINT = 0.4
"""With the foot in the zone, so much of the ground it stands on must be there too: a wheel over the line is no stay."""


def stands_in(zone: Zone, track: Track) -> bool:
    """Whether a track's foot and a fair part of its ground lie in the zone."""
    return zone.outline.holds(track.box.foot) and zone.outline.share_of(track.box.ground) >= FOOTPRINT


def same_place(one: Box, other: Box) -> bool:
    """Whether two boxes can be one standing vehicle, possibly half hidden or nudged."""
    small, large = sorted((one, other), key=lambda box: box.area)
    return one.iou(other) >= SAME_IOU or (small.covered_by(large) >= INSIDE and small.area >= LIKE_SIZE * large.area)


def doubled(track: Track, boxes: Iterable[Box]) -> bool:
    """Whether a track is a second telling of a vehicle that is already known by its box."""
    return any(track.box.iou(box) >= DOUBLE_IOU for box in boxes)


def still_there(stay: Stay, zone: Zone, track: Track, at_us: int) -> bool:
    """Whether the stay's own track shows that its vehicle stays.

    Within the grace any movement ends it, which keeps crawling queues out. Later it may be nudged, and once its case
    is out it may move about the zone. To stand since a time to come is no movement: the clock was set back.
    """
    still_us = track.still_since_us
    if still_us is not None and not stay.still_us + STAND_US < still_us <= at_us + STAND_US:
        return True
    match stay.phase:
        case Phase.STANDING:
            return False
        case Phase.RESIDENT | Phase.OPENED | Phase.EXEMPT:
            near = track.box.covered_by(stay.box) >= NUDGE or stay.box.covered_by(track.box) >= NUDGE
            return near and zone.outline.holds(track.box.foot)
        case Phase.COMPLETED:
            return zone.outline.holds(track.box.foot)
    assert_never(stay.phase)


def drove_up(stay: Stay, track: Track) -> bool:
    """Whether a track at the stay's place was seen to come there, after that place had been seen empty.

    Within the grace the latter is not asked: in a queue the places are never empty.
    """
    if track.still_since_us is None or not track.arrived or track.still_since_us - track.first_us < APPROACH_US:
        return False
    return stay.phase is Phase.STANDING or (stay.empty is not None and track.still_since_us > stay.empty.since_us)


def within_patience(look: Look, stay: Stay) -> bool:
    """Whether the vehicle was out of sight for so short a time that one at its place counts as the same.

    Those that can get no case (any more) have no such limit: whoever is found in their place is taken for them.
    """
    patience_us = max(round(look.settings.reidentify_s * SECOND_US), look.few_looks_us)
    return stay.phase.quiet or look.at_us - stay.last_us <= patience_us


def find(look: Look, stays: Sequence[Stay]) -> dict[int, Track]:
    """For each stay, by its index, the track that shows its vehicle; every track is given away once at most."""
    found: dict[int, Track] = {}
    for index, stay in enumerate(stays):
        own = next((track for track in look.tracks if stay.is_of(track)), None)
        zone = look.zones[stay.zone]
        if own and own not in found.values() and look.counts(own) and still_there(stay, zone, own, look.at_us):
            found[index] = own
    pairs = (
        (-stay.box.iou(track.box), index, place)
        for index, stay in enumerate(stays)
        for place, track in enumerate(look.tracks)
        if index not in found and _may_be(look, stay, track)
    )
    for _, index, place in sorted(pairs):
        track = look.tracks[place]
        if index not in found and track not in found.values():
            found[index] = track
    return found


def _may_be(look: Look, stay: Stay, track: Track) -> bool:
    """Whether a standing track under another name can be the stay's vehicle."""
    return (
        track.still_since_us is not None
        and look.counts(track)
        and within_patience(look, stay)
        and same_place(stay.box, track.box)
        and not stay.is_of(track)
        and not drove_up(stay, track)
        and not another(look.settings, stay, track)
        and (track.box.iou(stay.box) >= DOUBLE_IOU or not any(remembered(stay, one) for one in look.tracks))
    )


def remembered(stay: Stay, track: Track) -> bool:
    """Whether a track is the stay's vehicle, which stands there as far as the tracker knows, though it is not seen."""
    return not track.seen and stay.is_of(track) and track.still_since_us is not None and same_place(stay.box, track.box)


def another(settings: Settings, stay: Stay, track: Track) -> bool:
    """Whether the plates say that it is another vehicle: both surely read, and apart by more than one slip."""
    mine, its = stay.plate, track.plate
    if mine is None or its is None or min(mine.sure, its.sure) < settings.plate_sure:
        return False
    slips = sum(one != other for one, other in zip(mine.text, its.text, strict=False))
    return slips + abs(len(mine.text) - len(its.text)) > 1
