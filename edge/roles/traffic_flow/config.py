# SPDX-License-Identifier: Apache-2.0
"""What a technician writes under `[roles.traffic_flow]`: roads with their lanes, and what their ground measures."""

from functools import cached_property
from itertools import pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from edge.contract.words import DeviceName
from edge.core.counting import CountingSettings
from edge.core.ground import Ground, Pins, fit_ground
from edge.core.tables import Closed, Corner, ZoneOutline, names_differ
from edge.core.tracks import VEHICLES, Kind
from edge.roles.traffic_flow.lanes import LaneMap, lane_map

Stroke = tuple[Corner, Corner]


def _rising(values: tuple[float, ...]) -> tuple[float, ...]:
    if any(one >= other for one, other in pairwise(values)):
        raise PydanticCustomError("rising", "give the values in rising order, each once")
    return values


def _falling(values: tuple[float, float, float]) -> tuple[float, float, float]:
    if not values[0] > values[1] > values[2] > 0:
        raise PydanticCustomError("falling", "give the values in falling order, each once")
    return values


class Lane(Closed):
    """One lane: where it lies, which way it leads, and where its vehicles are counted. 车道."""

    name: DeviceName = Field(description="what events call it; no two lanes of a road share one")
    polygon: ZoneOutline
    direction: Stroke = Field(description="two points in the lane: traffic leads from the first to the second")
    line: Stroke = Field(description="the ends of its counting line, across the lane")
    stop_line: Stroke | None = Field(default=None, description="where queues begin; the lane's far end, if left out")


class Levels(Closed):
    """When a lane counts as slow, congested and blocked (缓行、拥堵、严重拥堵)."""

    speeds_kmh: Annotated[tuple[float, float, float], AfterValidator(_falling)] = Field(
        default=(30.0, 20.0, 10.0), description="slow, congested, blocked below these mean speeds..."
    )
    occupancies: Annotated[tuple[float, float, float], AfterValidator(_rising)] = Field(
        default=(0.08, 0.16, 0.3), description="...if vehicles cover at least this part of the lane"
    )
    queues: Annotated[tuple[float, float, float], AfterValidator(_rising)] = Field(
        default=(0.3, 0.5, 0.8), description="or if the mean queue takes this part of the lane"
    )
    over_s: float = Field(default=30.0, ge=5, le=600, description="what speed, occupancy and queue are averaged over")
    hold_s: float = Field(default=20.0, ge=0, le=600, description="a level must hold for so long before it is told")


class Road(Closed):
    """What one camera sees of one road."""

    name: DeviceName = Field(description="what events call it; no two roads share one")
    camera: DeviceName = Field(description="one of [[cameras]]")
    ground: Pins
    lanes: tuple[Lane, ...] = Field(min_length=1, max_length=16)
    levels: Levels = Levels()
    queue_gap_m: float = Field(default=8.0, gt=0, le=50, description="a wider gap ends a queue")
    wrong_way_m: float = Field(default=8.0, gt=0, le=200, description="so far against the lane's direction is an alarm")
    stopped_s: float = Field(default=60.0, ge=5, le=3600, description="who stands so long outside a queue is an alarm")
    queue_patience_s: float = Field(
        default=300.0, ge=5, le=86_400, description="who stands so long in a queue is one too: longer than any red"
    )

    @model_validator(mode="after")
    def _lanes_make_sense(self) -> Self:
        names_differ("lanes", self.lanes)
        for number, lane in enumerate(self.lanes):
            try:
                self._map(lane)
            except PydanticCustomError as wrong:
                facts = {**(wrong.context or {}), "within": ("lanes", number), "found": lane.name}
                raise PydanticCustomError(wrong.type, wrong.message_template, facts) from wrong
        return self

    @cached_property
    def plane(self) -> Ground:
        """The ground before the camera."""
        return fit_ground(self.ground)

    @cached_property
    def maps(self) -> tuple[LaneMap, ...]:
        """The lanes in metres, in the order in which they are written."""
        return tuple(self._map(lane) for lane in self.lanes)

    def _map(self, lane: Lane) -> LaneMap:
        return lane_map(self.plane, lane.name, lane.polygon, lane.direction, lane.line, lane.stop_line)


class Settings(CountingSettings):
    """The role's whole table."""

    kinds: frozenset[Kind] = Field(default=VEHICLES | {Kind.TWO_WHEELER}, min_length=1, description="who is counted")
    speed_classes_kmh: Annotated[tuple[float, ...], AfterValidator(_rising)] = Field(
        default=(20.0, 40.0, 60.0),
        min_length=1,
        max_length=20,
        description="where one speed class ends, the next begins",
    )
    roads: tuple[Road, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _roads_differ(self) -> Self:
        names_differ("roads", self.roads)
        return self

    @property
    def cameras(self) -> frozenset[str]:
        """All that look at its roads."""
        return frozenset(road.camera for road in self.roads)
