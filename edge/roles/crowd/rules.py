# SPDX-License-Identifier: Apache-2.0
"""People at a device's sites: looks become counts, counts summaries, levels and alarms. 人流监测.

What must always be true here: who walked through a gate is told in exactly one summary, also over a restart; a summary
says for how long each camera looked; an alarm that was raised is cleared once, and not raised again before.
"""

from collections.abc import Iterator
from dataclasses import replace

from edge.core.clock import Now
from edge.core.counting import STALE_US, Counting, Effects
from edge.core.effects import Effect
from edge.core.tracks import Sighting
from edge.core.windows import Window
from edge.roles.crowd import facts
from edge.roles.crowd.config import Settings, Site
from edge.roles.crowd.density import alarming, calm, looked_at, too_many
from edge.roles.crowd.gates import inside, looked
from edge.roles.crowd.presence import put_right, walked_through
from edge.roles.crowd.state import AreaState, GateState, SiteState, State, View


def _known(settings: Settings, state: State) -> State:
    """Counts go on where they were; those of sites, gates and areas that are no more are forgotten."""
    before = {site.name: site for site in state.sites}
    sites = tuple(_site_known(site, before.get(site.name, SiteState(site.name))) for site in settings.sites)
    return replace(state, sites=sites, views=())


def _site_known(site: Site, before: SiteState) -> SiteState:
    gates = {gate.name: gate for gate in before.gates}
    areas = {area.name: area for area in before.areas}
    return replace(
        before,
        gates=tuple(gates.get(gate.name, GateState(gate.name)) for gate in site.gates),
        areas=tuple(replace(areas.get(area.name, AreaState(area.name)), looked_us=0) for area in site.areas),
        more_us=0,
        empty_us=0,
    )


def _afresh(state: State, _: Now) -> State:
    sites = tuple(
        replace(site, more_us=0, empty_us=0, areas=tuple(replace(area, looked_us=0) for area in site.areas))
        for site in state.sites
    )
    return replace(state, sites=sites, views=())


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


def _unseen(settings: Settings, state: State, camera: str, _: Now) -> State:
    """Who was in view of a camera that was lost is somebody else when it is back."""
    views = tuple(view for view in state.views if view.camera != camera)
    sites = tuple(_site_unseen(site, before, camera) for site, before in zip(settings.sites, state.sites, strict=True))
    return replace(state, sites=sites, views=views)


def _site_unseen(site: Site, state: SiteState, camera: str) -> SiteState:
    """A site whose areas before one camera are looked at anew."""
    areas = tuple(
        replace(area, people=0, looked_us=0) if of.camera == camera else area
        for of, area in zip(site.areas, state.areas, strict=True)
    )
    return replace(state, areas=areas, empty_us=0) if camera in site.cameras else state


def _silent(settings: Settings, state: State, at_us: int) -> Iterator[str]:
    """Areas of a silent camera empty, and alarms end."""
    looked_us = {view.camera: view.looked_us for view in state.views}
    return (camera for camera in sorted(settings.cameras) if at_us - looked_us.get(camera, 0) >= STALE_US)


def _looked(settings: Settings, state: State, sighting: Sighting, now: Now) -> tuple[State, Effects]:
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


step = Counting(known=_known, afresh=_afresh, unseen=_unseen, ended=_ended, silent=_silent, looked=_looked).step
"""The whole role."""
