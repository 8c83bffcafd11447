# SPDX-License-Identifier: Apache-2.0
"""A stage for a role: the runner that the agent uses, on a real store, with a role that counts cameras."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import pytest
from pydantic import BaseModel, TypeAdapter

from edge.agent import role_runner
from edge.agent.mailbox import RoleMailbox
from edge.agent.role_runner import RoleRunner, Surroundings
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.core.clock import ManualClock
from edge.core.effects import Drive, Effect, Emit, KeepEvidence, ReleaseEvidence
from edge.core.inputs import CameraChanged, Input, Started, Ticked
from edge.core.tracks import PictureRef
from edge.durable.store import Store
from edge.identity.file_keystore import FileKeyStore
from edge.roles.role import RoleSpec
from tests.durable.stores import NOW, open_bare

KIND = "cn.dongtou.edge.test.counted.v1"
PICTURE = b"jpeg"
REF = PictureRef(hashlib.sha256(PICTURE).hexdigest(), len(PICTURE), "image/jpeg", NOW.wall_us)
WITHIN_S = 200.0


class Settings(BaseModel):
    """A role that counts needs none."""


def count(_: Settings, state: list[str], happened: Input) -> tuple[list[str], tuple[Effect, ...]]:
    """Counts cameras that change and emits each count; ticks are counted and not emitted."""
    match happened:
        case Started():
            return state, ()
        case Ticked():
            return [*state, "tick"], ()
        case CameraChanged(camera=camera):
            after = [*state, camera]
            return after, _effects(camera, len(after))
        case other:
            raise AssertionError(other)


def _effects(camera: str, number: int) -> tuple[Effect, ...]:
    emit = Emit(KIND, Lane.RECORD, NOW, {"n": number, "camera": camera}, camera)
    match camera:
        case "keep":
            sent = Emit(KIND, Lane.RECORD, NOW, {"n": number}, manifest={"photos": [REF.sha256]}, pictures=(REF,))
            return KeepEvidence(REF, "case"), sent
        case "release":
            return (ReleaseEvidence("case"),)
        case "drive":
            return emit, Drive("gate", number)
        case _:
            return (emit,)


class Stage:
    """One role on a real store, with a ring of one picture."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ring = folder / "ring.jpg"
        self.ring.write_bytes(PICTURE)
        self.store = Store.open(folder, asyncio.get_running_loop().call_soon_threadsafe, "boot", NOW)
        self.clock = ManualClock(NOW)
        self.mailbox = RoleMailbox()
        self.commits = 0
        self.driven: list[tuple[Drive, int]] = []
        """With how many rows were on disk when it was carried out."""
        around = Surroundings(
            store=self.store,
            clock=self.clock,
            device="pole-1",
            keys=lambda: FileKeyStore(folder),
            rings=lambda _: self.ring if self.ring.exists() else None,
            committed=self._committed,
            drive=self._drive,
        )
        spec = RoleSpec("counter", Settings, TypeAdapter(list[str]), lambda _: [], count)
        self.runner = RoleRunner(spec, Settings(), self.mailbox, around)
        self.work = asyncio.create_task(self.runner.run())

    def _committed(self) -> None:
        self.commits += 1

    def _drive(self, what: Drive) -> None:
        self.driven.append((what, len(self.rows())))

    def camera(self, name: str) -> None:
        self.mailbox.put(CameraChanged(self.clock.now(), name, online=True))

    def rows(self) -> list[dict[str, object]]:
        return [json.loads(b"{" + row.body) for row in self.store.rows(Lane.RECORD, 0, 999)]

    def chunks(self) -> int:
        return len(list(self.store.rows(Lane.BLOB, 0, 999)))

    def state(self) -> list[str]:
        return list(json.loads(self.store.role_state("counter") or b"[]"))

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not true():  # noqa: ASYNC110  (what is waited for lies in store and runner)
                await asyncio.sleep(0.001)

    async def stop(self) -> None:
        self.work.cancel()
        await asyncio.wait([self.work])


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """A stage in that folder. A step that waits for room looks again at once."""
    open_bare(folder).close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(role_runner, "RETRY_EVERY_S", 0.005)
        stage = Stage(folder)
        try:
            yield stage
        finally:
            await stage.stop()
            stage.store.close()


class Full:
    """For a while a call of that name finds the disk full; `tries` counts how often it was tried."""

    def __init__(self, of: object, name: str) -> None:
        self.tries = 0
        self._of, self._name = of, name
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> Self:
        self._patch.setattr(self._of, self._name, self._fail)
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.undo()

    def _fail(self, *_: object) -> None:
        self.tries += 1
        raise ProblemError("disk-full", path="a test")
