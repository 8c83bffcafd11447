# SPDX-License-Identifier: Apache-2.0
"""What is in a lane at one look: how much of it is covered, how long its queue is, how fast it moves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.core.tracks import Kind, Sighting, Track
from edge.core.trails import there
from edge.roles.traffic_flow.lanes import LaneMap
from edge.roles.traffic_flow.speed import KMH, Sample, pace
from edge.roles.traffic_flow.state import Vehicle

CREEP_KMH = 5.0
"""Slower is standing: queues move up car by car."""
LATELY_US = 2_000_000
"""What counts as a vehicle's present speed."""


@dataclass(frozen=True, slots=True)
class Occupant:
    """One vehicle in a lane, from its rear to its front in metres along it; `kmh` None while that is not known."""

    track: Track
    rear_m: float
    front_m: float
    kmh: float | None
    standing: bool


def occupants(
    lane: LaneMap, kinds: frozenset[Kind], sighting: Sighting, vehicles: Iterable[Vehicle]
) -> tuple[Occupant, ...]:
    """Who is in the lane, also those who stand and are hidden for the moment; the foremost first."""
    paths = {vehicle.trail.id: vehicle.path for vehicle in vehicles if vehicle.lane == lane.name}
    inside = []
    for track in sighting.tracks:
        if there(track, sighting.at_us) and track.kind in kinds and lane.outline.holds(track.box.foot):
            rear_m, front_m = lane.reach(track.kind, track.box)
            kmh = 0.0 if track.still_since_us is not None else _lately(paths.get(track.id, ()), sighting.at_us)
            inside.append(Occupant(track, rear_m, front_m, kmh, kmh is not None and abs(kmh) < CREEP_KMH))
    return tuple(sorted(inside, key=lambda one: -one.front_m))


def queue(lane: LaneMap, inside: Sequence[Occupant], gap_m: float) -> tuple[float, tuple[Occupant, ...]]:
    """Length of the queue in metres, and who is in it: those who stand one behind the other from the stop line on."""
    tail_m = lane.stop_m
    members: list[Occupant] = []
    for one in inside:
        if not one.standing or one.rear_m >= lane.stop_m:
            continue
        if tail_m - one.front_m > gap_m:
            break
        members.append(one)
        tail_m = min(tail_m, one.rear_m)
    return lane.stop_m - max(tail_m, lane.begin_m) if members else 0.0, tuple(members)


def covered(lane: LaneMap, inside: Iterable[Occupant]) -> float:
    """Part of the lane that vehicles cover, 0 to 1; what two cover counts once."""
    covered_m, free_from_m = 0.0, lane.begin_m
    for one in sorted(inside, key=lambda occupant: occupant.rear_m):
        rear_m, front_m = max(one.rear_m, free_from_m), min(one.front_m, lane.end_m)
        covered_m += max(0.0, front_m - rear_m)
        free_from_m = max(free_from_m, front_m)
    return covered_m / lane.length_m


def _lately(path: Sequence[Sample], at_us: int) -> float | None:
    metres_s = pace([sample for sample in path if at_us - sample[0] <= LATELY_US])
    return None if metres_s is None else metres_s * KMH
