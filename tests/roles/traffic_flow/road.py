# SPDX-License-Identifier: Apache-2.0
"""A road of plain values: 100 m of it before one camera, a lane each way."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from edge.core.geometry import Box
from edge.core.tracks import Kind, Track
from edge.roles.traffic_flow.config import Settings
from edge.roles.traffic_flow.role import ROLE
from edge.roles.traffic_flow.state import State
from tests.roles.counted import START_US, Counted

OUT_Y, HOME_Y = 0.75, 0.25
"""Foot lines of the lane that leads to the right and of the one that leads to the left."""

LANES: tuple[dict[str, Any], ...] = (
    {
        "name": "out",
        "polygon": [(0, 0.5), (1, 0.5), (1, 1), (0, 1)],
        "direction": [(0.1, 0.75), (0.9, 0.75)],
        "line": [(0.5, 0.5), (0.5, 1)],
    },
    {
        "name": "home",
        "polygon": [(0, 0), (1, 0), (1, 0.5), (0, 0.5)],
        "direction": [(0.9, 0.25), (0.1, 0.25)],
        "line": [(0.5, 0), (0.5, 0.5)],
    },
)
ROAD: dict[str, Any] = {
    "name": "quay-road",
    "camera": "east",
    "ground": [{"picture": (x, y), "metres": (100 * x, 16 * y)} for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))],
    "lanes": LANES,
}
PLACE = {"code": "44010", "name": "海港路"}


def settings_of(*roads: dict[str, Any], **more: object) -> Settings:
    """Settings with one road or several, each written as its differences from the usual one."""
    return Settings.model_validate({"place": PLACE, "roads": [ROAD | road for road in roads or ({},)], **more})


@dataclass(frozen=True)
class Car:
    """A vehicle by its middle in metres from the left at each second; None while it is not seen."""

    id: int
    at: Callable[[float], float | None]
    y: float = OUT_Y
    kind: Kind = Kind.CAR

    def box(self, x_m: float) -> Box:
        """Its box, four metres long."""
        return Box(x_m / 100 - 0.02, self.y - 0.09, x_m / 100 + 0.02, self.y + 0.01)


def drives(kmh: float, from_s: float = 0.0, x_m: float = 3.0) -> Callable[[float], float | None]:
    """At an even speed from the left (or with a negative one from the right), in view from 3 to 97 m."""

    def at(now_s: float) -> float | None:
        place = (x_m if kmh > 0 else 100 - x_m) + (now_s - from_s) * kmh / 3.6
        return place if now_s >= from_s and 3 <= place <= 97 else None

    return at


class Street(Counted[Settings, State, Car]):
    """The road, with whoever drives on it."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Start the agent at a whole five minutes before an empty road."""
        super().__init__(ROLE, settings or settings_of(), START_US)
        self._names: dict[int, tuple[int, int, float]] = {}
        """Of each car: when first seen, since when in its place, and that place."""
        self.starts()

    def starts(self) -> None:
        """The agent and its camera come up."""
        self._names.clear()
        super().starts()

    def lasting(self) -> State:
        """The state without those who are in view."""
        return replace(self.state, roads=tuple(replace(road, vehicles=()) for road in self.state.roads))

    def track(self, mover: Car) -> Track | None:
        """How a vehicle is seen now; None if it is not in view."""
        x_m = mover.at(self.second)
        if x_m is None:
            return None
        first_us, since_us, place_m = self._names.get(mover.id, (self.wall_us, self.wall_us, x_m))
        if abs(place_m - x_m) > 0.5:
            since_us, place_m = self.wall_us, x_m
        self._names[mover.id] = first_us, since_us, place_m
        still_us = since_us if self.wall_us - since_us >= 2_000_000 else None
        return Track(mover.id, mover.kind, 0.9, mover.box(x_m), first_us, self.wall_us, True, True, still_us)

    def lane(self, name: str = "out") -> dict[str, Any]:
        """What the last summary says of a lane, told now if the span is not over yet."""
        while not self.said("summary"):
            self.waits(30)
        return next(lane for lane in self.said("summary")[-1]["lanes"] if lane["lane"] == name)
