# SPDX-License-Identifier: Apache-2.0
"""The world before one device, of plain values: one role is asked step by step, as the agent would ask it.

After each step that changes something the state goes through JSON, as it would through a restart, and all that is said
is validated.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from edge.contract.events import EVENTS
from edge.contract.words import ClockQuality
from edge.core.clock import Now
from edge.core.effects import Drive, Effect, Emit, KeepEvidence, ReleaseEvidence
from edge.core.inputs import CameraChanged, Input, Started, Ticked
from edge.core.tracks import PictureRef
from edge.roles.role import RoleSpec

C = TypeVar("C", bound=BaseModel)
S = TypeVar("S")
KINDS = {kind.type: kind for kind in EVENTS}
SIGNED = {"manifest": "e30.e30.c2lnbmVk"}
"""What whoever holds the device's key adds to an event with a manifest."""


class World(Generic[C, S]):
    """Time, the role's state, and all that it has asked for; each role's own world says what there is to see."""

    device = "pole-1"
    cameras: Sequence[str] = ("east",)

    def __init__(self, role: RoleSpec[C, S], settings: C, at_us: int) -> None:
        self.role, self.settings = role, settings
        self.wall_us, self.uptime_ms, self.quality = at_us, 60_000, ClockQuality.SYNCED
        self.second = 0.0
        self.state = role.first_state(settings)
        self.emitted: list[Emit] = []
        self.kept: list[PictureRef] = []
        self.held: dict[str, set[str]] = {}
        self.driven: list[int | None] = []

    @property
    def now(self) -> Now:
        """This instant."""
        return Now(self.wall_us, self.uptime_ms, self.quality)

    @property
    def facts(self) -> list[str]:
        """The middle word of each event said, in order."""
        return [_fact(emit) for emit in self.emitted]

    def said(self, fact: str) -> list[dict[str, Any]]:
        """The data of all events of one fact."""
        return [dict(emit.data) for emit in self.emitted if _fact(emit) == fact]

    def starts(self) -> None:
        """The agent comes up, and its cameras begin to look."""
        self.happens(Started(self.now, self.device))
        for camera in self.cameras:
            self.camera(camera, online=True)

    def camera(self, name: str | None = None, *, online: bool) -> bool:
        """A camera, the first if none is named, is lost or back; whether the role made anything of it."""
        return self.happens(CameraChanged(self.now, name or self.cameras[0], online))

    def happens(self, what: Input) -> bool:
        """Let one thing happen; whether the role made anything of it."""
        before = self.state
        self.state, effects = self.role.step(self.settings, before, what)
        changed = self.state is not before
        if changed:
            self.state = self.written()
        for effect in effects:
            self._hear(effect)
        return changed or bool(effects)

    def from_disk(self) -> S:
        """The state as it is after a restart."""
        return self.role.state.validate_json(self.role.state.dump_json(self.state))

    def written(self) -> S:
        """The state once it was written to disk and read again, which changes nothing of it."""
        kept = self.from_disk()
        assert kept == self.state
        return kept

    def passes(self, seconds: float) -> None:
        """Time goes by unseen."""
        self.second = round(self.second + seconds, 6)
        self.wall_us += round(seconds * 1e6)
        self.uptime_ms += round(seconds * 1e3)

    def ticks(self) -> bool:
        """A tick; whether the role made anything of it."""
        return self.happens(Ticked(self.now))

    def jumps(self, seconds: float, quality: ClockQuality = ClockQuality.SYNCED) -> None:
        """The wall clock is set."""
        self.wall_us += round(seconds * 1e6)
        self.quality = quality

    def hears(self, said: Emit) -> None:
        """What must be true of an event beside its form."""

    def _hear(self, effect: Effect) -> None:
        match effect:
            case KeepEvidence(picture, keeper):
                assert keeper
                self.kept.append(picture)
                self.held.setdefault(keeper, set()).add(picture.sha256)
            case ReleaseEvidence(keeper):
                self.held.pop(keeper, None)
            case Emit():
                kind = KINDS[effect.type]
                kind.data.model_validate(effect.data if effect.manifest is None else {**effect.data, **SIGNED})
                assert effect.lane is kind.lane
                assert all(one.sha256 in self.held[str(effect.subject)] for one in effect.pictures)
                self.hears(effect)
                self.emitted.append(effect)
            case Drive(value=value):
                self.driven.append(value)


def _fact(said: Emit) -> str:
    return said.type.split(".")[-2]
