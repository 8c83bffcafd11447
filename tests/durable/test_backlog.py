# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable.backlog import Backlog
from edge.durable.database import STORE
from tests.durable.stores import NOW, append, do, forget, keep, new_row, opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


def code_of(folder: Path) -> str:
    with pytest.raises(ProblemError) as wrong:
        Backlog(folder)
    return wrong.value.problem.code


def test_a_running_store_is_read_beside_its_writer(folder: Path) -> None:
    """What was committed is seen at once, what was acknowledged is gone, and the writer never waits."""
    with opened(folder) as store, closing(Backlog(folder)) as backlog:
        append(store, *(new_row(Lane.STATE) for _ in range(5)))
        assert backlog.epoch == store.epoch
        assert [row.seq for row in backlog.rows(Lane.STATE, 0, 10)] == [1, 2, 3, 4, 5]
        forget(store, Lane.STATE, 2)
        assert [row.seq for row in backlog.rows(Lane.STATE, 0, 2)] == [3, 4]
        assert backlog.accounts() == store.accounts
        assert backlog.count(Lane.STATE, 1, 4) == 2


def test_a_moment_stands_still(folder: Path) -> None:
    """Two reads of one moment agree, whatever is written between them."""
    with opened(folder) as store, closing(Backlog(folder)) as backlog:
        append(store, new_row(Lane.STATE))
        with backlog.moment():
            before = backlog.count(Lane.STATE, 1, 99)
            append(store, new_row(Lane.STATE))
            assert backlog.count(Lane.STATE, 1, 99) == before == 1
        assert backlog.count(Lane.STATE, 1, 99) == 2


def test_a_dead_agents_store_is_read_as_it_lies(folder: Path, tmp_path: Path) -> None:
    """Also what only the log holds; and the look leaves every file as it was."""
    with opened(folder) as store:
        append(store, new_row(Lane.STATE))
        left = shutil.copytree(folder, tmp_path / "left")  # the log with it, as a power cut leaves it
    assert (left / f"{STORE}-wal").stat().st_size
    before = {
        file.name: file.read_bytes() for file in left.iterdir() if file.is_file() and not file.name.endswith("shm")
    }
    with closing(Backlog(left)) as backlog:
        assert len(list(backlog.rows(Lane.STATE, 0, 10))) == 1
        assert backlog.settled_if_alone() == 0
    assert {name: (left / name).read_bytes() for name in before} == before


def test_only_an_agent_can_say_what_stays_while_it_runs(folder: Path) -> None:
    """Whoever has the store may still widen what its newest rows tell of gaps; without him all stays."""
    with opened(folder) as store:
        append(store, new_row(Lane.RECORD), new_row(Lane.RECORD))
        with closing(Backlog(folder)) as backlog:
            assert backlog.settled_if_alone() is None
    with closing(Backlog(folder)) as backlog:
        assert backlog.settled_if_alone() == 2


def test_a_bound_holds(folder: Path) -> None:
    """Rows beyond it are not read, though they are there."""
    with opened(folder) as store, closing(Backlog(folder)) as backlog:
        append(store, *(new_row(Lane.STATE) for _ in range(5)))
        backlog.bound(Lane.STATE, 3)
        assert [row.seq for row in backlog.rows(Lane.STATE, 1, 10)] == [2, 3]
        backlog.bound(Lane.STATE, 0)
        assert list(backlog.rows(Lane.STATE, 0, 10)) == []


def test_what_waits_is_told_by_lane(folder: Path) -> None:
    """Rows, the oldest whose time is known, files of pictures, and what all takes on the disk."""
    with opened(folder) as store:
        append(store, new_row(Lane.STATE), replace(new_row(Lane.METRIC), clock="unset"))
        blob = keep(store, os.urandom(300_000))
        with closing(Backlog(folder)) as backlog:
            waiting = backlog.waiting()
            assert waiting[Lane.STATE].oldest_us == NOW.wall_us
            assert (waiting[Lane.METRIC].oldest_us, waiting[Lane.METRIC].account.rows) == (None, 1)
            assert waiting[Lane.URGENT].oldest_us is None
            assert (waiting[Lane.BLOB].blob_bytes, waiting[Lane.BLOB].account.rows) == (blob.size, 3)
            taken = backlog.disk_bytes()
            assert blob.size < taken < blob.size + 4_000_000
            shutil.rmtree(folder / "blobs")
            assert backlog.disk_bytes() <= taken - blob.size


def test_times_that_were_repaired_are_known(folder: Path) -> None:
    """What a later boot learnt of an earlier one dates its rows; of others nothing is known."""
    with opened(folder) as store:
        do(store, lambda txn: txn.db.execute("UPDATE boots SET offset_us = 7"))
        with closing(Backlog(folder)) as backlog:
            assert (backlog.offset_us(store.boot), backlog.offset_us(99)) == (7, None)
            assert not backlog.expected(store.boot)


def test_a_store_of_the_first_shape_is_read_too(folder: Path) -> None:
    """An agent that was never updated has a backlog as well."""
    with opened(folder) as store:
        append(store, new_row(Lane.STATE))
    with closing(sqlite3.connect(folder / STORE)) as db:
        db.execute("PRAGMA user_version = 1")
        db.execute("ALTER TABLE boots DROP COLUMN offset_us")
        db.execute("DROP TABLE gaps")
        db.commit()
    with closing(Backlog(folder)) as backlog:
        assert [row.seq for row in backlog.rows(Lane.STATE, 0, 10)] == [1]
        assert backlog.offset_us(1) is None


def test_what_is_no_outbox_is_named(folder: Path) -> None:
    """No store, another program's file, a later shape, and no database at all."""
    folder.mkdir()
    assert code_of(folder) == "outbox-missing"
    (folder / STORE).write_bytes(b"this is no database, though it is long enough to be asked" * 100)
    assert code_of(folder) == "outbox-unreadable"
    (folder / STORE).unlink()
    with closing(sqlite3.connect(folder / STORE)) as db:
        db.execute("CREATE TABLE t (x)")
    assert code_of(folder) == "outbox-unreadable"
    (folder / STORE).unlink()
    with opened(folder):
        pass
    with closing(sqlite3.connect(folder / STORE)) as db:
        db.execute("PRAGMA user_version = 99")
    assert code_of(folder) == "outbox-unreadable"
