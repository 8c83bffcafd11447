# SPDX-License-Identifier: Apache-2.0
"""What the role remembers.

Sums and incidents are written to disk; who is in view is not, since that begins anew with each start of vision.

What must always be true here: every instant is capture time; a vehicle that has been counted carries that with it for
as long as it is followed, whatever it is called.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import Field, TypeAdapter

from edge.core.counting import CountingState
from edge.core.crossing import Side
from edge.core.geometry import Box
from edge.core.grades import Grade
from edge.core.tracks import Kind
from edge.core.trails import Trail
from edge.roles.traffic_flow.speed import Sample

SAMPLES = 32
"""Looks at one vehicle that are remembered; the latest, in a queue."""


class Level(StrEnum):
    """How freely a lane flows, in order."""

    FREE = "free"
    SLOW = "slow"
    CONGESTED = "congested"
    BLOCKED = "blocked"


LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class Passed:
    """A vehicle has crossed its lane's line; its speed is told once it has left the lane."""

    lane: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle in view: its trail, its way along the lane it is in, its side of each lane's line."""

    trail: Trail
    lane: str = ""
    path: tuple[Sample, ...] = ()
    sides: tuple[tuple[str, Side], ...] = ()
    counted: bool = False
    passed: Passed | None = None
    """Until its speed is told."""
    queued_us: int = 0
    """When it last stood in a queue or in a jam."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one lane has had since the span began. Integrals are over the time in which it was looked at."""

    forward: Mapping[Kind, int] = field(default_factory=dict)
    against: Mapping[Kind, int] = field(default_factory=dict)
    speeds: tuple[int, ...] = ()
    """How many in each class of the settings."""
    measured: int = 0
    speed_sum_kmh: float = 0.0
    queue_max_m: float = 0.0
    queue_m_s: float = 0.0
    occupied_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Flow:
    """A lane's running averages and the grade that follows from them, a place in `LEVELS`.

    Speed is that of all vehicles weighted by the time they are in view, so `speed_sum` stands beside `vehicles`.
    """

    at_us: int = 0
    occupancy: float = 0.0
    queue_m: float = 0.0
    vehicles: float = 0.0
    speed_sum: float = 0.0
    grade: Grade = field(default_factory=Grade)

    @property
    def level(self) -> Level:
        """How freely it flows, in the contract's word."""
        return LEVELS[self.grade.grade]

    @property
    def speed_kmh(self) -> float | None:
        """Mean speed of what is in the lane; None if hardly anything is."""
        return self.speed_sum / self.vehicles if self.vehicles > 0.05 else None  # noqa: PLR2004  (of one vehicle)


@dataclass(frozen=True, slots=True)
class LaneState:
    """One lane's sums and averages."""

    name: str
    tally: Tally = Tally()
    flow: Flow = Flow()


@dataclass(frozen=True, slots=True)
class Incident:
    """Somebody who stands or drives as nobody should: which lane, since when, where and when seen last.

    Told when it begins, and once more when nothing has been seen of it for a while.
    """

    what: str
    lane: str
    vehicle: Kind
    box: Box
    along_m: float
    since_us: int
    last_us: int


@dataclass(frozen=True, slots=True)
class RoadState:
    """One road; `looked_us` is the last look at it, 0 if there was none."""

    name: str
    lanes: tuple[LaneState, ...]
    incidents: tuple[Incident, ...] = ()
    looked_us: int = 0
    vehicles: Annotated[tuple[Vehicle, ...], Field(exclude=True)] = ()


@dataclass(frozen=True, slots=True)
class State(CountingState):
    """All roads of the device."""

    roads: tuple[RoadState, ...] = ()


ADAPTER = TypeAdapter(State)
