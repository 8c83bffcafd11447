# SPDX-License-Identifier: Apache-2.0
"""Traffic on a device's roads: looks become sums, sums become summaries, levels and alarms. 交通流监测.

What must always be true here: what was counted is told in exactly one summary, also over a restart; a summary says for
how long its camera looked; a level or an incident is told when it changes and not again.
"""

from collections.abc import Iterable
from dataclasses import replace

from edge.core.clock import Now
from edge.core.counting import STALE_US, Counting, Effects
from edge.core.effects import Effect
from edge.core.tracks import Sighting
from edge.core.windows import Window
from edge.roles.traffic_flow import facts
from edge.roles.traffic_flow.config import Road, Settings
from edge.roles.traffic_flow.flow import idle
from edge.roles.traffic_flow.looks import looked
from edge.roles.traffic_flow.passing import added, settled
from edge.roles.traffic_flow.state import LaneState, RoadState, State, Tally


def _known(settings: Settings, state: State) -> State:
    """Sums go on where they were; those of roads and lanes that are no more are forgotten."""
    before = {road.name: road for road in state.roads}
    return replace(state, roads=tuple(_road_known(road, before.get(road.name)) for road in settings.roads))


def _road_known(road: Road, before: RoadState | None) -> RoadState:
    lanes = {lane.name: lane for lane in before.lanes} if before else {}
    kept = tuple(lanes.get(lane.name, LaneState(lane.name)) for lane in road.lanes)
    incidents = tuple(one for one in before.incidents if one.lane in lanes) if before else ()
    return RoadState(road.name, kept, incidents)


def _afresh(state: State, now: Now) -> State:
    return replace(state, roads=tuple(_road_afresh(road, now) for road in state.roads))


def _ended(settings: Settings, state: State, ended: Window, now: Now) -> tuple[State, Effects]:
    """All roads' summaries, and their sums begun anew."""
    roads: list[RoadState] = []
    said: list[Effect] = []
    for road, before in zip(settings.roads, state.roads, strict=True):
        vehicles, speeds = settled(before.vehicles)
        full = replace(before, lanes=added(settings, before.lanes, speeds), vehicles=vehicles)
        said.append(facts.summary(settings, road, full, ended, now))
        roads.append(replace(full, lanes=tuple(replace(lane, tally=Tally()) for lane in full.lanes)))
    return replace(state, roads=tuple(roads)), tuple(said)


def _unseen(settings: Settings, state: State, camera: str, now: Now) -> State:
    """Who was in view of a camera that was lost is somebody else when it is back."""
    roads = tuple(
        _road_afresh(before, now) if road.camera == camera else before
        for road, before in zip(settings.roads, state.roads, strict=True)
    )
    return replace(state, roads=roads)


def _road_afresh(road: RoadState, now: Now) -> RoadState:
    """A road that is looked at anew; its incidents go on if they are seen again."""
    incidents = tuple(replace(one, last_us=now.wall_us) for one in road.incidents)
    return replace(road, vehicles=(), looked_us=0, incidents=incidents)


def _looked(settings: Settings, state: State, sighting: Sighting, now: Now) -> tuple[State, Effects]:
    roads: list[RoadState] = []
    said: list[Effect] = []
    for road, before in zip(settings.roads, state.roads, strict=True):
        if road.camera == sighting.camera:
            after, effects = looked(settings, road, before, sighting, now, state.time.device)
            roads.append(after)
            said += effects
        else:
            roads.append(before)
    return replace(state, roads=tuple(roads)), tuple(said)


def _silent(settings: Settings, state: State, at_us: int) -> Iterable[str]:
    """Averages of a silent camera's lanes sink, and incidents end."""
    pairs = zip(settings.roads, state.roads, strict=True)
    return dict.fromkeys(
        road.camera for road, before in pairs if at_us - before.looked_us >= STALE_US and not _calm(before)
    )


def _calm(road: RoadState) -> bool:
    return not road.incidents and not road.vehicles and all(idle(lane.flow) for lane in road.lanes)


step = Counting(known=_known, afresh=_afresh, unseen=_unseen, ended=_ended, silent=_silent, looked=_looked).step
"""The whole role."""
