# SPDX-License-Identifier: Apache-2.0
"""What the role remembers. It is written to flash, so it changes only when something has happened.

What must always be true here: every instant is capture time on one time line; `since_us` of a space is when its state
began, not when it was believed.
"""

from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from edge.contract.parking import Occupancy
from edge.core.clock import SECOND_US
from edge.core.tracks import Kind

HOUR_US = 3600 * SECOND_US


@dataclass(frozen=True, slots=True)
class Guest:
    """Who stands in a space. `came` tells that the space was seen free before; `told` what was said of the stay."""

    since_us: int
    came: bool
    kind: Kind | None = None
    kind_us: int = 0
    plate: str = ""
    colour: str = ""
    sure: float = 0.0
    told: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    """Further spaces under the same vehicle."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One space: what is believed of it, and what the latest looks lean to instead.

    `known` is what it was before it became unknown; `counted_us` up to when its time is in the hour's account.
    """

    name: str
    state: Occupancy = "unknown"
    since_us: int = 0
    leaning: Occupancy | None = None
    leaning_us: int = 0
    known: Occupancy = "unknown"
    guest: Guest | None = None
    counted_us: int = 0


@dataclass(frozen=True, slots=True)
class Eye:
    """A camera: whether it is looking, and when it was last heard of, to some seconds."""

    name: str
    online: bool
    heard_us: int


@dataclass(frozen=True, slots=True)
class Account:
    """A zone's hour so far; times are summed over its spaces."""

    zone: str
    arrivals: int = 0
    departures: int = 0
    stays: int = 0
    stayed_us: int = 0
    occupied_us: int = 0
    known_us: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What the hub and the sign were last told of a zone."""

    zone: str
    counts: tuple[int, int, int]
    at_us: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Spaces under one vehicle, since when, and whether that was told."""

    spaces: tuple[str, ...]
    since_us: int
    told: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """The lot; `device` is "" until the agent has told its name, `boot_us` when the machine booted, by the wall clock.

    Sightings are let pass until `deaf_until_ms` of uptime, since they may be dated by a clock that was set meanwhile.
    """

    device: str = ""
    boot_us: int = 0
    deaf_until_ms: int = 0
    eyes: tuple[Eye, ...] = ()
    spaces: tuple[Standing, ...] = ()
    pairs: tuple[Pair, ...] = ()
    told: tuple[Told, ...] = ()
    hour_us: int = 0
    accounts: tuple[Account, ...] = ()
    snapshot_us: int = 0
    """When the next one is due."""


ADAPTER = TypeAdapter(State)


def moved_by(state: State, by_us: int) -> State:
    """The same lot by a clock that shows `by_us` more."""
    return replace(
        state,
        eyes=tuple(replace(eye, heard_us=eye.heard_us + by_us) for eye in state.eyes),
        spaces=tuple(_moved(space, by_us) for space in state.spaces),
        pairs=tuple(replace(pair, since_us=pair.since_us + by_us) for pair in state.pairs),
        told=tuple(replace(told, at_us=told.at_us + by_us) for told in state.told),
        hour_us=state.hour_us and state.hour_us + by_us,
        snapshot_us=state.snapshot_us + by_us,
    )


def _moved(space: Standing, by_us: int) -> Standing:
    guest = space.guest
    return replace(
        space,
        since_us=space.since_us + by_us,
        leaning_us=space.leaning_us + by_us,
        counted_us=space.counted_us + by_us,
        guest=guest and replace(guest, since_us=guest.since_us + by_us, kind_us=guest.kind_us + by_us),
    )
