# SPDX-License-Identifier: Apache-2.0
"""A camera that turns looks at some zones at a time (预置位): stays of the others wait until it looks again."""

from dataclasses import replace

from edge.core.clock import Now
from edge.core.tracks import Sighting
from edge.roles.illegal_parking.absence import expected, unmissed
from edge.roles.illegal_parking.config import Settings
from edge.roles.illegal_parking.look import in_view
from edge.roles.illegal_parking.stays import State, Stay, Turn


def turn_of(state: State, camera: str) -> Turn | None:
    """Where the camera stands, if it turns."""
    return next((turn for turn in state.turns if turn.camera == camera), None)


def turned(settings: Settings, state: State, now: Now, sighting: Sighting) -> State:
    """The state after a sighting from where the camera stands now.

    What was missed of a place before the turn says nothing of it; when it is in view again, its vehicle must show.
    """
    before, camera = turn_of(state, sighting.camera), sighting.camera
    if sighting.preset == (before.preset if before else None):
        return state
    turn = Turn(camera, sighting.preset, sighting.at_us)
    seen_before = {zone.name for zone in settings.zones if in_view(zone, camera, before)}
    seen_now = {zone.name for zone in settings.zones if in_view(zone, camera, turn)}

    def after(stay: Stay) -> Stay:
        if stay.camera != camera or (stay.zone in seen_before and stay.zone in seen_now):
            return stay
        return expected(stay, now) if stay.zone in seen_now else unmissed(stay)

    others = tuple(one for one in state.turns if one.camera != camera)
    return replace(state, turns=(*others, turn), stays=tuple(after(stay) for stay in state.stays))


def noted_reader(state: State, sighting: Sighting) -> State:
    """The state that knows of this camera that plates are read in its pictures."""
    camera = sighting.camera
    if camera in state.readers or not any(track.plate for track in sighting.tracks):
        return state
    return replace(state, readers=tuple(sorted((*state.readers, camera))))
