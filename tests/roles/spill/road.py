# SPDX-License-Identifier: Apache-2.0
"""A road of plain values, on which things are lost."""

from dataclasses import replace
from typing import Any

from edge.core.geometry import Box
from edge.core.inputs import Seen
from edge.core.tracks import Kind, PictureRef, Sighting, SurfaceChange, SurfaceLook, Track
from edge.roles.spill.config import Settings
from edge.roles.spill.role import ROLE
from edge.roles.spill.state import State
from tests.roles.world import World

NOON_US = 1_788_235_200_000_000
SAND = Box(0.40, 0.60, 0.50, 0.64)
CAR = Box(0.38, 0.50, 0.52, 0.66)
SURFACE: dict[str, Any] = {
    "name": "lane",
    "camera": "east",
    "polygon": [(0.0, 0.5), (1.0, 0.5), (1.0, 0.9), (0.0, 0.9)],
}


def settings_of(*surfaces: dict[str, Any], **more: object) -> Settings:
    """Settings with one surface or several, each written as its differences from the usual one."""
    place = {"code": "44010", "name": "海港路"}
    return Settings.model_validate({"place": place, "surfaces": [SURFACE | one for one in surfaces or ({},)], **more})


class Road(World[Settings, State]):
    """The road, with what lies and drives on it, looked at once a second."""

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__(ROLE, settings or settings_of(), NOON_US)
        self.lying: dict[str, SurfaceChange] = {}
        self.tracks: dict[int, Track] = {}
        self.surfaces: tuple[str, ...] = ("lane",)
        self.learnt_us = 0
        self.scenes = True
        self.starts()

    def spills(self, name: str = "sand", box: Box = SAND, share: float = 0.01, surface: str = "lane") -> None:
        """Something lies on a surface from now on."""
        before = PictureRef("b" * 64, 9, "image/jpeg", self.wall_us - 30_000_000)
        self.lying[name] = SurfaceChange(surface, box, share, self.wall_us, before)

    def drives(self, number: int, box: Box = CAR, *, still: bool = False, seen: bool = True) -> None:
        """A car is there from now on."""
        since_us = self.wall_us if still else None
        self.tracks[number] = Track(number, Kind.CAR, 0.9, box, self.wall_us, self.wall_us, seen, True, since_us)

    def traffic(self, cars: int) -> None:
        """So many cars go over it, one every two seconds."""
        for number in range(cars):
            self.tracks = {}
            self.drives(100 + number)
            self.plays(2)
        self.tracks = {}

    def plays(self, seconds: int, camera: str = "east") -> None:
        """So many seconds, each with a tick and a look."""
        for _ in range(seconds):
            self.passes(1)
            self.ticks()
            self.look(camera)

    def look(self, camera: str = "east") -> None:
        """One look of a camera; what lies under a car is told of all the same, as vision does."""
        scene = PictureRef(f"{self.wall_us:064x}", 9, "image/jpeg", self.wall_us) if self.scenes else None
        seen = Sighting(camera, self.wall_us, tuple(self.tracks.values()), scene)
        looks = tuple(SurfaceLook(name, self.learnt_us) for name in self.surfaces)
        self.happens(Seen(self.now, replace(seen, surfaces=looks, changes=tuple(self.lying.values()))))
