# SPDX-License-Identifier: Apache-2.0
"""A stay whose vehicle does not show: it is hidden, it may have gone, or it certainly has."""

from dataclasses import replace

from edge.core.tracks import Track
from edge.roles.illegal_parking.look import Look
from edge.roles.illegal_parking.matching import drove_up, same_place, within_patience
from edge.roles.illegal_parking.stays import SECOND_US, Empty, Phase, Stay

DESERTED_US = 8 * SECOND_US
"""A place is left when it has looked empty for so long; detectors blink."""
LEFT_US = 2 * SECOND_US
"""…or for so long when the vehicle was seen elsewhere: not at once, since a passing bus may carry its track away."""
LOOK_GAP_US = 10 * SECOND_US
"""Looks further apart are no looking: what was empty before such a gap must be seen empty anew."""
FORGET_US = 3600 * SECOND_US
"""However well a place is hidden from view, nothing is said of it after so long."""
COVER = 0.5
"""Whoever hides half of a place may hide the vehicle that stands there."""


def missed(look: Look, stay: Stay) -> Stay | None:
    """The stay after a look that did not show its vehicle, or None when the vehicle has gone."""
    if _moved_off(look, stay) or _taken(look, stay) or _given_up(look, stay):
        return None
    if any(_hides(track, stay) for track in look.sighting.tracks):
        return stay
    empty = _emptier(look, stay)
    deserted = look.at_us - empty.since_us >= (LEFT_US if empty.left else DESERTED_US)
    return None if deserted else replace(stay, empty=empty)


def unmissed(stay: Stay) -> Stay:
    """The stay without what was seen of its empty place; the same object if nothing was."""
    return stay if stay.empty is None else replace(stay, empty=None)


def _emptier(look: Look, stay: Stay) -> Empty:
    """What is known of the empty place with this look."""
    elsewhere = _elsewhere(look, stay)
    if stay.empty is None or not 0 <= look.at_us - stay.empty.last_us <= LOOK_GAP_US:
        return Empty(look.at_us, look.at_us, elsewhere)
    return Empty(stay.empty.since_us, look.at_us, stay.empty.left or elsewhere)


def _elsewhere(look: Look, stay: Stay) -> bool:
    """Whether the vehicle's own track is seen, though not in its place."""
    return any(track.seen and stay.is_of(track) for track in look.sighting.tracks)


def _moved_off(look: Look, stay: Stay) -> bool:
    """Within the grace, a vehicle that moves has gone, wherever it stands next."""
    return stay.phase is Phase.STANDING and _elsewhere(look, stay)


def _taken(look: Look, stay: Stay) -> bool:
    """Whether another vehicle was seen to take the place."""
    return any(
        track.seen and same_place(stay.box, track.box) and not stay.is_of(track) and drove_up(stay, track)
        for track in look.sighting.tracks
    )


def _given_up(look: Look, stay: Stay) -> bool:
    return not within_patience(look.settings, stay, look.at_us) or look.at_us - stay.last_us > FORGET_US


def _hides(track: Track, stay: Stay) -> bool:
    """Whether a track stands before the place, or is the vehicle itself that the tracker remembers unseen."""
    return stay.box.covered_by(track.box) >= COVER if track.seen else stay.is_of(track)
