# SPDX-License-Identifier: Apache-2.0
"""Traffic on a device's roads: looks become sums, sums become summaries, levels and alarms. 交通流监测.

What must always be true here: what was counted is told in exactly one summary, also over a restart; a summary says for
how long its camera looked; a level or an incident is told when it changes and not again.
"""

from dataclasses import replace
from typing import assert_never

from edge.core.clock import Now
from edge.core.effects import Effect
from edge.core.inputs import CameraChanged, Input, Ordered, Seen, Started, Ticked
from edge.core.tracks import Sighting
from edge.core.windows import LATE_US, REMEMBER_US, Window
from edge.roles.traffic_flow import facts
from edge.roles.traffic_flow.config import Road, Settings
from edge.roles.traffic_flow.flow import idle
from edge.roles.traffic_flow.looks import looked
from edge.roles.traffic_flow.passing import added, settled
from edge.roles.traffic_flow.state import LaneState, RoadState, State, Tally

Effects = tuple[Effect, ...]

STALE_US = 3_000_000
"""A last look older than this says nothing of who is there now."""


def step(settings: Settings, state: State, happened: Input) -> tuple[State, Effects]:
    """The whole role. The same state object comes back when nothing of importance has changed."""
    if not state.time.device and not isinstance(happened, Started):
        return state, ()
    match happened:
        case Started(now=now, device=device):
            return _reached(settings, _started(settings, state, now, device), now, now.wall_us)
        case Ticked(now=now):
            state, said = _checked(settings, state, now)
            state, more = _reached(settings, state, now, now.wall_us - LATE_US)
            state, last = _quiet(settings, state, now)
            return state, (*said, *more, *last)
        case CameraChanged(now=now, camera=camera, online=online):
            state, said = _checked(settings, state, now)
            return _turned(settings, state, now, camera, online=online), said
        case Seen(now=now, sighting=sighting):
            state, said = _checked(settings, state, now)
            ours = any(road.camera == sighting.camera for road in settings.roads)
            if state.time.deaf(now) or not ours:
                return state, said
            state = _turned(settings, state, now, sighting.camera, online=True)
            # Where somebody is seen the state changes anyway, and with it goes how long was looked.
            state, more = _reached(settings, state, now, sighting.at_us, every_us=0 if sighting.tracks else REMEMBER_US)
            state, last = _seen(settings, state, now, sighting)
            return state, (*said, *more, *last)
        case Ordered():
            return state, ()
    assert_never(happened)


def _started(settings: Settings, state: State, now: Now, device: str) -> State:
    """Sums go on where they were; those of roads and lanes that are no more are forgotten."""
    before = {road.name: road for road in state.roads}
    return State(state.time.started(now, device), tuple(_known(road, before.get(road.name)) for road in settings.roads))


def _known(road: Road, before: RoadState | None) -> RoadState:
    lanes = {lane.name: lane for lane in before.lanes} if before else {}
    kept = tuple(lanes.get(lane.name, LaneState(lane.name)) for lane in road.lanes)
    incidents = tuple(one for one in before.incidents if one.lane in lanes) if before else ()
    return RoadState(road.name, kept, incidents)


def _checked(settings: Settings, state: State, now: Now) -> tuple[State, Effects]:
    """When the wall clock is set, what was summed up so far is told as it is, and a new span begins."""
    time, ended = state.time.checked(now)
    if time is state.time:
        return state, ()
    state, said = _ended(settings, state, ended, now) if ended else (state, ())
    return State(time, tuple(_afresh(road, now) for road in state.roads)), said


def _reached(
    settings: Settings, state: State, now: Now, at_us: int, *, every_us: int = REMEMBER_US
) -> tuple[State, Effects]:
    window, ended = state.time.window.reached(at_us, settings.span_us, every_us=every_us)
    if window is state.time.window:
        return state, ()
    state = replace(state, time=replace(state.time, window=window))
    return _ended(settings, state, ended, now) if ended else (state, ())


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


def _turned(settings: Settings, state: State, now: Now, camera: str, *, online: bool) -> State:
    """Who was in view of a camera that was lost is somebody else when it is back."""
    window = state.time.window.turned(camera, now.wall_us, settings.span_us, online=online)
    if window is state.time.window:
        return state
    roads = tuple(
        _afresh(before, now) if road.camera == camera else before
        for road, before in zip(settings.roads, state.roads, strict=True)
    )
    return State(replace(state.time, window=window), roads)


def _afresh(road: RoadState, now: Now) -> RoadState:
    """A road that is looked at anew; its incidents go on if they are seen again."""
    incidents = tuple(replace(one, last_us=now.wall_us) for one in road.incidents)
    return replace(road, vehicles=(), looked_us=0, incidents=incidents)


def _seen(settings: Settings, state: State, now: Now, sighting: Sighting) -> tuple[State, Effects]:
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


def _quiet(settings: Settings, state: State, now: Now) -> tuple[State, Effects]:
    """Vision is silent while a road is empty: averages of a camera that is there sink then, and incidents end."""
    at_us = now.wall_us - LATE_US
    cameras = [
        road.camera
        for road, before in zip(settings.roads, state.roads, strict=True)
        if state.time.window.looks(road.camera) and at_us - before.looked_us >= STALE_US and not _calm(before)
    ]
    said: list[Effect] = []
    for camera in dict.fromkeys(cameras):
        state, effects = _seen(settings, state, now, Sighting(camera, at_us, ()))
        said += effects
    return state, tuple(said)


def _calm(road: RoadState) -> bool:
    return not road.incidents and not road.vehicles and all(idle(lane.flow) for lane in road.lanes)
