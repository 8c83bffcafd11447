# SPDX-License-Identifier: Apache-2.0
"""Who drives against a lane's direction and who stands where traffic should flow: told once, and once when it is over.

What must always be true here: an incident that goes on is never told twice, also over a restart; jitter of a standing
vehicle is no driving; a queue is no breakdown until it has stood for longer than any red.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from edge.core.tracks import VEHICLES, Kind
from edge.roles.traffic_flow.config import Road
from edge.roles.traffic_flow.lanes import LaneMap
from edge.roles.traffic_flow.occupants import Occupant
from edge.roles.traffic_flow.speed import KMH, pace
from edge.roles.traffic_flow.state import Incident, Vehicle

WRONG_WAY, STOPPED = "wrong-way", "stopped-vehicle"
LEAST_LOOKS = 4
"""At a vehicle that drives the wrong way: two odd boxes are not enough."""
LEAST_KMH = 5.0
OVER_US = 10_000_000
"""Not seen again for so long, an incident is over."""
SAME_IOU = 0.3
"""Boxes of one standing vehicle before and after a restart."""


def stopped(
    road: Road, lane: LaneMap, inside: Iterable[Occupant], vehicles: Iterable[Vehicle], at_us: int
) -> Iterator[Incident]:
    """Vehicles that have stood in the lane for too long, as incidents of this look.

    Time in a queue does not count, but for those who have been in it for longer than any red.
    """
    queued_us = {vehicle.trail.id: vehicle.queued_us for vehicle in vehicles}
    for one in inside:
        since_us = one.track.still_since_us
        if since_us is None or one.track.kind not in VEHICLES:
            continue
        alone_us = at_us - max(since_us, queued_us.get(one.track.id, 0))
        if alone_us >= road.stopped_s * 1e6 or at_us - since_us >= road.queue_patience_s * 1e6:
            along_m = (one.rear_m + one.front_m) / 2 - lane.begin_m
            yield Incident(STOPPED, lane.name, one.track.kind, one.track.box, along_m, since_us, at_us)


def wrong_way(road: Road, lane: LaneMap, vehicles: Iterable[Vehicle], at_us: int) -> Iterator[Incident]:
    """Vehicles that have driven against the lane's direction for long enough to be sure, as incidents of this look."""
    for vehicle in vehicles:
        path, trail = vehicle.path, vehicle.trail
        ours = vehicle.lane == lane.name and trail.kind in VEHICLES | {Kind.TWO_WHEELER}
        if not ours or len(path) < LEAST_LOOKS or path[-1][0] != at_us:
            continue
        if path[0][1] - path[-1][1] < road.wrong_way_m:
            continue
        metres_s = pace(path)
        if metres_s is not None and metres_s * KMH <= -LEAST_KMH:
            yield Incident(WRONG_WAY, lane.name, trail.kind, trail.box, path[-1][1] - lane.begin_m, path[0][0], at_us)


def kept_alive(known: Iterable[Incident], inside: Iterable[Occupant], at_us: int) -> tuple[Incident, ...]:
    """Incidents whose vehicle still stands there, also under another name and before it has stood for long again."""
    boxes = [one.track.box for one in inside if one.standing]
    return tuple(
        replace(one, last_us=at_us)
        if one.what == STOPPED and any(box.iou(one.box) >= SAME_IOU for box in boxes)
        else one
        for one in known
    )


def merged(known: Iterable[Incident], now: Iterable[Incident]) -> tuple[tuple[Incident, ...], tuple[Incident, ...]]:
    """All incidents with those of this look, and which of them are new."""
    kept, new = list(known), []
    for one in now:
        place = next((number for number, other in enumerate(kept) if _same(one, other)), None)
        if place is None:
            kept.append(one)
            new.append(one)
        else:
            kept[place] = replace(kept[place], box=one.box, along_m=one.along_m, last_us=one.last_us)
    return tuple(kept), tuple(new)


def parted(known: Iterable[Incident], at_us: int) -> tuple[tuple[Incident, ...], tuple[Incident, ...]]:
    """Those that go on, and those that are over since nothing was seen of them for a while."""
    kept = tuple(one for one in known if at_us - one.last_us < OVER_US)
    return kept, tuple(one for one in known if one not in kept)


def _same(one: Incident, other: Incident) -> bool:
    """Who stands is known by his place; of those who drive the wrong way one a lane is enough."""
    alike = (one.what, one.lane) == (other.what, other.lane)
    return alike and (one.what == WRONG_WAY or one.box.iou(other.box) >= SAME_IOU)
