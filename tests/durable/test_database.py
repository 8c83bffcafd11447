# SPDX-License-Identifier: Apache-2.0
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable import database
from edge.durable.database import STORE, SUSPECT, connect, open_store
from tests.durable.stores import append, new_row, open_bare, opened, seqs

PAGE = 4096


def prepared(folder: Path, rows: int = 200) -> Path:
    """A store with some hundred rows, closed."""
    with opened(folder) as store:
        append(store, *(new_row(body=b"x" * 500) for _ in range(rows)))
    return folder / STORE


def code(failed: pytest.ExceptionInfo[ProblemError]) -> str:
    return failed.value.problem.code


def reopened(folder: Path) -> tuple[list[int], str | None]:
    """What an agent finds: its rows, and why a store was set aside."""
    with opened(folder) as store:
        return seqs(store, Lane.RECORD), str(store.set_aside.detail["reason"]) if store.set_aside else None


def asides(folder: Path) -> list[Path]:
    return sorted(folder.glob("store-*.aside.db"))


def test_store_comes_back_as_it_was(tmp_path: Path) -> None:
    """Epoch and rows survive a restart; each start counts."""
    with opened(tmp_path) as store:
        epoch, boot = store.epoch, store.boot
        append(store, new_row())
    with opened(tmp_path) as store:
        assert (store.epoch, store.boot) == (epoch, boot + 1)
        assert seqs(store, Lane.RECORD) == [1]
        assert store.set_aside is None


def test_folder_missing(tmp_path: Path) -> None:
    """The folder is made, however deep."""
    folder = tmp_path / "var" / "lib" / "dt"
    open_store(folder).release()
    assert reopened(folder) == ([], None)


def test_folder_is_a_file(tmp_path: Path) -> None:
    """A file where the folder should be is a problem with a name, not a traceback."""
    (tmp_path / "dt").write_text("")
    with pytest.raises(ProblemError) as failed:
        open_store(tmp_path / "dt")
    assert code(failed) == "store-failed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_read_only_folder(tmp_path: Path) -> None:
    """A medium that was remounted read-only after errors is named, and its store is not condemned for it."""
    prepared(tmp_path / "dt")
    if subprocess.run(["mount", "--bind", tmp_path / "dt", tmp_path / "dt"], check=False).returncode:
        pytest.skip("no right to mount here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", tmp_path / "dt"], check=True)
        with pytest.raises(ProblemError) as failed:
            open_store(tmp_path / "dt", 0.0)
        assert code(failed) == "store-failed"
    finally:
        subprocess.run(["umount", tmp_path / "dt"], check=True)
    assert reopened(tmp_path / "dt") == (list(range(1, 201)), None)


def test_lock_held(tmp_path: Path) -> None:
    """Two agents on one store would answer twice: the second is turned away, and may come when the first has gone."""
    first = open_bare(tmp_path)
    with pytest.raises(ProblemError) as failed:
        open_store(tmp_path, wait_s=0.0)
    assert code(failed) == "store-busy"
    first.close()
    open_store(tmp_path, wait_s=0.0).release()


def test_failed_start_lets_go_of_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that fails halfway does not keep the next one out."""
    prepared(tmp_path)
    (tmp_path / "blobs").rmdir()
    (tmp_path / "blobs").write_text("in the way")
    with pytest.raises(ProblemError) as failed:
        open_bare(tmp_path)
    assert code(failed) == "store-failed"
    open_store(tmp_path, wait_s=0.0).release()


def test_foreign_file(tmp_path: Path) -> None:
    """Another program's database is kept under another name, and told of."""
    with closing(sqlite3.connect(tmp_path / STORE)) as db:
        db.execute("CREATE TABLE theirs (x)")
    rows, reason = reopened(tmp_path)
    assert (rows, reason) == ([], "it is another program's database")
    with closing(sqlite3.connect(asides(tmp_path)[0])) as db:
        assert db.execute("SELECT count(*) FROM theirs").fetchone() == (0,)


def test_later_shape(tmp_path: Path) -> None:
    """A store of a later version is not guessed at."""
    with closing(sqlite3.connect(prepared(tmp_path))) as db:
        db.execute(f"PRAGMA user_version = {database.SHAPE + 1}")
    rows, reason = reopened(tmp_path)
    assert rows == []
    assert reason
    assert "later version" in reason
    assert len(asides(tmp_path)) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda size: b"\0" * size, id="filled_with_nul"),
        pytest.param(lambda size: b"SQLite format 3\0" + os.urandom(size - 16), id="corrupt_header"),
        pytest.param(lambda _: b"hello", id="not_a_database"),
    ],
)
def test_file_destroyed(tmp_path: Path, spoil: object) -> None:
    """What a power cut leaves on bad flash is set aside, and the agent goes on with a new epoch."""
    with opened(tmp_path) as store:
        epoch = store.epoch
    path = prepared(tmp_path)
    assert callable(spoil)
    path.write_bytes(spoil(path.stat().st_size))
    with opened(tmp_path) as store:
        assert store.set_aside is not None
        assert store.set_aside.code == "store-foreign"
        assert store.epoch != epoch
    assert len(asides(tmp_path)) == 1


@pytest.mark.parametrize("table", ["meta", "lanes", "outbox"])
def test_table_missing(tmp_path: Path, table: str) -> None:
    """A store that lacks a table of its shape is not usable, whatever its header says."""
    with closing(sqlite3.connect(prepared(tmp_path))) as db:
        db.execute(f"DROP TABLE {table}")
    rows, reason = reopened(tmp_path)
    assert rows == []
    assert reason


def test_epoch_missing(tmp_path: Path) -> None:
    """Without its epoch a store cannot name its rows."""
    with closing(sqlite3.connect(prepared(tmp_path))) as db, db:
        db.execute("DELETE FROM meta WHERE key = 'epoch'")
    assert reopened(tmp_path)[1] == "its epoch is missing"


def test_empty_file_is_a_new_store(tmp_path: Path) -> None:
    """A file that was created and never written is where a first start was cut short."""
    (tmp_path / STORE).touch()
    assert reopened(tmp_path) == ([], None)


def spoil_pages_in_the_middle(path: Path) -> None:
    """Overwrite the pages of rows, but not those that a start looks at."""
    with path.open("r+b") as file:
        for page in range(12, path.stat().st_size // PAGE - 6):
            file.seek(page * PAGE)
            file.write(b"\xff" * PAGE)


def test_page_damaged_in_the_middle_is_met_by_a_reader(tmp_path: Path) -> None:
    """Damage no start looks for is named when it is read, leaves a mark, and the next start sets the store aside."""
    spoil_pages_in_the_middle(prepared(tmp_path))
    with opened(tmp_path) as store:
        assert store.set_aside is None
        with pytest.raises(ProblemError) as failed:
            seqs(store, Lane.RECORD)
        assert code(failed) == "store-failed"
    assert (tmp_path / SUSPECT).exists()
    assert reopened(tmp_path)[1]
    assert not (tmp_path / SUSPECT).exists()
    assert reopened(tmp_path) == ([], None)


def test_suspicion_without_reason_is_dropped(tmp_path: Path) -> None:
    """A store that was suspected and proves whole is used, and the mark is gone."""
    prepared(tmp_path, rows=3)
    (tmp_path / SUSPECT).touch()
    assert reopened(tmp_path) == ([1, 2, 3], None)
    assert not (tmp_path / SUSPECT).exists()


def test_locked_by_a_technician_is_not_condemned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks into the file with a tool of his own may hold it: that is said, and nothing is set aside."""
    monkeypatch.setattr(database, "_BUSY_TIMEOUT_S", 0.01)
    with closing(sqlite3.connect(prepared(tmp_path, rows=3), isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        db.execute("UPDATE meta SET value = value")
        with pytest.raises(ProblemError) as failed:
            open_store(tmp_path, 0.0)
        assert code(failed) == "store-failed"
        db.execute("ROLLBACK")
    assert asides(tmp_path) == []
    assert reopened(tmp_path) == ([1, 2, 3], None)


def test_migration_killed(tmp_path: Path) -> None:
    """A first start that is cut short at any statement leaves something the next start can finish."""
    script = (
        "import os, sys\n"
        "from sqlite_utils import Database\n"
        "from edge.durable import migrations\n"
        "class Dying(Database):\n"
        "    left = int(sys.argv[2])\n"
        "    def execute(self, *args):\n"
        "        Dying.left -= 1\n"
        "        if Dying.left < 0: os._exit(9)\n"
        "        return super().execute(*args)\n"
        "migrations.Database = Dying\n"
        "migrations.migrate(sys.argv[1])\n"
    )
    for statements in (1, 2, 4, 9, 14):
        folder = tmp_path / str(statements)
        folder.mkdir()
        command = [sys.executable, "-c", script, str(folder / STORE), str(statements)]
        assert subprocess.run(command, check=False).returncode == 9
        assert reopened(folder) == ([], None)


def test_migration_impossible(tmp_path: Path) -> None:
    """A store that cannot be made says so with the words of whoever failed."""
    (tmp_path / STORE).mkdir()
    with pytest.raises(ProblemError) as failed:
        open_store(tmp_path, 0.0)
    assert code(failed) == "store-failed"


def test_read_only_connection(tmp_path: Path) -> None:
    """A connection to look with cannot write."""
    with closing(connect(prepared(tmp_path), read_only=True)) as db, pytest.raises(sqlite3.OperationalError):
        db.execute("DELETE FROM outbox")
