# SPDX-License-Identifier: Apache-2.0
"""What a technician writes under `[roles.crowd]`: sites with the gates that lead in and the areas that can be seen."""

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from edge.contract.words import DeviceName
from edge.core.counting import CountingSettings
from edge.core.crossing import Line
from edge.core.geometry import Point
from edge.core.ground import Pins, area_m2, fit_ground
from edge.core.schedule import DayTime, UtcOffset
from edge.core.tables import Closed, Corner, Drawn, names_differ
from edge.core.tracks import Kind

Limit = Annotated[float, Field(gt=0, le=20)]

NEAREST = 0.01
"""A point nearer to its gate's line is on neither side of it."""


class Gate(Closed):
    """A line that people cross on their way in or out. 出入口."""

    name: DeviceName = Field(description="what events call it")
    camera: DeviceName = Field(description="one of [[cameras]]")
    line: tuple[Corner, Corner] = Field(description="its ends, on the ground")
    inside: Corner = Field(description="any point on the inner side of the line")

    @model_validator(mode="after")
    def _has_an_inside(self) -> Self:
        if self.line[0] == self.line[1]:
            raise PydanticCustomError("line-point", "both ends of a line are the same point")
        if abs(self.stroke.off(Point(*self.inside))) < NEAREST:
            raise PydanticCustomError("inside-on-line", "the inside point lies on the line; give one well inside")
        return self

    @cached_property
    def stroke(self) -> Line:
        """The line as a shape."""
        return Line.of(*self.line)

    @cached_property
    def inner(self) -> int:
        """The side of the line that is inside, +1 or -1."""
        return 1 if self.stroke.off(Point(*self.inside)) > 0 else -1


class Area(Drawn):
    """A part of a camera's picture in which people stand, and how large it is. 区域."""

    name: DeviceName = Field(description="what events call it")
    area_m2: float | None = Field(default=None, gt=0, le=1e6, description="how large it is on the ground, or else...")
    ground: Pins | None = Field(default=None, description="...points from which that is reckoned")

    @model_validator(mode="after")
    def _has_a_size(self) -> Self:
        if (self.area_m2 is None) == (self.ground is None):
            raise PydanticCustomError("area-size", "give either area_m2 or ground, which say how large the area is")
        if self.ground is not None and fit_ground(self.ground).outline(self.polygon) is None:
            raise PydanticCustomError("beyond-horizon", "it reaches up to the horizon, where nothing can be measured")
        return self

    @cached_property
    def size_m2(self) -> float:
        """How large it is."""
        if self.area_m2 is not None:
            return self.area_m2
        corners = fit_ground(self.ground or ()).outline(self.polygon)
        return area_m2(corners or ())


class Site(Closed):
    """A place people enter, leave and stand in: a scenic spot, a boardwalk, a square. 景区、栈道、广场."""

    name: DeviceName = Field(description="what events call it; no two sites share one")
    gates: tuple[Gate, ...] = Field(
        default=(), max_length=32, description="all ways in; else the balance means nothing"
    )
    areas: tuple[Area, ...] = Field(default=(), max_length=32, description="that do not overlap each other")
    capacity: int | None = Field(default=None, ge=1, description="the most that may be present; an alarm beyond")
    levels_per_m2: tuple[Limit, Limit, Limit] = Field(
        default=(0.5, 1.0, 2.0), description="people per square metre from which it is busy, crowded, dangerous"
    )
    alarm_at: Literal["busy", "crowded", "dangerous"] = Field(default="crowded", description="the level to alarm at")
    hold_s: float = Field(default=10.0, ge=0, le=600, description="a level must hold for so long before it is told")
    reset: DayTime | None = Field(default="04:00", description="when the balance begins anew; never, if null")
    empty_s: float = Field(
        default=600.0, ge=0, le=86_400, description="areas seen empty for so long: nobody is present; 0 for never"
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.gates and not self.areas:
            raise PydanticCustomError("site-bare", "a site needs a gate or an area")
        if not self.levels_per_m2[0] < self.levels_per_m2[1] < self.levels_per_m2[2]:
            raise PydanticCustomError("rising", "give the values in rising order, each once")
        names_differ("gates", self.gates)
        names_differ("areas", self.areas)
        return self

    @property
    def cameras(self) -> frozenset[str]:
        """All that look at it."""
        return frozenset(gate.camera for gate in self.gates) | {area.camera for area in self.areas}


class Settings(CountingSettings):
    """The role's whole table."""

    utc_offset: UtcOffset = "+08:00"
    kinds: frozenset[Kind] = Field(default=frozenset({Kind.PERSON}), min_length=1, description="who is counted")
    sites: tuple[Site, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sites_differ(self) -> Self:
        names_differ("sites", self.sites)
        return self

    @property
    def cameras(self) -> frozenset[str]:
        """All that look at its sites."""
        return frozenset[str]().union(*(site.cameras for site in self.sites))
