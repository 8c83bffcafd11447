# SPDX-License-Identifier: Apache-2.0
"""What the role remembers of each change of a surface, from the first look at it to the last.

What must always be true here: instants are capture times; a spill without a name has been told to nobody.
"""

from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from edge.core.clock import Now, set_by_us
from edge.core.geometry import Box
from edge.core.tracks import Name, PictureRef


@dataclass(frozen=True, slots=True)
class Spill:
    """One change. `passers` are the tracks that came by, as far as they still matter.

    `missing_us` is for how long its place was looked at without it; `name` is "" until it is told.
    """

    surface: str
    camera: str
    box: Box
    share: float
    since_us: int
    last_us: int
    looked_us: int
    before: PictureRef | None = None
    passers: tuple[Name, ...] = ()
    passes: int = 0
    missing_us: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """All of it; `device` is "" until the agent has told its name, `boot_us` when it was booted by the wall clock."""

    device: str = ""
    boot_us: int = 0
    spills: tuple[Spill, ...] = ()


ADAPTER = TypeAdapter(State)


def clock_followed(state: State, now: Now) -> State:
    """When the wall clock is set, what lies on the road has not lain there for longer because of that."""
    by_us = set_by_us(state.boot_us, now)
    if not state.device or not by_us:
        return state
    return replace(state, boot_us=now.boot_us, spills=tuple(_shifted(spill, by_us) for spill in state.spills))


def _shifted(spill: Spill, by_us: int) -> Spill:
    return replace(
        spill, since_us=spill.since_us + by_us, last_us=spill.last_us + by_us, looked_us=spill.looked_us + by_us
    )
