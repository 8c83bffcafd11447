# SPDX-License-Identifier: Apache-2.0
import asyncio
from functools import partial
from pathlib import Path

import pytest

from edge.contract.health import PROBLEM_TYPE
from edge.contract.words import Lane
from edge.core.effects import Drive
from edge.core.inputs import Ticked
from edge.durable.store import Store
from edge.durable.transaction import Transaction
from tests.agent.stage import KIND, PICTURE, REF, Full, Stage, staged
from tests.durable.stores import NOW, open_bare


def _has_commits(stage: Stage) -> int:
    return stage.commits


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


def test_failing_commit_changes_neither(tmp_path: Path) -> None:
    """If the state cannot be written the row is not either; both come when they can."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            with Full(Transaction, "set_role_state") as disk:
                stage.camera("a")
                await stage.until(lambda: disk.tries > 3)
                assert (stage.rows(), stage.state(), stage.commits) == ([], [], 0)
            await stage.until(stage.rows)
            assert (len(stage.rows()), stage.state()) == (1, ["a"])

    asyncio.run(story())


def test_disk_full_before_the_commit_waits_too(tmp_path: Path) -> None:
    """No room for a picture is no reason to do without it, nor to lose the step."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            with Full(stage.store.blobs, "keep_file") as disk:
                stage.camera("keep")
                await stage.until(lambda: disk.tries > 3)
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


def test_checkpoint_that_fails_is_tried_again(tmp_path: Path) -> None:
    """No room for a checkpoint only makes it later."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            with Full(Transaction, "set_role_state"):
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


def test_nothing_moves_before_its_step_is_on_disk(tmp_path: Path) -> None:
    """While the commit fails nothing is driven; afterwards it is, once, and its row is there by then."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            with Full(Transaction, "set_role_state") as disk:
                stage.camera("drive")
                await stage.until(lambda: disk.tries > 2)
                assert stage.driven == []
            await stage.until(lambda: stage.driven)
            assert stage.driven == [(Drive("gate", 1), 1)]

    asyncio.run(story())
