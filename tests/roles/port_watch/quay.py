# SPDX-License-Identifier: Apache-2.0
"""A quay of plain values under the typhoon plan."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from edge.contract.port import PlanLevel, TyphoonPlan
from edge.core.clock import instant
from edge.core.geometry import Box
from edge.core.inputs import Ordered, Seen
from edge.core.tracks import Kind, PictureRef, Sighting, Track
from edge.roles.port_watch.config import Settings
from edge.roles.port_watch.role import ROLE
from edge.roles.port_watch.state import State
from tests.roles.world import World

NIGHT_US = 1_788_177_600_000_000
"""31 August 2026, 20:00 at +08:00: in the typhoon season."""
MAN = Box(0.48, 0.40, 0.52, 0.60)
LORRY = Box(0.55, 0.45, 0.80, 0.70)
AREA: dict[str, Any] = {
    "name": "berth-2",
    "camera": "quay",
    "polygon": [(0.2, 0.3), (0.9, 0.3), (0.9, 0.9), (0.2, 0.9)],
    "closures": [{"level": "iii", "who": ["person"], "grace_s": 20}, {"level": "ii", "grace_s": 10}],
}


def settings_of(*areas: dict[str, Any], **more: object) -> Settings:
    """Settings with one area or several, each written as its differences from the usual one."""
    place = {"code": "330305", "name": "东岙码头"}
    return Settings.model_validate({"place": place, "areas": [AREA | area for area in areas or ({},)], **more})


def moved(box: Box, right: float, down: float = 0.0) -> Box:
    """The box somewhere else."""
    return Box(box.left + right, box.top + down, box.right + right, box.bottom + down)


class Quay(World[Settings, State]):
    """The quay, with whoever is on it, looked at once a second."""

    cameras: Sequence[str] = ("quay",)

    def __init__(self, settings: Settings | None = None, level: str | None = "ii") -> None:
        super().__init__(ROLE, settings or settings_of(), NIGHT_US)
        self.tracks: dict[int, Track] = {}
        self.scenes = True
        self.starts()
        if level:
            self.plan(level)
            self.emitted.clear()

    @property
    def facts(self) -> list[str]:
        """The middle word of each event said, but for counts."""
        return [fact for fact in super().facts if fact != "presence"]

    def plan(self, level: str, issued_s: float = 0.0, until_s: float | None = None) -> bool:
        """The hub orders a level, by a bulletin issued so many seconds from now."""
        now = instant(self.wall_us)
        until = None if until_s is None else now + timedelta(seconds=until_s)
        order = TyphoonPlan(
            plan="typhoon", level=PlanLevel(level), issued=now + timedelta(seconds=issued_s), until=until
        )
        return self.happens(Ordered(self.now, order))

    def comes(self, number: int, box: Box = MAN, kind: Kind = Kind.PERSON, score: float = 0.8) -> None:
        """Somebody is there from now on."""
        self.tracks[number] = Track(number, kind, score, box, self.wall_us, self.wall_us, True, True, None)

    def plays(self, seconds: int, *, seen: bool = True, camera: str = "quay") -> None:
        """So many seconds, each with a tick and a look; vision is silent where nobody is."""
        for _ in range(seconds):
            self.passes(1)
            self.ticks()
            if seen and self.tracks:
                self.look(camera)

    def look(self, camera: str = "quay") -> None:
        """One look of a camera."""
        scene = PictureRef(f"{self.wall_us:064x}", 9, "image/jpeg", self.wall_us) if self.scenes else None
        self.happens(Seen(self.now, Sighting(camera, self.wall_us, tuple(self.tracks.values()), scene)))
