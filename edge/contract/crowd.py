# SPDX-License-Identifier: Apache-2.0
"""People at the hub: how many came, went and are there, and where they stand too close. Numbers only."""

from typing import Literal

from pydantic import ConfigDict, Field

from edge.contract.evidence import Place
from edge.contract.words import ClockQuality, Instant, Said

SUMMARY_TYPE = "cn.dongtou.edge.crowd.summary.v1"
DENSITY_TYPE = "cn.dongtou.edge.crowd.density.v1"
ALARM_TYPE = "cn.dongtou.edge.crowd.alarm.v1"

Density = Literal["comfortable", "busy", "crowded", "dangerous"]
"""舒适、较密、拥挤、危险."""


class GateCount(Said):
    """Who walked through one gate; `seen_s` is how long its camera looked."""

    gate: str
    entered: int = Field(ge=0)
    left: int = Field(ge=0)
    seen_s: float = Field(ge=0)


class AreaCount(Said):
    """How many people were seen in one area at once."""

    area: str
    mean: float = Field(ge=0)
    peak: int = Field(ge=0)
    peak_per_m2: float = Field(ge=0)
    level: Density = Field(description="at the end of the span")
    seen_s: float = Field(ge=0)


class CrowdSummary(Said):
    """One site over a span of the wall clock: in, out, present and the most at once."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    place: Place
    site: str
    from_: Instant = Field(alias="from")
    to: Instant
    gates: tuple[GateCount, ...]
    areas: tuple[AreaCount, ...]
    present: int = Field(ge=0, description="in minus out, put right by what is seen in the areas")
    peak: int = Field(ge=0, description="the most that were present at once")
    corrected: int = Field(description="by how many people the balance was put right in this span; drift of the gates")
    clock: ClockQuality


class CrowdDensity(Said):
    """People in an area stand closer or wider than before, and have for a while."""

    place: Place
    site: str
    area: str
    level: Density
    before: Density
    people: int = Field(ge=0)
    per_m2: float = Field(ge=0)
    clock: ClockQuality


class CrowdAlarm(Said):
    """Too many people: in an area for its size, or in the whole site for what it may hold; or all clear again."""

    what: Literal["density", "capacity"]
    phase: Literal["raised", "cleared"]
    place: Place
    site: str
    area: str | None = Field(description="null where the whole site is meant")
    people: int = Field(ge=0)
    limit: float = Field(description="people per square metre, or people")
    since: Instant
    clock: ClockQuality
