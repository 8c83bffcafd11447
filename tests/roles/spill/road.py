# SPDX-License-Identifier: Apache-2.0
"""A road of plain values, looked at once a second; after every step the state goes through JSON, as by a restart."""

from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from edge.contract.spill import CLEARED_TYPE, NOTICED_TYPE, OBSTRUCTED_TYPE, SpillCleared, SpillNoticed, SpillObstructed
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import Now
from edge.core.effects import Emit, KeepEvidence, ReleaseEvidence
from edge.core.geometry import Box
from edge.core.inputs import Input, Seen, Started, Ticked
from edge.core.tracks import Kind, PictureRef, Sighting, SurfaceChange, Track
from edge.roles.spill.config import Settings
from edge.roles.spill.rules import step
from edge.roles.spill.state import ADAPTER, State

NOON_US = 1_788_235_200_000_000
SAND = Box(0.40, 0.60, 0.50, 0.64)
CAR = Box(0.38, 0.50, 0.52, 0.66)
SURFACE: dict[str, Any] = {
    "name": "lane",
    "camera": "east",
    "polygon": [(0.0, 0.5), (1.0, 0.5), (1.0, 0.9), (0.0, 0.9)],
}
WORDS: dict[str, type[BaseModel]] = {
    OBSTRUCTED_TYPE: SpillObstructed,
    NOTICED_TYPE: SpillNoticed,
    CLEARED_TYPE: SpillCleared,
}
LANES = {OBSTRUCTED_TYPE: Lane.URGENT, NOTICED_TYPE: Lane.STATE, CLEARED_TYPE: Lane.RECORD}


def settings_of(*surfaces: dict[str, Any], **more: object) -> Settings:
    """Settings with one surface or several, each written as its differences from the usual one."""
    place = {"code": "44010", "name": "海港路"}
    return Settings.model_validate({"place": place, "surfaces": [SURFACE | one for one in surfaces or ({},)], **more})


class Road:
    """The world before one device, and all that the device has said of it."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or settings_of()
        self.wall_us, self.uptime_ms = NOON_US, 60_000
        self.lying: dict[str, SurfaceChange] = {}
        self.tracks: dict[int, Track] = {}
        self.surfaces: tuple[str, ...] = ("lane",)
        self.scenes = True
        self.state = State()
        self.kept: dict[str, set[str]] = {}
        self.emitted: list[Emit] = []
        self.happens(Started(self.now, "pole-1"))

    @property
    def now(self) -> Now:
        """This instant."""
        return Now(self.wall_us, self.uptime_ms, ClockQuality.SYNCED)

    @property
    def facts(self) -> list[str]:
        """The middle word of each event said."""
        return [emit.type.split(".")[-2] for emit in self.emitted]

    def happens(self, what: Input) -> bool:
        """Let one thing happen; whether the role made anything of it."""
        state, effects = step(self.settings, self.state, what)
        changed = state is not self.state
        self.state = ADAPTER.validate_json(ADAPTER.dump_json(state)) if changed else state
        assert self.state == state
        for effect in effects:
            match effect:
                case KeepEvidence(picture, keeper):
                    self.kept.setdefault(keeper, set()).add(picture.sha256)
                case ReleaseEvidence(keeper):
                    self.kept.pop(keeper, None)
                case Emit():
                    WORDS[effect.type].model_validate(effect.data)
                    assert effect.lane is LANES[effect.type]
                    assert all(one.sha256 in self.kept[str(effect.subject)] for one in effect.pictures)
                    self.emitted.append(effect)
                case other:
                    raise AssertionError(other)
        return changed or bool(effects)

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
            self.passes(2)
        self.tracks = {}

    def passes(self, seconds: int, camera: str = "east") -> None:
        """So many seconds, each with a tick and a look."""
        for _ in range(seconds):
            self.wall_us += 1_000_000
            self.uptime_ms += 1000
            self.happens(Ticked(self.now))
            self.look(camera)

    def look(self, camera: str = "east") -> None:
        """One look of a camera; what lies under a car is told of all the same, as vision does."""
        scene = PictureRef(f"{self.wall_us:064x}", 9, "image/jpeg", self.wall_us) if self.scenes else None
        seen = Sighting(camera, self.wall_us, tuple(self.tracks.values()), scene)
        self.happens(Seen(self.now, replace(seen, surfaces=self.surfaces, changes=tuple(self.lying.values()))))
