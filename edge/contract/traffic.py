# SPDX-License-Identifier: Apache-2.0
"""Traffic at the hub: who passed each lane in five minutes, how freely it flows, and what must be looked at now."""

from typing import Literal

from pydantic import ConfigDict, Field

from edge.contract.evidence import Place
from edge.contract.words import ClockQuality, Instant, Said

SUMMARY_TYPE = "cn.dongtou.edge.traffic.summary.v1"
CONGESTION_TYPE = "cn.dongtou.edge.traffic.congestion.v1"
INCIDENT_TYPE = "cn.dongtou.edge.traffic.incident.v1"

Congestion = Literal["free", "slow", "congested", "blocked"]
"""畅通、缓行、拥堵、严重拥堵."""


class SpeedClass(Said):
    """How many of those whose speed was measured drove between two speeds; the last class has no upper one."""

    from_kmh: float
    below_kmh: float | None
    vehicles: int = Field(ge=0)


class LaneTraffic(Said):
    """One lane over the summary's span. Counts are of vehicles that crossed its counting line, by kind."""

    lane: str
    forward: dict[str, int] = Field(description="in the lane's direction")
    against: dict[str, int] = Field(description="against it")
    mean_kmh: float | None = Field(description="of those whose speed was measured; null if there was none")
    speeds: tuple[SpeedClass, ...]
    queue_mean_m: float = Field(ge=0, description="over the time the camera saw")
    queue_max_m: float = Field(ge=0)
    occupancy: float = Field(ge=0, le=1, description="part of the lane that was covered by vehicles, on average")
    level: Congestion = Field(description="at the end of the span")


class TrafficSummary(Said):
    """Counts, speeds and queues of one road's lanes over a span of the wall clock, and how much of it was seen."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    place: Place
    road: str
    camera: str
    from_: Instant = Field(alias="from")
    to: Instant
    seen_s: float = Field(ge=0, description="how long the camera looked; counts say nothing of the rest")
    lanes: tuple[LaneTraffic, ...]
    clock: ClockQuality


class LaneCongestion(Said):
    """A lane flows more or less freely than before, and has for a while."""

    place: Place
    road: str
    lane: str
    camera: str
    level: Congestion
    before: Congestion
    speed_kmh: float | None = Field(description="of what is in the lane; null if nothing is")
    occupancy: float = Field(ge=0, le=1)
    queue_m: float = Field(ge=0)
    clock: ClockQuality


class TrafficIncident(Said):
    """Somebody drives against a lane's direction or stands where traffic should flow; or it is over."""

    incident: str = Field(description="the same when it is raised and when it is cleared")
    what: Literal["wrong-way", "stopped-vehicle"]
    phase: Literal["raised", "cleared"]
    place: Place
    road: str
    lane: str
    camera: str
    vehicle: str
    since: Instant
    last_seen: Instant
    along_m: float = Field(description="from where the lane begins, in its direction")
    clock: ClockQuality
