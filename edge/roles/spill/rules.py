# SPDX-License-Identifier: Apache-2.0
"""The life of a spill (路面抛洒物、积水、油污): candidate, told, cleared. See docs/how-to/watch-a-road-surface.md.

What must always be true here: nothing is told that has not stayed for `confirm_s` while traffic passed, or for
`lonely_s` without; what is told is told once, and ends once: cleared, if its place was seen without it, or unwatched,
if nobody can tell any more.
"""

from dataclasses import replace
from typing import assert_never

from edge.core.clock import SECOND_US, Now
from edge.core.effects import Effect, KeepEvidence, ReleaseEvidence
from edge.core.geometry import Box
from edge.core.inputs import CameraChanged, Input, Ordered, Seen, Started, Ticked
from edge.core.schedule import in_force
from edge.core.tracks import Sighting, SurfaceChange, Track
from edge.roles.spill import facts
from edge.roles.spill.config import Settings, Surface
from edge.roles.spill.state import Spill, State, clock_followed

Said = tuple[Effect, ...]

SAME_PLACE = 0.3
"""Two looks whose boxes share so much (of the smaller) show one spill, grown or half driven away."""
BESIDE = 1.0
"""Whoever passes within one width of it passes by it, and would have taken a shadow along."""
LOOK_GAP_US = 5 * SECOND_US
"""The time between looks further apart is not time in which the place was seen empty."""


def step(settings: Settings, state: State, happened: Input) -> tuple[State, Said]:
    """The whole role. The same state object comes back when nothing of importance has changed."""
    match happened:
        case Started(now=now, device=device):
            return _started(settings, state, now, device)
        case Ticked(now=now):
            return clock_followed(state, now), ()
        case CameraChanged() | Ordered():
            return state, ()
        case Seen(now=now, sighting=sighting):
            return _seen(settings, clock_followed(state, now), now, sighting)
    assert_never(happened)


def _started(settings: Settings, state: State, now: Now, device: str) -> tuple[State, Said]:
    """Told spills go on; candidates, whose surface is learnt anew, do not; surfaces that are no more are let go."""
    known = {(surface.name, surface.camera) for surface in settings.surfaces}
    told = [spill for spill in state.spills if spill.name]
    kept = tuple(spill for spill in told if (spill.surface, spill.camera) in known)
    gone: list[Effect] = []
    for spill in told:
        if (spill.surface, spill.camera) not in known:
            gone.append(facts.unwatched(settings, None, device, spill, "surface-removed", now))
            gone.append(ReleaseEvidence(spill.name))
    return State(device, now.boot_us, kept), tuple(gone)


def _seen(settings: Settings, state: State, now: Now, sighting: Sighting) -> tuple[State, Said]:
    if not state.device:
        return state, ()
    spills = [_passed(spill, sighting) for spill in state.spills]
    looks = {look.name: look for look in sighting.surfaces}
    said: list[Effect] = []
    for surface in settings.surfaces:
        if surface.camera == sighting.camera and surface.name in looks:
            mine = [spill for spill in spills if spill.surface == surface.name]
            own, effects = _remembered(settings, surface, state.device, now, looks[surface.name].learnt_us, mine)
            said += effects
            after, effects = _looked(settings, surface, state.device, now, sighting, own)
            spills = [spill for spill in spills if spill.surface != surface.name] + after
            said += effects
    after_all = tuple(spills)
    return (state if after_all == state.spills else replace(state, spills=after_all)), tuple(said)


def _remembered(
    settings: Settings, surface: Surface, device: str, now: Now, learnt_us: int, own: list[Spill]
) -> tuple[list[Spill], list[Effect]]:
    """Spills that vision can still tell from the road; what lay there before the road was learnt is taken for it."""
    kept = [spill for spill in own if spill.last_us >= learnt_us]
    lost = [spill for spill in own if spill.last_us < learnt_us and spill.name]
    said: list[Effect] = []
    for spill in lost:
        said.append(facts.unwatched(settings, surface, device, spill, "learnt-anew", now))
        said.append(ReleaseEvidence(spill.name))
    return kept, said


def _looked(
    settings: Settings, surface: Surface, device: str, now: Now, sighting: Sighting, own: list[Spill]
) -> tuple[list[Spill], list[Effect]]:
    """One look at a surface: what is there goes on or begins, what is not there may be gone."""
    changes = [change for change in sighting.changes if change.surface == surface.name]
    if sum(change.share for change in changes) > settings.most_share:
        return own, []
    there = [change for change in changes if change.share >= settings.least_share]
    free = list(there)
    kept: list[Spill] = []
    said: list[Effect] = []
    for spill in own:
        same = [change for change in free if _same(spill.box, change.box)]
        if same:
            change = max(same, key=lambda one: spill.box.iou(one.box))
            free.remove(change)
            kept_on, effects = _stayed(settings, surface, device, now, sighting, _again(spill, change, sighting.at_us))
            kept.append(kept_on)
        elif any(_same(spill.box, change.box) for change in there):
            kept.append(replace(spill, looked_us=sighting.at_us, missing_us=0))  # it has run into another one
            continue
        else:
            missed, effects = _missed(settings, surface, device, now, sighting, spill)
            kept += [] if missed is None else [missed]
        said += effects
    if in_force(surface.hours, settings.utc_offset, sighting.at_us):
        kept += [_begun(surface, change, sighting.at_us) for change in free]
    return kept, said


def _begun(surface: Surface, change: SurfaceChange, at_us: int) -> Spill:
    since_us = min(change.since_us, at_us)
    return Spill(surface.name, surface.camera, change.box, change.share, since_us, at_us, at_us, change.before)


def _again(spill: Spill, change: SurfaceChange, at_us: int) -> Spill:
    return replace(
        spill, box=change.box, share=change.share, last_us=max(spill.last_us, at_us), looked_us=at_us, missing_us=0
    )


def _passed(spill: Spill, sighting: Sighting) -> Spill:
    """The spill with those that went over it or close by; whoever stands there has not passed."""
    if spill.camera != sighting.camera or spill.name:
        return spill
    wide = BESIDE * spill.box.width
    near = Box(spill.box.left - wide, spill.box.top, spill.box.right + wide, spill.box.bottom)
    here = tuple(one.name for one in sighting.tracks if _moves_through(one, near))
    new = [one for one in here if one not in spill.passers]
    if not new:
        return spill
    alive = {one.name for one in sighting.tracks}
    passers = (*(one for one in spill.passers if one in alive), *new)
    return replace(spill, passers=passers, passes=spill.passes + len(new))


def _moves_through(track: Track, near: Box) -> bool:
    return track.seen and track.still_since_us is None and track.box.ground.overlap(near) > 0


def _stayed(
    settings: Settings, surface: Surface, device: str, now: Now, sighting: Sighting, spill: Spill
) -> tuple[Spill, Said]:
    lasted_s = (spill.last_us - spill.since_us) / SECOND_US
    enough = lasted_s >= settings.confirm_s and spill.passes >= settings.passes
    if spill.name or not (enough or lasted_s >= settings.lonely_s):
        return spill, ()
    named = replace(spill, name=facts.spill_name(device, spill), passers=())
    pictures = tuple(one for one in (spill.before, sighting.fresh_scene) if one is not None)
    kept = tuple(KeepEvidence(one, named.name) for one in pictures)
    return named, (*kept, facts.found(settings, surface, device, named, pictures, now))


def _missed(
    settings: Settings, surface: Surface, device: str, now: Now, sighting: Sighting, spill: Spill
) -> tuple[Spill | None, Said]:
    """A place that was seen without its spill for long is clear; vision goes on telling of what is only hidden."""
    gap_us = sighting.at_us - spill.looked_us
    more_us = gap_us if 0 < gap_us <= LOOK_GAP_US else 0
    after = replace(spill, looked_us=sighting.at_us, missing_us=spill.missing_us + more_us)
    if after.missing_us < settings.clear_s * SECOND_US:
        return after, ()
    if not after.name:
        return None, ()
    return None, (facts.cleared(settings, surface, device, after, now), ReleaseEvidence(after.name))


def _same(one: Box, other: Box) -> bool:
    return one.overlap(other) >= SAME_PLACE * min(one.area, other.area)
