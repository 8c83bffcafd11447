# SPDX-License-Identifier: Apache-2.0
"""One look of one camera at its spaces: what it says of each, who stands there, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.core.clock import SECOND_US, Now
from edge.core.effects import Effect
from edge.core.tracks import VEHICLES, Sighting, Track
from edge.roles.parking import facts
from edge.roles.parking.account import counted, timed
from edge.roles.parking.belief import become, swayed
from edge.roles.parking.config import Settings, Space
from edge.roles.parking.evidence import footings, judged, weighed
from edge.roles.parking.guests import breaches, seen
from edge.roles.parking.lot import Pair, Standing, State

Said = tuple[Effect, ...]
LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class Stand:
    """A vehicle that stands on a space, and the further spaces that it takes."""

    track: Track
    over: tuple[str, ...]


def looked(settings: Settings, state: State, sighting: Sighting, now: Now) -> tuple[State, Said]:
    """The lot after a look. Frames in which spaces were not asked for say nothing of them."""
    pixels = {one.name: one.occupied for one in sighting.spaces}
    stands = _stands(settings, sighting, pixels)
    said: list[Effect] = []
    for space in settings.of_camera(sighting.camera):
        if space.name in pixels:
            stand = stands.get(space.name)
            sure = weighed(pixels[space.name], stand.track.score if stand else None)
            before = standing(state, space.name)
            after = swayed(settings, before, judged(sure), sighting.at_us)
            state, effects = _lived(settings, state, space, (before, after), stand, sighting.at_us, now)
            said += effects
    state, effects = _paired(settings, state, sighting, stands, now)
    return state, (*said, *effects)


def changed(
    settings: Settings, state: State, space: Space, change: tuple[Standing, Standing], now: Now
) -> tuple[State, Said]:
    """The state with a space that has become something else: accounted for, and told."""
    before, after = change
    state = timed(state, settings, after.since_us, frozenset({space.name}))
    after = replace(after, counted_us=standing(state, space.name).counted_us)
    state = counted(state, settings, before, after)
    return _put(state, after), (facts.occupancy(state, settings, space, (before, after), now),)


def blinded(settings: Settings, state: State, camera: str, since_us: int, now: Now) -> tuple[State, Said]:
    """The state when a camera has not been heard of for too long: nobody knows its spaces."""
    said: list[Effect] = []
    for space in settings.of_camera(camera):
        before = standing(state, space.name)
        if before.state != "unknown":
            after = become(before, "unknown", max(since_us, before.since_us))
            state, effects = changed(settings, state, space, (before, after), now)
            said += effects
    return state, tuple(said)


def standing(state: State, name: str) -> Standing:
    """A space by name."""
    return next(space for space in state.spaces if space.name == name)


def _stands(settings: Settings, sighting: Sighting, pixels: Mapping[str, float]) -> dict[str, Stand]:
    """Vehicles that stand still on spaces. Who drives past a space does not stand in it."""
    tracks = [
        track for track in sighting.tracks if track.kind in VEHICLES and track.seen and track.still_since_us is not None
    ]
    outlines = {space.name: space.outline for space in settings.of_camera(sighting.camera)}
    found: dict[str, Stand] = {}
    for footing in footings(outlines, [track.box for track in tracks]):
        # A box that reaches over a neighbour is a matter of the view, unless that space's own pixels say so too.
        taken = tuple(name for name in footing.spaces if pixels.get(name, 0.0) >= LIKELY) or footing.spaces[:1]
        for name in taken:
            over = tuple(sorted(other for other in taken if other != name))
            found[name] = Stand(tracks[footing.vehicle], over)
    return found


def _lived(
    settings: Settings,
    state: State,
    space: Space,
    change: tuple[Standing, Standing],
    stand: Stand | None,
    at_us: int,
    now: Now,
) -> tuple[State, Said]:
    before, after = change
    said: Said = ()
    guest = after.guest if after.state == "occupied" else None
    if guest and stand:
        guest = seen(settings, guest, stand.track, stand.over, at_us)
        after = replace(after, guest=guest) if guest is not after.guest else after
    if after.state != before.state:
        state, said = changed(settings, state, space, (before, after), now)
        after = standing(state, space.name)
    if guest:
        wrong = tuple(breaches(settings, space, guest, at_us))
        said = (*said, *(facts.breach(state, settings, space, guest, why, at_us, now) for why in wrong))
        after = replace(after, guest=replace(guest, told=(*guest.told, *wrong))) if wrong else after
    return _put(state, after), said


def _paired(
    settings: Settings, state: State, sighting: Sighting, stands: Mapping[str, Stand], now: Now
) -> tuple[State, Said]:
    """Vehicles over several spaces, told when they have stood so for a while."""
    seen_now = {tuple(sorted((name, *stand.over))): stand.track.kind for name, stand in stands.items() if stand.over}
    mine = {space.name for space in settings.of_camera(sighting.camera)}
    pairs = [pair for pair in state.pairs if _lasts(state, pair, stands, mine)]
    known = {pair.spaces for pair in pairs}
    pairs += [Pair(spaces, sighting.at_us) for spaces in seen_now if spaces not in known]
    said: list[Effect] = []
    for index, pair in enumerate(pairs):
        due = not pair.told and sighting.at_us - pair.since_us >= settings.class_after_s * SECOND_US
        kind = seen_now.get(pair.spaces)
        if due and kind is not None:
            pairs[index] = replace(pair, told=True)
            said.append(facts.straddling(state, settings, sighting.camera, pair, kind.value, now))
    after = tuple(pairs)
    return state if after == state.pairs else replace(state, pairs=after), tuple(said)


def _lasts(state: State, pair: Pair, stands: Mapping[str, Stand], mine: set[str]) -> bool:
    """Whether nothing says that the vehicle stands otherwise; a detector that sees none says nothing."""
    if pair.spaces[0] not in mine:
        return True
    for name in pair.spaces:
        stand = stands.get(name)
        if stand is not None and tuple(sorted((name, *stand.over))) != pair.spaces:
            return False
        if standing(state, name).state == "free":
            return False
    return True


def _put(state: State, space: Standing) -> State:
    spaces = tuple(space if one.name == space.name else one for one in state.spaces)
    same = all(one is other for one, other in zip(spaces, state.spaces, strict=True))
    return state if same else replace(state, spaces=spaces)
