# SPDX-License-Identifier: Apache-2.0
"""What is believed of a space changes only after looks have agreed for a while, by the times of the pictures."""

from dataclasses import replace

from edge.contract.parking import Occupancy
from edge.core.clock import SECOND_US
from edge.roles.parking.config import Settings
from edge.roles.parking.lot import Guest, Standing


def swayed(settings: Settings, space: Standing, says: Occupancy, at_us: int) -> Standing:
    """The space after a look that says so; the same object while nothing of importance has changed."""
    if says == space.state:
        return space if space.leaning is None else replace(space, leaning=None, leaning_us=0)
    if says != space.leaning:
        space = replace(space, leaning=says, leaning_us=at_us)
    if at_us - space.leaning_us < _needed_us(settings, says):
        return space
    return become(space, says, space.leaning_us)


def become(space: Standing, state: Occupancy, since_us: int) -> Standing:
    """The space in another state from an instant on. What stands there outlasts our not seeing it."""
    known = space.known if state == "unknown" else state
    guest = space.guest if state == "unknown" else None
    if state == "occupied":
        # Whoever was there before we looked away, and is there again, is taken for the same one.
        guest = space.guest or Guest(since_us, came=space.known == "free")
    return replace(space, state=state, since_us=since_us, leaning=None, leaning_us=0, known=known, guest=guest)


def _needed_us(settings: Settings, says: Occupancy) -> int:
    seconds = {
        "occupied": settings.occupied_after_s,
        "free": settings.free_after_s,
        "unknown": settings.unknown_after_s,
    }
    return round(seconds[says] * SECOND_US)
