# SPDX-License-Identifier: Apache-2.0
"""How many people are present: what came in less what went out, put right by what is seen, since every gate drifts.

- More people seen at once than the balance holds, for a while: it is raised to them.
- Nobody seen in any area, for long: it is zero.
- Every night at a time that the technician chooses: it is what is seen then.
"""

from collections.abc import Iterable
from dataclasses import replace

from edge.core.schedule import day_of
from edge.roles.crowd.config import Settings, Site
from edge.roles.crowd.gates import Walked
from edge.roles.crowd.state import GateState, SiteState

MORE_US = 5_000_000
"""More people than the balance holds must be seen for so long: boxes double for a moment."""


def walked_through(state: SiteState, walked: Iterable[Walked]) -> SiteState:
    """Gates and balance after people went through; whoever leaves an empty site had been missed on the way in."""
    for one in walked:
        if one.site != state.name:
            continue
        gates = tuple(_counted(gate, one) if gate.name == one.gate else gate for gate in state.gates)
        if not one.inwards and not state.present:
            state = replace(state, gates=gates, corrected=state.corrected + 1)
        else:
            present = state.present + (1 if one.inwards else -1)
            state = replace(state, gates=gates, present=present, peak=max(state.peak, present))
        state = replace(state, empty_us=0)
    return state


def put_right(settings: Settings, site: Site, state: SiteState, at_us: int, *, seeing: bool) -> SiteState:
    """The balance after a look or a tick; `seeing` says whether all cameras of its areas are there."""
    seen = sum(area.people for area in state.areas)
    state = _begun_anew(settings, site, state, at_us, seen)
    state = _raised(state, at_us, seen)
    return _emptied(site, state, at_us, nobody=seeing and bool(state.areas) and not seen)


def _counted(gate: GateState, walked: Walked) -> GateState:
    if walked.inwards:
        return replace(gate, entered=gate.entered + 1)
    return replace(gate, left=gate.left + 1)


def _begun_anew(settings: Settings, site: Site, state: SiteState, at_us: int, seen: int) -> SiteState:
    if site.reset is None:
        return state
    day = day_of(at_us, settings.utc_offset, site.reset)
    if day <= state.day:
        return state
    return replace(_set(state, seen) if state.day else state, day=day)


def _raised(state: SiteState, at_us: int, seen: int) -> SiteState:
    if seen <= state.present:
        return replace(state, more_us=0, more=0) if state.more_us else state
    if not state.more_us:
        return replace(state, more_us=at_us, more=seen)
    least = min(state.more, seen)
    if at_us - state.more_us >= MORE_US:
        return replace(_set(state, least), more_us=0, more=0)
    return replace(state, more=least) if least != state.more else state


def _emptied(site: Site, state: SiteState, at_us: int, *, nobody: bool) -> SiteState:
    if not nobody or not site.empty_s:
        return replace(state, empty_us=0) if state.empty_us else state
    if not state.present:
        return state
    if not state.empty_us:
        return replace(state, empty_us=at_us)
    return _set(state, 0) if at_us - state.empty_us >= site.empty_s * 1e6 else state


def _set(state: SiteState, present: int) -> SiteState:
    corrected = state.corrected + present - state.present
    return replace(state, present=present, corrected=corrected, peak=max(state.peak, present))
