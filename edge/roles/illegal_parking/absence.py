# SPDX-License-Identifier: Apache-2.0
"""A stay whose vehicle does not show: it is hidden, it may have gone, or it certainly has."""

from dataclasses import replace

from edge.core.clock import SECOND_US, Now
from edge.core.tracks import Track
from edge.roles.illegal_parking.look import Look
from edge.roles.illegal_parking.matching import drove_up, remembered, same_place, within_patience
from edge.roles.illegal_parking.stays import Empty, Phase, Stay

DESERTED_US = 8 * SECOND_US
"""A place is left when it has looked empty for so long; detectors blink, and new workers need a moment to be sure."""
LEFT_US = 2 * SECOND_US
"""…or for so long when the vehicle was seen elsewhere: not at once, since a passing bus may carry its track away."""
FEW_LOOKS = 3
"""…or at so many looks, where they are so far apart that none of the time between them is watched."""
LOOK_GAP_US = 10 * SECOND_US
"""The time between looks further apart than this is not time in which the place was watched."""
TICK_GAP_MS = 3000
"""What a gap between two ticks counts as silence at most: it may have been the agent that was held up."""
FORGET_US = 3600 * SECOND_US
"""However well a place is hidden from view, nothing is said of it after so long."""
COVER = 0.5
"""Whoever hides half of a place may hide the vehicle that stands there."""


def missed(look: Look, stay: Stay) -> Stay | None:
    """The stay after a look that did not show its vehicle, or None when the vehicle has gone."""
    if _moved_off(look, stay) or _taken(look, stay) or _given_up(look, stay):
        return None
    if any(_hides(track, stay) for track in look.tracks):
        return _hidden(look, stay)
    empty = _emptier(look, stay)
    rarely = empty.looks >= FEW_LOOKS and empty.last_us - empty.since_us >= DESERTED_US
    return None if rarely or _deserted(empty, empty.watched_us) else replace(stay, empty=empty)


def unheard(stay: Stay, now: Now, *, looked: bool) -> Stay | None:
    """The stay after a tick, or None when its vehicle has gone: a camera that is there and sees nothing is silent.

    One that has not `looked` is silent as well, which says nothing of the place.
    """
    if stay.empty is None:
        return stay
    gap_ms = min(now.uptime_ms - stay.empty.heard_ms, TICK_GAP_MS) if looked else 0
    empty = replace(stay.empty, heard_ms=now.uptime_ms, silent_ms=stay.empty.silent_ms + gap_ms)
    silent_us = empty.silent_ms * 1000
    return None if silent_us >= empty.silence_us and _deserted(empty, silent_us) else replace(stay, empty=empty)


def expected(stay: Stay, now: Now) -> Stay:
    """The stay when its camera has come back: if nothing is heard of the vehicle from now on, it has gone."""
    return replace(stay, empty=Empty(now.wall_us, now.wall_us, now.uptime_ms, silence_us=stay.seldom_us))


def unmissed(stay: Stay) -> Stay:
    """The stay without what was seen of its empty place; the same object if nothing was."""
    return stay if stay.empty is None else replace(stay, empty=None)


def _deserted(empty: Empty, for_us: int) -> bool:
    return for_us >= (LEFT_US if empty.left else DESERTED_US)


def _hidden(look: Look, stay: Stay) -> Stay:
    """Being hidden is neither being there nor having gone; it only tells that the camera is not silent."""
    if stay.empty is None:
        return stay
    return replace(stay, empty=replace(stay.empty, last_us=look.at_us, heard_ms=look.now.uptime_ms, silent_ms=0))


def _emptier(look: Look, stay: Stay) -> Empty:
    """What is known of the empty place with this look."""
    before = stay.empty or Empty(look.at_us, look.at_us, look.now.uptime_ms)
    gap_us = look.at_us - before.last_us
    return Empty(
        since_us=before.since_us,
        last_us=look.at_us,
        heard_ms=look.now.uptime_ms,
        watched_us=before.watched_us + (gap_us if 0 <= gap_us <= LOOK_GAP_US else 0),
        left=before.left or _elsewhere(look, stay),
        looks=min(before.looks + 1, FEW_LOOKS),
        silence_us=max(before.silence_us, look.seldom_us),
    )


def _elsewhere(look: Look, stay: Stay) -> bool:
    """Whether the vehicle's own track is seen, though not in its place."""
    return any(track.seen and stay.is_of(track) for track in look.tracks)


def _moved_off(look: Look, stay: Stay) -> bool:
    """Within the grace, a vehicle that moves has gone, wherever it stands next."""
    return stay.phase is Phase.STANDING and _elsewhere(look, stay)


def _taken(look: Look, stay: Stay) -> bool:
    """Whether another vehicle was seen to take the place."""
    return any(
        track.seen and same_place(stay.box, track.box) and not stay.is_of(track) and drove_up(stay, track)
        for track in look.tracks
    )


def _given_up(look: Look, stay: Stay) -> bool:
    return not within_patience(look, stay) or look.at_us - stay.last_us > FORGET_US


def _hides(track: Track, stay: Stay) -> bool:
    """Whether a track stands before the place, or is the standing vehicle itself that the tracker remembers unseen."""
    if track.seen:
        return stay.box.covered_by(track.box) >= COVER
    return remembered(stay, track)
