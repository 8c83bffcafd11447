# SPDX-License-Identifier: Apache-2.0
"""What the role remembers: numbers. Who is in view is not written to disk, and nobody's way is ever told.

What must always be true here: `present` is never negative, and never less than what has been seen at once for a while.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import Field, TypeAdapter

from edge.core.counting import CountingState
from edge.core.crossing import Side
from edge.core.grades import Grade
from edge.core.trails import Trail


class Level(StrEnum):
    """How close people stand, in order."""

    COMFORTABLE = "comfortable"
    BUSY = "busy"
    CROWDED = "crowded"
    DANGEROUS = "dangerous"


LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class Person:
    """One person in a camera's view: the trail, and the side of each of the camera's gates, by site and gate."""

    trail: Trail
    sides: tuple[tuple[tuple[str, str], Side], ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """Who is in view of one camera, and when it was looked at last."""

    camera: str
    looked_us: int
    people: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class GateState:
    """Who has come in and gone out by one gate since the span began."""

    name: str
    entered: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class AreaState:
    """One area: people at the last look, their running average, the grade, and sums since the span began.

    `alarm_us` is when its alarm was raised, 0 if there is none.
    """

    name: str
    looked_us: int = 0
    people: int = 0
    average: float = 0.0
    grade: Grade = field(default_factory=Grade)
    alarm_us: int = 0
    peak: int = 0
    people_s: float = 0.0

    @property
    def level(self) -> Level:
        """How close people stand, in the contract's word."""
        return LEVELS[self.grade.grade]


@dataclass(frozen=True, slots=True)
class SiteState:
    """One site. `day` is the day its balance belongs to.

    `more_us` is since when more people have been seen than the balance holds, `more` how many at least; `empty_us`
    since when nobody has been seen; `over_us` since when there have been too many. All 0 while it is not so.
    """

    name: str
    gates: tuple[GateState, ...] = ()
    areas: tuple[AreaState, ...] = ()
    present: int = 0
    peak: int = 0
    corrected: int = 0
    day: int = 0
    more_us: int = 0
    more: int = 0
    empty_us: int = 0
    over_us: int = 0


@dataclass(frozen=True, slots=True)
class State(CountingState):
    """All sites of the device."""

    sites: tuple[SiteState, ...] = ()
    views: Annotated[tuple[View, ...], Field(exclude=True)] = ()


ADAPTER = TypeAdapter(State)
