# SPDX-License-Identifier: Apache-2.0
"""A square of plain values: a gate on its left, ten metres by ten of it in view, five looks a second.

With every tick the state goes through JSON, as it would through a restart, and all that is said is validated.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from edge.contract.events import EVENTS
from edge.contract.words import ClockQuality
from edge.core.clock import Now
from edge.core.effects import Emit
from edge.core.geometry import Box
from edge.core.inputs import CameraChanged, Input, Seen, Started, Ticked
from edge.core.tracks import Kind, Sighting, Track
from edge.roles.crowd.config import Settings
from edge.roles.crowd.rules import step
from edge.roles.crowd.state import ADAPTER, SiteState, State

START_US = 1_796_000_400_000_000
"""A whole five minutes, 09:00 at +08:00."""
LOOK_S = 0.2

SITE: dict[str, Any] = {
    "name": "boardwalk",
    "gates": [{"name": "west", "camera": "east", "line": [(0.3, 0.1), (0.3, 0.95)], "inside": (0.7, 0.5)}],
    "areas": [
        {"name": "deck", "camera": "east", "polygon": [(0.35, 0.1), (1, 0.1), (1, 1), (0.35, 1)], "area_m2": 10.0}
    ],
}
PLACE = {"code": "44020", "name": "东头栈道"}


def settings_of(*sites: dict[str, Any], **more: object) -> Settings:
    """Settings with one site or several, each written as its differences from the usual one."""
    return Settings.model_validate({"place": PLACE, "sites": [SITE | site for site in sites or ({},)], **more})


@dataclass(frozen=True)
class Person:
    """Somebody by his place in the picture at each second; None while he is not seen."""

    id: int
    at: Callable[[float], float | None]
    y: float = 0.6
    kind: Kind = Kind.PERSON


def stands(x: float, from_s: float = 0.0, to_s: float = 1e9) -> Callable[[float], float | None]:
    """In one place for a while."""
    return lambda now_s: x if from_s <= now_s < to_s else None


def walks(from_s: float, x: float = 0.1, to_x: float = 0.6) -> Callable[[float], float | None]:
    """From one place to another at a tenth of the picture a second, and then out of sight."""

    def at(now_s: float) -> float | None:
        way = 0.1 * (now_s - from_s)
        return x + way * (1 if to_x > x else -1) if 0 <= way <= abs(to_x - x) else None

    return at


class Square:
    """The world before one device, and all that the device has said of it."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Start the agent at a whole five minutes before an empty square."""
        self.settings = settings or settings_of()
        self.wall_us, self.uptime_ms = START_US, 60_000
        self.second = 0.0
        self.state = State()
        self.said: list[Emit] = []
        self._first: dict[int, int] = {}
        self.starts()

    @property
    def now(self) -> Now:
        """This instant."""
        return Now(self.wall_us, self.uptime_ms, ClockQuality.SYNCED)

    @property
    def site(self) -> SiteState:
        """What is known of the first site."""
        return self.state.sites[0]

    def starts(self) -> None:
        """The agent and its camera come up."""
        self._first.clear()
        self.happens(Started(self.now, "pole-1"))
        self.camera(online=True)

    def camera(self, *, online: bool, name: str = "east") -> None:
        """The camera is lost or back."""
        self.happens(CameraChanged(self.now, name, online))

    def happens(self, what: Input) -> bool:
        """Let one thing happen; whether the role made anything of it."""
        before = self.state
        self.state, effects = step(self.settings, before, what)
        if not isinstance(what, Seen):
            kept = ADAPTER.validate_json(ADAPTER.dump_json(self.state))
            assert kept == replace(self.state, views=())
        for effect in effects:
            assert isinstance(effect, Emit)
            kind = next(one for one in EVENTS if one.type == effect.type)
            assert effect.lane is kind.lane
            kind.data.model_validate(effect.data)
            self.said.append(effect)
        return self.state is not before or bool(effects)

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

    def plays(self, seconds: float, *people: Person) -> None:
        """Time goes by with five looks a second and a tick each second."""
        for number in range(round(seconds / LOOK_S)):
            self.passes(LOOK_S)
            if number % 5 == 4:
                self.happens(Ticked(self.now))
            self.looks(*people)

    def looks(self, *people: Person) -> None:
        """One look at whoever is in view."""
        tracks = tuple(track for track in (self._track(person) for person in people) if track is not None)
        self.happens(Seen(self.now, Sighting("east", self.wall_us, tracks)))

    def _track(self, person: Person) -> Track | None:
        x = person.at(self.second)
        if x is None:
            return None
        first_us = self._first.setdefault(person.id, self.wall_us)
        box = Box(x - 0.03, person.y - 0.18, x + 0.03, person.y + 0.02)
        return Track(person.id, person.kind, 0.9, box, first_us, self.wall_us, True, True, None)

    def of(self, fact: str) -> list[dict[str, Any]]:
        """The data of all events of one fact: summary, density, alarm."""
        return [dict(emit.data) for emit in self.said if emit.type.split(".")[-2] == fact]

    def summary(self) -> dict[str, Any]:
        """The last summary, told now if the span is not over yet."""
        while not self.of("summary"):
            self.ticks(30)
        return self.of("summary")[-1]
