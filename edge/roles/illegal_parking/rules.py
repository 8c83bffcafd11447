# SPDX-License-Identifier: Apache-2.0
"""The life of a stay: it begins, is opened, becomes a case, ends (违法停车取证). In words: docs/explanation/stays.md.

What must always be true here: one case per vehicle and stay; no case for less than the limit, by capture time; no word
before the grace is over; every picture that a case names was asked to be kept, in the same step or before; pictures
of a stay that comes to nothing are released.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import assert_never

from edge.core.clock import CLOCK_SET_US, DEAF_MS, SECOND_US, Now
from edge.core.effects import Effect, ReleaseEvidence
from edge.core.inputs import CameraChanged, Input, Ordered, Seen, Started, Ticked
from edge.core.tracks import Track
from edge.roles.illegal_parking import facts
from edge.roles.illegal_parking.absence import expected, missed, unheard, unmissed
from edge.roles.illegal_parking.config import Settings
from edge.roles.illegal_parking.look import Look, in_view
from edge.roles.illegal_parking.matching import find
from edge.roles.illegal_parking.presets import noted_reader, turn_of, turned
from edge.roles.illegal_parking.progress import Said, begun, stood
from edge.roles.illegal_parking.queues import driven_through
from edge.roles.illegal_parking.stays import Phase, State, Stay, shifted

EXACT_US = 1 * SECOND_US
"""GA/T 832-2014: a clock further off is none for evidence."""


def step(settings: Settings, state: State, happened: Input) -> tuple[State, Said]:
    """The whole role. The same state object comes back when nothing of importance has changed."""
    match happened:
        case Started(now=now, device=device):
            return _started(settings, state, now, device)
        case Ticked(now=now, behind=behind):
            return _ticked(settings, _clock_followed(state, now), now, behind)
        case CameraChanged(now=now, camera=camera, online=online):
            return _camera_changed(_clock_followed(state, now), now, camera, online=online), ()
        case Seen(now=now, sighting=sighting):
            followed = _clock_followed(state, now)
            if not followed.device or now.uptime_ms < followed.deaf_until_ms:
                return followed, ()
            looking = _camera_changed(followed, now, sighting.camera, online=True)
            looking = turned(settings, noted_reader(looking, sighting), now, sighting)
            turn, reads = turn_of(looking, sighting.camera), sighting.camera in looking.readers
            return _seen(looking, Look.of(settings, looking.device, now, sighting, turn, reads=reads))
        case Ordered():
            return state, ()
    assert_never(happened)


def _started(settings: Settings, state: State, now: Now, device: str) -> tuple[State, Said]:
    """Stays go on where they were; those of zones that are no more come to their end."""
    places = {(zone.name, zone.camera) for zone in settings.zones}
    kept = tuple(unmissed(stay) for stay in state.stays if (stay.zone, stay.camera) in places)
    gone = (stay for stay in state.stays if (stay.zone, stay.camera) not in places)
    state, said = _farewells(settings, replace(state, device=device), gone, now)
    return State(device, now.boot_us, 0, (), kept, state.readers, (), state.exempted), said


def _ticked(settings: Settings, state: State, now: Now, behind: Sequence[str]) -> tuple[State, Said]:
    """Vision is silent while a street is empty, so silence ends the stays of places that were last seen empty."""
    watched = {zone.name for zone in settings.zones if in_view(zone, zone.camera, turn_of(state, zone.camera))}
    after: list[tuple[Stay, Stay | None]] = []
    for stay in state.stays:
        in_sight = stay.camera in state.online and stay.zone in watched
        after.append((stay, unheard(stay, now, looked=stay.camera not in behind) if in_sight else stay))
    stays = tuple(kept for _, kept in after if kept)
    state, said = _farewells(settings, state, (stay for stay, kept in after if kept is None), now)
    return state if stays == state.stays else replace(state, stays=stays), said


def _camera_changed(state: State, now: Now, camera: str, *, online: bool) -> State:
    """What a camera saw before it was lost says nothing of what it will see when it is back."""
    if online == (camera in state.online):
        return state
    cameras = {*state.online, camera} if online else {*state.online} - {camera}
    stays = tuple(
        stay if stay.camera != camera else expected(stay, now) if online else unmissed(stay) for stay in state.stays
    )
    return replace(state, online=tuple(sorted(cameras)), stays=stays)


def _clock_followed(state: State, now: Now) -> State:
    """When the wall clock is set, stays move with it, so that their dwell stays true.

    Those dated later than the clock showed before were dated by another, better one: they stay where they are.
    """
    jump_us = now.boot_us - state.boot_us
    if not state.device or abs(jump_us) <= EXACT_US:
        return state
    if abs(jump_us) <= CLOCK_SET_US:
        # Too little to move anything by, and too much for evidence: what was taken before is dated wrong.
        stays = tuple(replace(stay, photographs=()) if stay.photographs else stay for stay in state.stays)
        return replace(state, boot_us=now.boot_us, stays=stays)
    showed_us = now.wall_us - jump_us + CLOCK_SET_US
    stays = tuple(shifted(stay, jump_us) if stay.last_us <= showed_us else stay for stay in state.stays)
    return replace(state, boot_us=now.boot_us, deaf_until_ms=now.uptime_ms + DEAF_MS, stays=stays)


def _seen(state: State, look: Look) -> tuple[State, Said]:
    """Every stay in view lives on or ends; vehicles that are none of theirs may begin one."""
    own = [stay for stay in state.stays if stay.zone in look.zones]
    found = find(look, own)
    kept: list[Stay] = []
    gone: list[Stay] = []
    said: list[Effect] = []
    for index, stay in enumerate(own):
        after, effects = _lived(look, stay, found.get(index))
        kept += [] if after is None else [after]
        gone += [stay] if after is None else []
        said += effects
    state, farewells = _farewells(look.settings, state, gone, look.now)
    for track in look.tracks:
        for new in begun(look, track, kept) if track not in found.values() else ():
            stay, effects = stood(look, new, track)
            kept.append(stay)
            said += effects
    if kept == own:
        return state, (*said, *farewells)
    others = (stay for stay in state.stays if stay.zone not in look.zones)
    return replace(state, boot_us=look.now.boot_us, stays=(*others, *kept)), (*said, *farewells)


def _lived(look: Look, stay: Stay, track: Track | None) -> tuple[Stay | None, Said]:
    """One stay after a look at its place, or None when it has ended, as it also does with the zone's hours."""
    stay, passed = driven_through(look, stay, track)
    if passed or not (stay.phase is Phase.COMPLETED or look.in_force(look.zones[stay.zone])):
        return None, ()
    if track is not None:
        return stood(look, stay, track)
    return missed(look, stay), ()


def _farewells(settings: Settings, state: State, gone: Iterable[Stay], now: Now) -> tuple[State, Said]:
    """What is said when stays end. Also by an unset clock: it is no evidence, and the hub waits for it."""
    said: list[Effect] = []
    for stay in gone:
        if stay.exemption and _outstayed(settings, stay):
            state = replace(state, exempted=state.exempted + 1)
            said.append(facts.exempted(settings, state.device, stay, stay.exemption, state.exempted, now))
        if stay.case:
            said.append(facts.departed(settings, state.device, stay, now))
        if stay.case and stay.phase is Phase.OPENED:
            said.append(ReleaseEvidence(stay.case))
    return state, tuple(said)


def _outstayed(settings: Settings, stay: Stay) -> bool:
    """Whether it stood for longer than others may. Of a zone that is no more, nobody can say."""
    limit_s = next((zone.limit_s for zone in settings.zones if zone.name == stay.zone), math.inf)
    return stay.last_us - stay.first_us >= limit_s * SECOND_US
