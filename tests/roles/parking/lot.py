# SPDX-License-Identifier: Apache-2.0
"""A parking lot of plain values."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from edge.core.geometry import Box
from edge.core.inputs import Input, Seen
from edge.core.tracks import Kind, PlateRead, Sighting, SpaceSeen, Track
from edge.roles.parking.config import Settings
from edge.roles.parking.lot import State
from edge.roles.parking.role import ROLE
from tests.roles.world import World

TEN_US = 1_750_125_600_000_000
"""17 June 2025, 02:00 UTC: an hour begins."""
SPACES: dict[str, dict[str, Any]] = {
    name: {
        "name": name,
        "camera": "mast",
        "zone": "north",
        "polygon": [(left, 0.5), (left + 0.1, 0.5), (left + 0.1, 0.7), (left, 0.7)],
    }
    for name, left in (("a", 0.1), ("b", 0.2), ("c", 0.3))
}
PLACE = {"code": "330305001", "name": "海港停车场"}


def settings_of(*spaces: dict[str, Any], **more: Any) -> Settings:  # noqa: ANN401 - whatever the table takes
    """Settings of three spaces side by side, some of them written as differences from the usual."""
    table = {name: dict(space) for name, space in SPACES.items()}
    for space in spaces:
        table[space["name"]] = table.get(space["name"], {}) | space
    usual: dict[str, Any] = {"occupied_after_s": 3, "free_after_s": 5, "zone_every_s": 2, "class_after_s": 4}
    zones = more.pop("zones", [{"name": "north", "sign": "gate"}])
    return Settings.model_validate({"place": PLACE, "zones": zones, "spaces": list(table.values())} | usual | more)


def standing_in(name: str, **more: Any) -> Track:  # noqa: ANN401 - whatever a track has
    """A car that stands in a space."""
    left = {"a": 0.1, "b": 0.2, "c": 0.3}[name]
    track = Track(1, Kind.CAR, 0.9, Box(left + 0.01, 0.45, left + 0.09, 0.7), 1, 1, True, True, 1)
    return replace(track, **more)


BETWEEN = Box(0.15, 0.45, 0.25, 0.7)
"""Over the line between a and b."""


def plate(text: str, colour: str, sure: float = 0.9) -> PlateRead:
    """A plate as read."""
    return PlateRead(text, sure, colour, 5)


class Lot(World[Settings, State]):
    """The lot, with whoever stands in it, looked at once a second."""

    cameras: Sequence[str] = ("mast",)

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__(ROLE, settings or settings_of(), TEN_US)
        self.pixels: dict[str, float] = dict.fromkeys(("a", "b", "c"), 0.02)
        self.tracks: list[Track] = []
        self.looking = True
        self.starts()

    def happens(self, what: Input) -> bool:
        """Let one thing happen; the lot says nothing without having changed."""
        before = self.state
        made = super().happens(what)
        assert made == (self.state is not before)
        return made

    def plays(self, seconds: int) -> None:
        """Time goes by with a tick and a look every second."""
        for _ in range(seconds):
            self.passes(1)
            self.ticks()
            if self.looking:
                self.looks()

    def looks(self) -> bool:
        seen = tuple(SpaceSeen(name, sure) for name, sure in self.pixels.items())
        return self.happens(Seen(self.now, Sighting("mast", self.wall_us, tuple(self.tracks), spaces=seen)))

    def fills(self, name: str, track: Track | None = None) -> None:
        """A car comes into a space."""
        self.pixels[name] = 0.98
        self.tracks.append(track or standing_in(name))

    def empties(self) -> None:
        """Everybody leaves."""
        self.tracks.clear()
        self.pixels = dict.fromkeys(self.pixels, 0.02)

    def states(self, space: str) -> list[str]:
        """What was told of one space, in order."""
        return [one["state"] for one in self.said("occupancy") if one["space"] == space]

    def pairs(self) -> int:
        """How many vehicles stand over two spaces, as far as the role believes."""
        return len(self.state.pairs)
