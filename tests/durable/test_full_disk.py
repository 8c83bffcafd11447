# SPDX-License-Identifier: Apache-2.0
"""A disk without one free block, for real: a small tmpfs, filled by the outbox and by somebody else."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable.ballast import Ballast
from edge.durable.rows import NewRow
from edge.durable.store import Store
from tests.durable.stores import NOW, append, do, forget, new_row, on_disk, open_bare, opened, seqs

MIB = 1024 * 1024
BALLAST = 8 * MIB


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 32 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", tmp_path], check=False).returncode:
        pytest.skip("no right to mount here")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)


def fill_with_rows(store: Store) -> int:
    """Append until the disk is full; the number of rows that are durable."""
    while not refused(store, *(new_row(body=b"x" * 900) for _ in range(20))):
        pass
    return store.accounts[Lane.RECORD].last_seq


def fill_the_rest(disk: Path) -> Path:
    """Another program takes the last block."""
    path = disk / "others"
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    return path


def refused(store: Store, *rows: NewRow) -> bool:
    """Whether the disk is too full for rows; without any, for a small one."""
    try:
        append(store, *(rows or (new_row(),)))
    except ProblemError as failed:
        return failed.problem.code == "disk-full"
    return False


def drain(store: Store, rows: int) -> None:
    for through in range(500, rows + 500, 500):
        forget(store, Lane.RECORD, through)


def test_disk_full_and_emptied_by_acknowledgements(disk: Path) -> None:
    """However greedily rows and others take what room there is, acknowledgements still delete, to the last row."""
    with opened(disk / "dt", BALLAST) as store:
        fill_with_rows(store)
        others = fill_the_rest(disk)
        for _ in range(10):
            assert forget(store, Lane.RECORD, store.accounts[Lane.RECORD].acked_seq + 10) == 10
            while not refused(store):
                pass
            fill_the_rest(disk)
        assert forget(store, Lane.RECORD, store.accounts[Lane.RECORD].acked_seq + 4000) == 4000
        drain(store, store.accounts[Lane.RECORD].last_seq)
        others.unlink()
        assert not refused(store)
        assert (disk / "dt" / "store.ballast").stat().st_size == BALLAST
        assert store.accounts == on_disk(disk / "dt")


def test_disk_full_and_room_returns(disk: Path) -> None:
    """Somebody tidies up: the store goes on without a restart, every row that was durable is there."""
    with opened(disk / "dt", BALLAST) as store:
        rows = fill_with_rows(store)
        fill_the_rest(disk)
        while not refused(store):
            rows += 1
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert append(store, new_row())[0].seq == rows + 1
        assert seqs(store, Lane.RECORD) == list(range(1, rows + 2))


def test_agent_killed_on_a_full_disk_starts_again(disk: Path) -> None:
    """The start itself needs a few blocks: the ballast gives them, and the acknowledgements that follow drain."""
    store = open_bare(disk / "dt", BALLAST)
    rows = fill_with_rows(store)
    fill_the_rest(disk)
    # As after kill -9: nothing is tidied up, but for the locks, which the kernel lets go.
    store._writer._jobs.put(None)
    store._opened.release()
    with opened(disk / "dt", BALLAST) as again:
        assert again.set_aside is None
        assert seqs(again, Lane.RECORD) == list(range(1, rows + 1))
        drain(again, rows)
        assert not refused(again)
    store._reader.close()
    store._writer._db.close()


def test_agent_stopped_and_the_disk_filled_meanwhile(disk: Path) -> None:
    """What a clean stop gave back is gone when the agent comes again: it starts on its ballast, and drains."""
    with opened(disk / "dt", BALLAST) as store:
        rows = append(store, *(new_row(body=b"x" * 900) for _ in range(1000)))[-1].seq
    fill_the_rest(disk)
    with opened(disk / "dt", BALLAST) as again:
        assert again.set_aside is None
        assert again.boot == 2
        assert refused(again), "what there is belongs to acknowledgements"
        drain(again, rows)
        assert again.accounts[Lane.RECORD].rows == 0
        assert not refused(again)


def test_small_outbox_on_a_disk_that_others_filled(disk: Path) -> None:
    """With nothing left to drain there is nothing to keep the room for: one row at a time is better than none."""
    with opened(disk / "dt", BALLAST) as store:
        append(store, new_row())
        fill_the_rest(disk)
        while not refused(store):
            pass
        forget(store, Lane.RECORD, store.accounts[Lane.RECORD].last_seq)
        assert not refused(store)
        assert refused(store)


def test_disk_full_without_ballast(disk: Path) -> None:
    """A program that keeps nothing back is refused as well, and lives."""
    with opened(disk / "dt") as store:
        rows = fill_with_rows(store)
        fill_the_rest(disk)
        with pytest.raises(ProblemError) as failed:
            do(store, lambda txn: txn.shed(Lane.RECORD, 1, 5, "operator", NOW), frees=True)
        assert failed.value.problem.code == "disk-full"
        assert seqs(store, Lane.RECORD) == list(range(1, rows + 1))
        with pytest.raises(ProblemError) as failed:
            store.blobs.keep_bytes(b"x" * 8192, "image/jpeg")
        assert failed.value.problem.code == "disk-full"


def test_no_room_for_a_store(disk: Path) -> None:
    """A first start on a full disk says so."""
    (disk / "dt").mkdir()
    fill_the_rest(disk)
    with pytest.raises(ProblemError) as failed:
        Store.open(disk / "dt", lambda _: None, "boot", NOW)
    assert failed.value.problem.code == "disk-full"


def test_ballast(tmp_path: Path) -> None:
    """A half-made ballast is made whole, a given-up one is given up once, and none is none."""
    (tmp_path / "store.ballast").touch()
    ballast = Ballast(tmp_path, 8192)
    assert ballast.whole
    assert (tmp_path / "store.ballast").stat().st_size == 8192
    assert (ballast.give_up(), ballast.whole, ballast.give_up()) == (True, False, False)
    ballast.restore()
    assert ballast.whole
    assert not Ballast(tmp_path, 2**60).whole
    none = Ballast(tmp_path, 0)
    assert (none.whole, none.give_up(), none.whole) == (True, True, True)


def test_ballast_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills while the ballast is being made leaves no half of it."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    assert not Ballast(tmp_path, 4096).whole
    assert list(tmp_path.iterdir()) == []
