# SPDX-License-Identifier: Apache-2.0
"""One look at a road: counts, sums over time, levels, incidents, and what is to be said of them at once."""

from collections.abc import Sequence
from dataclasses import replace

from edge.core.clock import Now
from edge.core.effects import Effect
from edge.core.tracks import Sighting
from edge.roles.traffic_flow import facts
from edge.roles.traffic_flow.config import Road, Settings
from edge.roles.traffic_flow.flow import flowed
from edge.roles.traffic_flow.incidents import kept_alive, merged, parted, stopped, wrong_way
from edge.roles.traffic_flow.lanes import LaneMap
from edge.roles.traffic_flow.occupants import Occupant, covered, occupants, queue
from edge.roles.traffic_flow.passing import added, moved_on
from edge.roles.traffic_flow.state import Incident, LaneState, Level, RoadState, Tally

LONGEST_S = 5.0
"""What one look stands for at most in sums over time."""

Effects = tuple[Effect, ...]


def looked(
    settings: Settings, road: Road, before: RoadState, sighting: Sighting, now: Now, device: str
) -> tuple[RoadState, Effects]:
    """The road after a look at it."""
    at_us = sighting.at_us
    vehicles, words = moved_on(settings, road, before.vehicles, sighting)
    elapsed_s = min(LONGEST_S, max(0, at_us - before.looked_us) / 1e6) if before.looked_us else 0.0
    incidents = before.incidents
    lanes: list[LaneState] = []
    found: list[Incident] = []
    said: list[Effect] = []
    for lane, known in zip(road.maps, added(settings, before.lanes, words), strict=True):
        inside = occupants(lane, settings.kinds, sighting, vehicles)
        incidents = kept_alive(incidents, inside, at_us)
        after, queued = _lane(road, lane, known, inside, at_us, elapsed_s)
        vehicles = tuple(replace(one, queued_us=at_us) if one.trail.id in queued else one for one in vehicles)
        lanes.append(after)
        found += (*stopped(road, lane, inside, vehicles, at_us), *wrong_way(road, lane, vehicles, at_us))
        if after.flow.level is not known.flow.level:
            said.append(facts.congestion(settings, road, after, known.flow.level, now))
    incidents, new = merged(incidents, found)
    kept, over = parted(incidents, at_us)
    said += (facts.incident(settings, road, device, one, now, raised=True) for one in new)
    said += (facts.incident(settings, road, device, one, now, raised=False) for one in over)
    return RoadState(before.name, tuple(lanes), kept, max(at_us, before.looked_us), vehicles), tuple(said)


def _lane(
    road: Road, lane: LaneMap, before: LaneState, inside: Sequence[Occupant], at_us: int, elapsed_s: float
) -> tuple[LaneState, frozenset[int]]:
    """The lane after a look at who is in it, and the names of those who stand in a queue or in a jam."""
    queue_m, queued = queue(lane, inside, road.queue_gap_m)
    occupancy = covered(lane, inside)
    flow = flowed(road.levels, lane, before.flow, at_us, (inside, occupancy, queue_m))
    waiting = inside if flow.level in {Level.CONGESTED, Level.BLOCKED} else queued
    after = LaneState(before.name, _summed(before.tally, occupancy, queue_m, elapsed_s), flow)
    return after, frozenset(one.track.id for one in waiting)


def _summed(tally: Tally, occupancy: float, queue_m: float, elapsed_s: float) -> Tally:
    """Sums over the time since the look before, for which this look stands."""
    return replace(
        tally,
        queue_max_m=max(tally.queue_max_m, queue_m),
        queue_m_s=tally.queue_m_s + queue_m * elapsed_s,
        occupied_s=tally.occupied_s + occupancy * elapsed_s,
    )
