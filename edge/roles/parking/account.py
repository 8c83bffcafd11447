# SPDX-License-Identifier: Apache-2.0
"""An hour's account of each zone: who came and went, how long they stayed, and how full it was.

Times are added up lazily, when a space changes and when the hour ends, so that quiet looks change nothing.
"""

from collections.abc import Callable
from dataclasses import replace

from edge.roles.parking.config import Settings
from edge.roles.parking.lot import HOUR_US, Account, Standing, State


def counted(state: State, settings: Settings, before: Standing, after: Standing) -> State:
    """The state with a space's change in its zone's account: time up to it, an arrival or a departure."""
    zone = next(space.zone for space in settings.spaces if space.name == after.name)
    guest = before.guest
    came = before.known == "free" and after.state == "occupied"
    left = before.known == "occupied" and after.state == "free"
    stayed = guest if left and guest and guest.came else None

    def change(account: Account) -> Account:
        return replace(
            account,
            arrivals=account.arrivals + came,
            departures=account.departures + left,
            stays=account.stays + (stayed is not None),
            stayed_us=account.stayed_us + (after.since_us - stayed.since_us if stayed else 0),
        )

    return _changed(state, zone, change)


def timed(state: State, settings: Settings, until_us: int, names: frozenset[str] | None = None) -> State:
    """The state with the time of spaces (of these names, or of all) in the accounts up to an instant."""
    zones = {space.name: space.zone for space in settings.spaces}
    spaces = []
    for space in state.spaces:
        if names is None or space.name in names:
            span_us = max(0, until_us - space.counted_us)
            state = _changed(state, zones[space.name], _longer(space, span_us))
            space = replace(space, counted_us=max(until_us, space.counted_us))  # noqa: PLW2901 - the same, later
        spaces.append(space)
    return replace(state, spaces=tuple(spaces))


def hour_of(at_us: int) -> int:
    """When the hour of an instant began."""
    return at_us - at_us % HOUR_US


def _longer(space: Standing, span_us: int) -> Callable[[Account], Account]:
    known, occupied = space.state != "unknown", space.state == "occupied"

    def change(account: Account) -> Account:
        return replace(
            account,
            known_us=account.known_us + span_us * known,
            occupied_us=account.occupied_us + span_us * occupied,
        )

    return change


def _changed(state: State, zone: str, change: Callable[[Account], Account]) -> State:
    accounts = tuple(change(account) if account.zone == zone else account for account in state.accounts)
    return replace(state, accounts=accounts)
