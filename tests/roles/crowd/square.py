# SPDX-License-Identifier: Apache-2.0
"""A square of plain values: a gate on its left, ten metres by ten of it in view, five looks a second."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from edge.core.geometry import Box
from edge.core.tracks import Kind, Track
from edge.roles.crowd.config import Settings
from edge.roles.crowd.role import ROLE
from edge.roles.crowd.state import SiteState, State
from tests.roles.counted import START_US, Counted

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


def walks(from_s: float, x: float = 0.1, to_x: float = 0.6) -> Callable[[float], float | None]:
    """From one place to another at a tenth of the picture a second, and then out of sight."""

    def at(now_s: float) -> float | None:
        way = 0.1 * (now_s - from_s)
        return x + way * (1 if to_x > x else -1) if 0 <= way <= abs(to_x - x) else None

    return at


class Square(Counted[Settings, State, Person]):
    """The square, with whoever walks on it."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Start the agent at a whole five minutes before an empty square."""
        super().__init__(ROLE, settings or settings_of(), START_US)
        self._first: dict[int, int] = {}
        self.starts()

    @property
    def site(self) -> SiteState:
        """What is known of the first site."""
        return self.state.sites[0]

    def starts(self) -> None:
        """The agent and its camera come up."""
        self._first.clear()
        super().starts()

    def lasting(self) -> State:
        """The state without those who are in view."""
        return replace(self.state, views=())

    def track(self, mover: Person) -> Track | None:
        """How somebody is seen now; None if he is not in view."""
        x = mover.at(self.second)
        if x is None:
            return None
        first_us = self._first.setdefault(mover.id, self.wall_us)
        box = Box(x - 0.03, mover.y - 0.18, x + 0.03, mover.y + 0.02)
        return Track(mover.id, mover.kind, 0.9, box, first_us, self.wall_us, True, True, None)

    def summary(self) -> dict[str, Any]:
        """The last summary, told now if the span is not over yet."""
        while not self.said("summary"):
            self.waits(30)
        return self.said("summary")[-1]
