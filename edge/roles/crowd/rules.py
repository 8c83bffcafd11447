# SPDX-License-Identifier: Apache-2.0
"""People at a device's sites: looks become counts, counts summaries, levels and alarms. 人流监测.

What must always be true here: who walked through a gate is told in exactly one summary, also over a restart; a summary
says for how long each camera looked; an alarm that was raised is cleared once, and not raised again before.
"""

from dataclasses import replace
from typing import assert_never

from edge.core.clock import Now
from edge.core.effects import Effect
from edge.core.inputs import CameraChanged, Input, Ordered, Seen, Started, Ticked
from edge.core.tracks import Sighting
from edge.core.windows import LATE_US, REMEMBER_US, Window
from edge.roles.crowd import facts
from edge.roles.crowd.config import Settings, Site
from edge.roles.crowd.density import alarming, calm, looked_at, too_many
from edge.roles.crowd.gates import inside, looked
from edge.roles.crowd.presence import put_right, walked_through
from edge.roles.crowd.state import AreaState, GateState, SiteState, State, View

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
            ours = any(sighting.camera in site.cameras for site in settings.sites)
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
    """Counts go on where they were; those of sites, gates and areas that are no more are forgotten."""
    before = {site.name: site for site in state.sites}
    sites = tuple(_known(site, before.get(site.name, SiteState(site.name))) for site in settings.sites)
    return State(state.time.started(now, device), sites)


def _known(site: Site, before: SiteState) -> SiteState:
    gates = {gate.name: gate for gate in before.gates}
    areas = {area.name: area for area in before.areas}
    return replace(
        before,
        gates=tuple(gates.get(gate.name, GateState(gate.name)) for gate in site.gates),
        areas=tuple(replace(areas.get(area.name, AreaState(area.name)), looked_us=0) for area in site.areas),
        more_us=0,
        empty_us=0,
    )


def _checked(settings: Settings, state: State, now: Now) -> tuple[State, Effects]:
    """When the wall clock is set, what was counted so far is told as it is, and a new span begins."""
    time, ended = state.time.checked(now)
    if time is state.time:
        return state, ()
    state, said = _ended(settings, state, ended, now) if ended else (state, ())
    sites = tuple(
        replace(site, more_us=0, empty_us=0, areas=tuple(replace(area, looked_us=0) for area in site.areas))
        for site in state.sites
    )
    return State(time, sites), said


def _reached(
    settings: Settings, state: State, now: Now, at_us: int, *, every_us: int = REMEMBER_US
) -> tuple[State, Effects]:
    window, ended = state.time.window.reached(at_us, settings.span_us, every_us=every_us)
    if window is state.time.window:
        return state, ()
    state = replace(state, time=replace(state.time, window=window))
    return _ended(settings, state, ended, now) if ended else (state, ())


def _ended(settings: Settings, state: State, ended: Window, now: Now) -> tuple[State, Effects]:
    """All sites' summaries, and their sums begun anew."""
    pairs = tuple(zip(settings.sites, state.sites, strict=True))
    said = tuple(facts.summary(settings, site, before, ended, now) for site, before in pairs)
    sites = tuple(
        replace(
            before,
            gates=tuple(GateState(gate.name) for gate in before.gates),
            areas=tuple(replace(area, peak=round(area.average), people_s=0.0) for area in before.areas),
            peak=before.present,
            corrected=0,
        )
        for _, before in pairs
    )
    return replace(state, sites=sites), said


def _turned(settings: Settings, state: State, now: Now, camera: str, *, online: bool) -> State:
    """Who was in view of a camera that was lost is somebody else when it is back."""
    window = state.time.window.turned(camera, now.wall_us, settings.span_us, online=online)
    if window is state.time.window:
        return state
    views = tuple(view for view in state.views if view.camera != camera)
    sites = tuple(_unseen(site, before, camera) for site, before in zip(settings.sites, state.sites, strict=True))
    return State(replace(state.time, window=window), sites, views)


def _unseen(site: Site, state: SiteState, camera: str) -> SiteState:
    """A site whose areas before one camera are looked at anew."""
    areas = tuple(
        replace(area, people=0, looked_us=0) if of.camera == camera else area
        for of, area in zip(site.areas, state.areas, strict=True)
    )
    return replace(state, areas=areas, empty_us=0) if camera in site.cameras else state


def _quiet(settings: Settings, state: State, now: Now) -> tuple[State, Effects]:
    """Vision is silent while nobody is there: areas of a camera that is there empty then, and alarms end."""
    at_us = now.wall_us - LATE_US
    said: list[Effect] = []
    for camera in sorted(frozenset(one for site in settings.sites for one in site.cameras)):
        looked_us = next((view.looked_us for view in state.views if view.camera == camera), 0)
        if state.time.window.looks(camera) and at_us - looked_us >= STALE_US:
            state, effects = _seen(settings, state, now, Sighting(camera, at_us, ()))
            said += effects
    return state, tuple(said)


def _seen(settings: Settings, state: State, now: Now, sighting: Sighting) -> tuple[State, Effects]:
    at_us = sighting.at_us
    view = next((one for one in state.views if one.camera == sighting.camera), View(sighting.camera, at_us))
    after, walked = looked(settings, view, sighting)
    said: list[Effect] = []
    sites: list[SiteState] = []
    for site, before in zip(settings.sites, state.sites, strict=True):
        counted, effects = _areas(settings, site, walked_through(before, walked), sighting, now)
        seeing = all(state.time.window.looks(area.camera) for area in site.areas)
        balanced, alarms = _capacity(settings, site, put_right(settings, site, counted, at_us, seeing=seeing), now)
        sites.append(balanced)
        said += (*effects, *alarms)
    views = (*(one for one in state.views if one.camera != sighting.camera), after)
    if tuple(sites) == state.sites and not sighting.tracks and not view.people and view in state.views:
        # Silence about an empty place; that it was looked at again is not worth a write to flash.
        return state, ()
    return replace(state, sites=tuple(sites), views=views), tuple(said)


def _areas(settings: Settings, site: Site, state: SiteState, sighting: Sighting, now: Now) -> tuple[SiteState, Effects]:
    """Density, level and alarm of the areas that the camera looks at."""
    areas: list[AreaState] = []
    said: list[Effect] = []
    for area, before in zip(site.areas, state.areas, strict=True):
        people = inside(area, settings.kinds, sighting)
        if area.camera != sighting.camera or (calm(before) and not people and before.looked_us):
            areas.append(before)
            continue
        after = looked_at(site, area, before, sighting.at_us, people)
        if after.level is not before.level:
            said.append(facts.density(settings, site, area, after, before.level, now))
        if alarming(site, after) and not after.alarm_us:
            after = replace(after, alarm_us=sighting.at_us)
            said.append(facts.density_alarm(settings, site, after, after.alarm_us, now, raised=True))
        elif after.alarm_us and not alarming(site, after):
            said.append(facts.density_alarm(settings, site, after, after.alarm_us, now, raised=False))
            after = replace(after, alarm_us=0)
        areas.append(after)
    return replace(state, areas=tuple(areas)), tuple(said)


def _capacity(settings: Settings, site: Site, state: SiteState, now: Now) -> tuple[SiteState, Effects]:
    over = too_many(site, state)
    if over and not state.over_us:
        since = replace(state, over_us=now.wall_us)
        return since, (facts.capacity_alarm(settings, site, since, since.over_us, now, raised=True),)
    if state.over_us and not over:
        return replace(state, over_us=0), (
            facts.capacity_alarm(settings, site, state, state.over_us, now, raised=False),
        )
    return state, ()
