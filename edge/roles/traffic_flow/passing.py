# SPDX-License-Identifier: Apache-2.0
"""Vehicles followed along their lanes, and what each adds to its lane's sums: one count, and one speed.

What must always be true here: a vehicle is counted once a road, at the first line it clearly crosses; its speed is told
once, after its count, if it was long enough in view to have one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from edge.core.crossing import NOWHERE, followed
from edge.core.tracks import Kind, Sighting, Track
from edge.core.trails import Trail, met
from edge.roles.traffic_flow.config import Road, Settings
from edge.roles.traffic_flow.speed import KMH, pace
from edge.roles.traffic_flow.state import SAMPLES, LaneState, Passed, Tally, Vehicle

SETTLED_US = 4_000_000
"""So long after the line a speed is told at the latest."""
NEAR_US = 2_500_000
"""Looks so long before and after the line make the speed: who starts from a queue has stood before."""
TWIN_US = 700_000
"""Two vehicles that cross one line within this time..."""
TWIN_IOU = 0.4
"""...and whose boxes share so much are one that was told twice."""


@dataclass(frozen=True, slots=True)
class Count:
    """A vehicle has crossed a lane's line."""

    lane: str
    kind: Kind
    forward: bool


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a vehicle that was counted drove."""

    lane: str
    kmh: float


Said = tuple[Count | Speed, ...]


def moved_on(
    settings: Settings, road: Road, before: Sequence[Vehicle], sighting: Sighting
) -> tuple[tuple[Vehicle, ...], Said]:
    """Everybody in view after a look, and what it adds to the lanes' sums."""
    found = met([vehicle.trail for vehicle in before], sighting)
    by_name = {vehicle.trail.id: vehicle for vehicle in before}
    said: list[Count | Speed] = []
    vehicles: list[Vehicle] = []
    for track, trail in found.seen:
        known = Vehicle(Trail.of(track, sighting.at_us)) if trail is None else by_name[trail.id]
        vehicle, told = _looked(road, known, track, sighting.at_us)
        if told and track.kind in settings.kinds and not _twin(vehicle, (*vehicles, *before)):
            said += told
        elif told:
            vehicle = replace(vehicle, passed=None)
        if vehicle.passed and _over(vehicle, sighting.at_us):
            vehicle, told = _settled(vehicle)
            said += told
        vehicles.append(vehicle)
    _, speeds = settled([by_name[trail.id] for trail in found.gone])
    missing = tuple(by_name[trail.id] for trail in found.missing)
    return (*vehicles, *missing), (*said, *speeds)


def settled(vehicles: Iterable[Vehicle]) -> tuple[tuple[Vehicle, ...], Said]:
    """The speeds of all who have passed a line, told now whatever is still to come of them."""
    told = [_settled(vehicle) for vehicle in vehicles]
    return tuple(vehicle for vehicle, _ in told), tuple(word for _, words in told for word in words)


def added(settings: Settings, lanes: tuple[LaneState, ...], said: Said) -> tuple[LaneState, ...]:
    """The lanes with what was said of each."""
    for word in said:
        lanes = tuple(_heard(settings, lane, word) if lane.name == word.lane else lane for lane in lanes)
    return lanes


def _heard(settings: Settings, lane: LaneState, word: Count | Speed) -> LaneState:
    tally = lane.tally
    return replace(lane, tally=_counted(tally, word) if isinstance(word, Count) else _measured(settings, tally, word))


def _looked(road: Road, before: Vehicle, track: Track, at_us: int) -> tuple[Vehicle, Said]:
    """One vehicle after a look at it, and its count if it has just crossed its first line."""
    trail = before.trail.onward(track, at_us)
    foot, sides = track.box.foot, dict(before.sides)
    said: Said = ()
    for lane in road.maps:
        sides[lane.name], crossing = followed(lane.line, sides.get(lane.name, NOWHERE), track.box)
        if crossing and not before.counted and not said:
            said = (Count(lane.name, track.kind, crossing.to == lane.forward_to),)
    lane_now = next((lane for lane in road.maps if lane.outline.holds(foot)), None)
    name, path = before.lane, before.path
    if lane_now is not None and not (before.passed and before.passed.lane != lane_now.name):
        path = path if name == lane_now.name else ()
        along_m = lane_now.along(foot)
        # A foot that the picture's edge cuts off is not where the vehicle stands.
        if along_m is not None and not track.box.cut_off:
            path = (*path, (at_us, along_m))[-SAMPLES:]
        name = lane_now.name
    passed = Passed(said[0].lane, at_us) if said else before.passed
    counted = before.counted or bool(said)
    return Vehicle(trail, name, path, tuple(sides.items()), counted, passed, before.queued_us), said


def _over(vehicle: Vehicle, at_us: int) -> bool:
    return vehicle.passed is not None and at_us - vehicle.passed.at_us >= SETTLED_US


def _settled(vehicle: Vehicle) -> tuple[Vehicle, Said]:
    if vehicle.passed is None:
        return vehicle, ()
    near = [one for one in vehicle.path if abs(one[0] - vehicle.passed.at_us) <= NEAR_US]
    metres_s = pace(near) if vehicle.lane == vehicle.passed.lane else None
    said = () if metres_s is None else (Speed(vehicle.passed.lane, abs(metres_s) * KMH),)
    return replace(vehicle, passed=None), said


def _twin(vehicle: Vehicle, others: Iterable[Vehicle]) -> bool:
    """Whether the vehicle that has just crossed a line is one that was counted under another name a moment ago."""
    passed = vehicle.passed
    return passed is not None and any(
        other.trail.id != vehicle.trail.id
        and other.passed is not None
        and other.passed.lane == passed.lane
        and passed.at_us - other.passed.at_us <= TWIN_US
        and other.trail.box.iou(vehicle.trail.box) >= TWIN_IOU
        for other in others
    )


def _counted(tally: Tally, count: Count) -> Tally:
    if count.forward:
        return replace(tally, forward={**tally.forward, count.kind: tally.forward.get(count.kind, 0) + 1})
    return replace(tally, against={**tally.against, count.kind: tally.against.get(count.kind, 0) + 1})


def _measured(settings: Settings, tally: Tally, speed: Speed) -> Tally:
    bounds = settings.speed_classes_kmh
    speeds = list(tally.speeds) or [0] * (len(bounds) + 1)
    speeds[bisect_right(bounds, speed.kmh)] += 1
    return replace(
        tally,
        speeds=tuple(speeds),
        measured=tally.measured + 1,
        speed_sum_kmh=tally.speed_sum_kmh + speed.kmh,
    )
