# SPDX-License-Identifier: Apache-2.0
import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from pydantic import BaseModel, TypeAdapter

from edge.agent import role_runner
from edge.agent.mailbox import RoleMailbox
from edge.agent.role_runner import RoleRunner, Surroundings
from edge.contract.health import PROBLEM_TYPE
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.core.clock import ManualClock
from edge.core.effects import Drive, Effect, Emit, KeepEvidence, ReleaseEvidence
from edge.core.inputs import CameraChanged, Input, Started, Ticked
from edge.core.tracks import PictureRef
from edge.durable.store import Store
from edge.durable.transaction import Transaction
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
    open_bare(folder).close()
    stage = Stage(folder)
    try:
        yield stage
    finally:
        await stage.stop()
        stage.store.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that waits for room looks again at once."""
    monkeypatch.setattr(role_runner, "RETRY_EVERY_S", 0.005)


def _has_commits(stage: Stage) -> int:
    return stage.commits


def full(*_: object) -> None:
    raise ProblemError("disk-full", path="a test")


def test_state_and_rows_are_one(tmp_path: Path) -> None:
    """Each emitted count stands beside the state it was counted from, also for the next agent."""

    async def story() -> None:
        for life in range(3):
            async with staged(tmp_path) as stage:
                stage.camera(f"life {life}")
                await stage.until(partial(_has_commits, stage))
                assert [row["data"] for row in stage.rows()] == [
                    {"n": number, "camera": name} for number, name in enumerate(stage.state(), 1)
                ]
                assert len(stage.rows()) == life + 1

    asyncio.run(story())


def test_failing_commit_changes_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the state cannot be written the row is not either; both come when they can."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            tries = 0

            def fail(*_: object) -> None:
                nonlocal tries
                tries += 1
                full()

            with monkeypatch.context() as patch:
                patch.setattr(Transaction, "set_role_state", fail)
                stage.camera("a")
                await stage.until(lambda: tries > 3)
                assert (stage.rows(), stage.state(), stage.commits) == ([], [], 0)
            await stage.until(stage.rows)
            assert (len(stage.rows()), stage.state()) == (1, ["a"])

    asyncio.run(story())


def test_disk_full_before_the_commit_waits_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for a picture is no reason to do without it, nor to lose the step."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            tries = 0

            def fail(*_: object) -> None:
                nonlocal tries
                tries += 1
                full()

            with monkeypatch.context() as patch:
                patch.setattr(stage.store.blobs, "keep_file", fail)
                stage.camera("keep")
                await stage.until(lambda: tries > 3)
                assert (stage.rows(), stage.work.done()) == ([], False)
            await stage.until(stage.rows)
            assert stage.store.blobs.read(REF.sha256, 0, 9) == PICTURE
            assert stage.chunks() == 1

    asyncio.run(story())


def test_evidence_is_on_disk_signed_and_let_go(tmp_path: Path) -> None:
    """A kept picture outlives the ring and its sending, until its keeper lets it go."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            stage.camera("keep")
            await stage.until(stage.rows)
            stage.ring.unlink()
            (row,) = stage.rows()
            assert isinstance(row["data"], dict)
            assert row["data"]["manifest"].count(".") == 2
            await stage.store.commit(lambda txn: txn.forget(Lane.BLOB, 1, stage.store.blobs.unlink))
            assert stage.store.sweep_blobs() == 0
            assert stage.store.blobs.path(REF.sha256).exists()
            stage.camera("release")
            await stage.until(lambda: not stage.store.blobs.path(REF.sha256).exists())

    asyncio.run(story())


def test_evidence_gone_is_told(tmp_path: Path) -> None:
    """A picture the ring has dropped costs the picture, not the case: the event goes, and so does the reason."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            stage.ring.unlink()
            stage.camera("keep")
            await stage.until(stage.rows)
            assert {row["type"] for row in stage.rows()} == {KIND, PROBLEM_TYPE}
            assert stage.chunks() == 0

    asyncio.run(story())


def test_stopped_in_the_middle_of_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to stop while a step is on its way to the disk: it arrives, and no older state is written over it."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            stage.mailbox.put(Ticked(stage.clock.now()))
            await stage.until(lambda: stage.runner._state == ["tick"])
            submit = stage.store._writer.submit

            def stop_as_soon_as_it_is_queued(job: object) -> None:
                monkeypatch.setattr(stage.store._writer, "submit", submit)
                submit(job)  # type: ignore[arg-type]
                stage.work.cancel()

            monkeypatch.setattr(stage.store._writer, "submit", stop_as_soon_as_it_is_queued)
            stage.camera("a")
            await asyncio.wait([stage.work])
            assert stage.state() == ["tick", "a"]
            assert [row["data"] for row in stage.rows()] == [{"n": 2, "camera": "a"}]

    asyncio.run(story())


def test_silent_steps_are_written_down_seldom_and_at_the_end(tmp_path: Path) -> None:
    """Steps without effects wait for the next checkpoint, every ten seconds; a stop loses none."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            for seconds in (1.0, 1.0, 9.0, 1.0):
                stage.clock.advance(seconds)
                stage.mailbox.put(Ticked(stage.clock.now()))
            await stage.until(lambda: stage.runner._state == ["tick"] * 4)
            assert stage.state() == ["tick"] * 3
            await stage.stop()
            assert stage.state() == ["tick"] * 4

    asyncio.run(story())


def test_checkpoint_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for a checkpoint only makes it later."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            with monkeypatch.context() as patch:
                patch.setattr(Transaction, "set_role_state", full)
                stage.clock.advance(11)
                stage.mailbox.put(Ticked(stage.clock.now()))
                await stage.until(lambda: stage.runner._state == ["tick"])
                await stage.store.commit(lambda _: None)
                assert stage.state() == []
            await stage.until(lambda: not stage.work.done())
            stage.mailbox.put(Ticked(stage.clock.now()))
            await stage.until(lambda: stage.state() == ["tick", "tick"])

    asyncio.run(story())


def test_state_of_another_shape_starts_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A state the role cannot read any more is said in the log, and the role begins anew."""

    async def story() -> None:
        open_bare(tmp_path).close()
        store = Store.open(tmp_path, asyncio.get_running_loop().call_soon_threadsafe, "boot", NOW)
        await store.commit(lambda txn: txn.set_role_state("counter", b'{"no": "list"}', NOW.wall_us))
        store.close()
        async with staged(tmp_path) as stage:
            assert stage.runner._state == []

    asyncio.run(story())
    assert "starting over" in caplog.text


def test_nothing_moves_before_its_step_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the commit fails nothing is driven; afterwards it is, once, and its row is there by then."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            tries = 0

            def fail(*_: object) -> None:
                nonlocal tries
                tries += 1
                full()

            with monkeypatch.context() as patch:
                patch.setattr(Transaction, "set_role_state", fail)
                stage.camera("drive")
                await stage.until(lambda: tries > 2)
                assert stage.driven == []
            await stage.until(lambda: stage.driven)
            assert stage.driven == [(Drive("gate", 1), 1)]

    asyncio.run(story())
