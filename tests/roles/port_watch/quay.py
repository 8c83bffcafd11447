# SPDX-License-Identifier: Apache-2.0
"""A quay of plain values, looked at once a second; after every step the state goes through JSON, as by a restart."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from edge.contract.port import (
    ALARM_TYPE,
    BLIND_TYPE,
    CLEARED_TYPE,
    PLAN_TYPE,
    PRESENCE_TYPE,
    SIGHTED_TYPE,
    PlanInForce,
    PlanLevel,
    PortAlarm,
    PortBlind,
    PortCleared,
    PortPresence,
    PortSighted,
    TyphoonPlan,
)
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import Now, instant
from edge.core.effects import Emit, KeepEvidence, ReleaseEvidence
from edge.core.geometry import Box
from edge.core.inputs import CameraChanged, Input, Ordered, Seen, Started, Ticked
from edge.core.tracks import Kind, PictureRef, Sighting, Track
from edge.roles.port_watch.config import Settings
from edge.roles.port_watch.rules import step
from edge.roles.port_watch.state import ADAPTER, State

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
WORDS: dict[str, type[BaseModel]] = {
    PLAN_TYPE: PlanInForce,
    ALARM_TYPE: PortAlarm,
    CLEARED_TYPE: PortCleared,
    PRESENCE_TYPE: PortPresence,
    BLIND_TYPE: PortBlind,
    SIGHTED_TYPE: PortSighted,
}
LANES = {ALARM_TYPE: Lane.URGENT, BLIND_TYPE: Lane.URGENT, PRESENCE_TYPE: Lane.STATE}


def settings_of(*areas: dict[str, Any], **more: object) -> Settings:
    """Settings with one area or several, each written as its differences from the usual one."""
    place = {"code": "330305", "name": "东岙码头"}
    return Settings.model_validate({"place": place, "areas": [AREA | area for area in areas or ({},)], **more})


def moved(box: Box, right: float, down: float = 0.0) -> Box:
    """The box somewhere else."""
    return Box(box.left + right, box.top + down, box.right + right, box.bottom + down)


class Quay:
    """The world before one device, and all that the device has said of it."""

    def __init__(self, settings: Settings | None = None, level: str | None = "ii") -> None:
        self.settings = settings or settings_of()
        self.wall_us, self.uptime_ms, self.quality = NIGHT_US, 60_000, ClockQuality.SYNCED
        self.tracks: dict[int, Track] = {}
        self.scenes = True
        self.cameras: tuple[str, ...] = ("quay",)
        self.state = State()
        self.kept: dict[str, set[str]] = {}
        self.emitted: list[Emit] = []
        self.starts()
        if level:
            self.plan(level)
            self.emitted.clear()

    @property
    def now(self) -> Now:
        """This instant."""
        return Now(self.wall_us, self.uptime_ms, self.quality)

    @property
    def facts(self) -> list[str]:
        """The middle word of each event said, but for counts."""
        return [emit.type.split(".")[-2] for emit in self.emitted if emit.type != PRESENCE_TYPE]

    def said(self, fact: str) -> list[dict[str, Any]]:
        """The data of all events of one fact."""
        return [dict(emit.data) for emit in self.emitted if emit.type.split(".")[-2] == fact]

    def starts(self) -> None:
        """The agent comes up, and its cameras begin to look."""
        self.happens(Started(self.now, "pole-1"))
        for camera in self.cameras:
            self.camera(camera, online=True)

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
                    assert effect.lane is LANES.get(effect.type, Lane.RECORD)
                    assert all(one.sha256 in self.kept[str(effect.subject)] for one in effect.pictures)
                    self.emitted.append(effect)
                case other:
                    raise AssertionError(other)
        return changed or bool(effects)

    def plan(self, level: str, issued_s: float = 0.0, until_s: float | None = None) -> bool:
        """The hub orders a level, by a bulletin issued so many seconds from now."""
        now = instant(self.wall_us)
        until = None if until_s is None else now + timedelta(seconds=until_s)
        order = TyphoonPlan(
            plan="typhoon", level=PlanLevel(level), issued=now + timedelta(seconds=issued_s), until=until
        )
        return self.happens(Ordered(self.now, order))

    def camera(self, name: str = "quay", *, online: bool) -> None:
        """A camera is lost or back."""
        self.happens(CameraChanged(self.now, name, online))

    def comes(self, number: int, box: Box = MAN, kind: Kind = Kind.PERSON, score: float = 0.8) -> None:
        """Somebody is there from now on."""
        self.tracks[number] = Track(number, kind, score, box, self.wall_us, self.wall_us, True, True, None)

    def passes(self, seconds: int, *, seen: bool = True, camera: str = "quay") -> None:
        """So many seconds, each with a tick and a look; vision is silent where nobody is."""
        for _ in range(seconds):
            self.wall_us += 1_000_000
            self.uptime_ms += 1000
            self.happens(Ticked(self.now))
            if seen and self.tracks:
                self.look(camera)

    def look(self, camera: str = "quay") -> None:
        """One look of a camera."""
        scene = PictureRef(f"{self.wall_us:064x}", 9, "image/jpeg", self.wall_us) if self.scenes else None
        self.happens(Seen(self.now, Sighting(camera, self.wall_us, tuple(self.tracks.values()), scene)))
