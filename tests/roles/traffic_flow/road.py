# SPDX-License-Identifier: Apache-2.0
"""A road of plain values: 100 m of it before one camera, a lane each way, five looks a second.

With every tick the state goes through JSON, as it would through a restart, and all that is said is validated.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from edge.contract.events import EVENTS
from edge.contract.words import ClockQuality
from edge.core.clock import Now
from edge.core.effects import Emit
from edge.core.geometry import Box
from edge.core.inputs import CameraChanged, Input, Seen, Started, Ticked
from edge.core.tracks import Kind, Sighting, Track
from edge.roles.traffic_flow.config import Settings
from edge.roles.traffic_flow.rules import step
from edge.roles.traffic_flow.state import ADAPTER, State

START_US = 1_796_000_400_000_000
"""A whole five minutes."""
LOOK_S = 0.2
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


def stands(x_m: float, from_s: float = 0.0, to_s: float = 1e9) -> Callable[[float], float | None]:
    """In one place for a while."""
    return lambda now_s: x_m if from_s <= now_s < to_s else None


class Street:
    """The world before one device, and all that the device has said of it."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Start the agent at a whole five minutes before an empty road."""
        self.settings = settings or settings_of()
        self.wall_us, self.uptime_ms, self.quality = START_US, 60_000, ClockQuality.SYNCED
        self.second = 0.0
        self.state = State()
        self.said: list[Emit] = []
        self._names: dict[int, tuple[int, int, float]] = {}
        """Of each car: when first seen, since when in its place, and that place."""
        self.starts()

    @property
    def now(self) -> Now:
        """This instant."""
        return Now(self.wall_us, self.uptime_ms, self.quality)

    def starts(self) -> None:
        """The agent and its camera come up."""
        self._names.clear()
        self.happens(Started(self.now, "pole-1"))
        self.camera(online=True)

    def camera(self, *, online: bool) -> None:
        """The camera is lost or back."""
        self.happens(CameraChanged(self.now, "east", online))

    def happens(self, what: Input) -> bool:
        """Let one thing happen; whether the role made anything of it."""
        before = self.state
        self.state, effects = step(self.settings, before, what)
        if not isinstance(what, Seen):
            self._goes_through_json()
        for effect in effects:
            assert isinstance(effect, Emit)
            kind = next(one for one in EVENTS if one.type == effect.type)
            assert effect.lane is kind.lane
            kind.data.model_validate(effect.data)
            self.said.append(effect)
        return self.state is not before or bool(effects)

    def _goes_through_json(self) -> None:
        kept = ADAPTER.validate_json(ADAPTER.dump_json(self.state))
        assert kept == replace(self.state, roads=tuple(replace(road, vehicles=()) for road in self.state.roads))

    def restarts(self, down_s: float = 20.0) -> None:
        """The agent is killed and comes up from what is on the disk."""
        self.state = ADAPTER.validate_json(ADAPTER.dump_json(self.state))
        self.passes(down_s)
        self.starts()

    def passes(self, seconds: float) -> None:
        """Time goes by unseen."""
        self.second = round(self.second + seconds, 6)
        self.wall_us += round(seconds * 1e6)
        self.uptime_ms += round(seconds * 1e3)

    def ticks(self, seconds: int) -> None:
        """Time goes by in silence."""
        for _ in range(seconds):
            self.passes(1)
            self.happens(Ticked(self.now))

    def plays(self, seconds: float, *cars: Car) -> None:
        """Time goes by with five looks a second and a tick each second."""
        for number in range(round(seconds / LOOK_S)):
            self.passes(LOOK_S)
            if number % 5 == 4:
                self.happens(Ticked(self.now))
            self.looks(cars)

    def looks(self, cars: Iterable[Car]) -> None:
        """One look at whoever is in view."""
        tracks = tuple(track for track in (self._track(car) for car in cars) if track is not None)
        self.happens(Seen(self.now, Sighting("east", self.wall_us, tracks)))

    def _track(self, car: Car) -> Track | None:
        x_m = car.at(self.second)
        if x_m is None:
            return None
        first_us, since_us, place_m = self._names.get(car.id, (self.wall_us, self.wall_us, x_m))
        if abs(place_m - x_m) > 0.5:
            since_us, place_m = self.wall_us, x_m
        self._names[car.id] = first_us, since_us, place_m
        still_us = since_us if self.wall_us - since_us >= 2_000_000 else None
        return Track(car.id, car.kind, 0.9, car.box(x_m), first_us, self.wall_us, True, True, still_us)

    def of(self, fact: str) -> list[dict[str, Any]]:
        """The data of all events of one fact: summary, congestion, incident."""
        return [dict(emit.data) for emit in self.said if emit.type.split(".")[-2] == fact]

    def lane(self, name: str = "out") -> dict[str, Any]:
        """What the last summary says of a lane, told now if the span is not over yet."""
        while not self.of("summary"):
            self.ticks(30)
        return next(lane for lane in self.of("summary")[-1]["lanes"] if lane["lane"] == name)
