# SPDX-License-Identifier: Apache-2.0
"""The life of a parking lot: looks sway what is believed of each space; what changes is told, counted and shown.

What must always be true here: a space changes only after looks have agreed for as long as the settings say, by capture
time; every change of a space is told; a zone's counts reach hub and sign together, in one step.
"""

from dataclasses import replace
from typing import assert_never

from edge.contract.words import ClockQuality
from edge.core.clock import DEAF_MS, SECOND_US, Now, set_by_us
from edge.core.effects import Drive, Effect
from edge.core.inputs import CameraChanged, Input, Ordered, Seen, Started, Ticked
from edge.roles.parking import facts
from edge.roles.parking.account import hour_of, timed
from edge.roles.parking.config import Settings
from edge.roles.parking.look import Said, blinded, looked
from edge.roles.parking.lot import HOUR_US, Account, Eye, Standing, State, Told, moved_by

HEARD_US = 10 * SECOND_US
"""That a camera was heard of is written down this often: a checkpoint costs a write to flash."""
SILENT_LOOKS = 20
"""A camera that is said to look, and has told nothing of its spaces for so many looks, does not."""
SILENT_S = 120.0


def step(settings: Settings, state: State, happened: Input) -> tuple[State, Said]:
    """The whole role. The same state object comes back when nothing of importance has changed."""
    if isinstance(happened, Started):
        return _started(settings, state, happened.now, happened.device), ()
    if not state.device:
        return state, ()
    now = happened.now
    state = _clock_followed(state, now)
    match happened:
        case Ticked():
            state, passed = _time_passed(settings, state, now)
            state, told = _told(settings, state, now)
            return state, (*passed, *told)
        case CameraChanged(camera=camera, online=online):
            return _heard(state, camera, online=online, at_us=now.wall_us), ()
        case Seen(sighting=sighting):
            if now.uptime_ms < state.deaf_until_ms or not sighting.spaces:
                return state, ()
            state, passed = _time_passed(settings, state, now)
            state = _heard(state, sighting.camera, online=True, at_us=now.wall_us)
            state, seen = looked(settings, state, sighting, now)
            state, told = _told(settings, state, now)
            return state, (*passed, *seen, *told)
        case Ordered():
            return state, ()
    assert_never(happened)


def _started(settings: Settings, state: State, now: Now, device: str) -> State:
    """The lot goes on as it was; what the settings no longer name is forgotten. Hub and signs are told anew.

    Stays last over the time without the device; in the hour's account nobody has seen it.
    """
    at_us = now.wall_us
    for eye in state.eyes:
        in_view = frozenset(space.name for space in settings.of_camera(eye.name))
        state = timed(state, settings, min(eye.heard_us, state.hour_us + HOUR_US), in_view)
    before = {space.name: replace(space, counted_us=max(space.counted_us, at_us)) for space in state.spaces}
    accounts = {account.zone: account for account in state.accounts}
    spaces = (
        before.get(space.name, Standing(space.name, since_us=at_us, counted_us=at_us)) for space in settings.spaces
    )
    cameras = sorted({space.camera for space in settings.spaces})
    names = {space.name for space in settings.spaces}
    return State(
        device=device,
        boot_us=now.boot_us,
        eyes=tuple(Eye(camera, online=False, heard_us=at_us) for camera in cameras),
        spaces=tuple(spaces),
        pairs=tuple(pair for pair in state.pairs if names.issuperset(pair.spaces)),
        hour_us=state.hour_us or hour_of(at_us),
        accounts=tuple(accounts.get(zone.name, Account(zone.name)) for zone in settings.zones),
    )


def _clock_followed(state: State, now: Now) -> State:
    """When the wall clock is set, the lot moves with it, so that stays remain true; the hour begins anew."""
    jump_us = set_by_us(state.boot_us, now)
    if not jump_us:
        return state
    moved = moved_by(state, jump_us)
    accounts = tuple(Account(account.zone) for account in state.accounts)
    hour_us, deaf_ms = hour_of(now.wall_us), now.uptime_ms + DEAF_MS
    return replace(moved, boot_us=now.boot_us, deaf_until_ms=deaf_ms, hour_us=hour_us, accounts=accounts)


def _heard(state: State, camera: str, *, online: bool, at_us: int) -> State:
    eyes = tuple(
        Eye(camera, online, at_us)
        if eye.name == camera and (online != eye.online or at_us - eye.heard_us >= HEARD_US)
        else eye
        for eye in state.eyes
    )
    return state if eyes == state.eyes else replace(state, eyes=eyes)


def _time_passed(settings: Settings, state: State, now: Now) -> tuple[State, Said]:
    """Cameras fall silent, and hours end."""
    said: list[Effect] = []
    silent_s = max(SILENT_S, SILENT_LOOKS * settings.every_s)
    for eye in state.eyes:
        limit_s = silent_s if eye.online else settings.away_after_s
        if now.wall_us - eye.heard_us >= limit_s * SECOND_US:
            state, effects = blinded(settings, state, eye.name, eye.heard_us, now)
            said += effects
    if now.wall_us >= state.hour_us + HOUR_US:
        state, effects = _hour_ended(settings, state, now)
        said += effects
    return state, tuple(said)


def _hour_ended(settings: Settings, state: State, now: Now) -> tuple[State, Said]:
    """The hour's account is closed. Of hours in which the device was off there is none."""
    state = timed(state, settings, state.hour_us + HOUR_US)
    told = now.quality is not ClockQuality.UNSET
    said = tuple(facts.hour(state, settings, account, now) for account in state.accounts) if told else ()
    begun_us = hour_of(now.wall_us)
    spaces = tuple(replace(space, counted_us=max(space.counted_us, begun_us)) for space in state.spaces)
    accounts = tuple(Account(account.zone) for account in state.accounts)
    return replace(state, hour_us=begun_us, spaces=spaces, accounts=accounts), said


def _told(settings: Settings, state: State, now: Now) -> tuple[State, Said]:
    """Zones whose counts have changed, to hub and sign; now and then, everything."""
    said: list[Effect] = []
    told = {one.zone: one for one in state.told}
    for zone in settings.zones:
        counts = facts.counts(state, settings, zone.name)
        last = told.get(zone.name)
        if last and (counts == last.counts or now.wall_us - last.at_us < settings.zone_every_s * SECOND_US):
            continue
        told[zone.name] = Told(zone.name, counts, now.wall_us)
        said.append(facts.zone_counted(state, settings, zone.name, now))
        said += _shown(zone.sign, counts)
    if said:
        state = replace(state, told=tuple(told.values()))
    if now.wall_us >= state.snapshot_us:
        state = replace(state, snapshot_us=now.wall_us + round(settings.snapshot_s * SECOND_US))
        said.append(facts.snapshot(state, settings, now))
        for zone in settings.zones:  # a sign that was changed or lost its power shows the right number again
            said += _shown(zone.sign, facts.counts(state, settings, zone.name))
    return state, tuple(said)


def _shown(sign: str | None, counts: tuple[int, int, int]) -> Said:
    """What a sign is to show: free spaces, or that nobody knows, when no space of the zone is known."""
    free, occupied, _ = counts
    return () if sign is None else (Drive(sign, free if free + occupied else None),)
