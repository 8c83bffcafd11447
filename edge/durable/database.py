# SPDX-License-Identifier: Apache-2.0
"""Opening the one SQLite file: lock, shape, and what to do with a file that is not ours or is broken.

What must always be true here: a store is never replaced in silence. What cannot be used is renamed, kept, and told.
"""

import contextlib
import errno
import fcntl
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.contract.problems import Problem, ProblemError
from edge.disk import synced
from edge.durable.ballast import Ballast

SHAPE = 3
"""`user_version` of the newest migration."""
APPLICATION_ID = 0x44544547
"""'DTEG' in SQLite's header: tells our file from somebody else's."""
STORE = "store.db"
SUSPECT = "store.suspect"
"""Left by an agent that met corruption: the next start checks the whole file before it trusts it."""
_LOCK = "store.lock"
_TURN = "store.turn"
"""Held while waiting for the lock and let go with it: programs that come and go cannot keep the agent out for ever."""
_BUSY_TIMEOUT_S = 5.0
_CORRUPT = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_UNUSABLE = (*_CORRUPT, "SQLITE_ERROR")
"""Said of a file's content. All else (locked, no room, not readable) is said of the moment and condemns no file."""
_FULL = frozenset({"SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"})
"""The second is how a full disk shows where the file beside the store that readers share cannot grow."""


@dataclass(frozen=True, slots=True)
class OpenStore:
    """A store that may be used: its path, the lock that makes it ours, and what had to be set aside."""

    path: Path
    lock_fd: int
    set_aside: Problem | None = None

    def release(self) -> None:
        """Let another process have it."""
        os.close(self.lock_fd)


def open_store(folder: Path, wait_s: float = 10.0) -> OpenStore:
    """Lock and prepare the store in `folder`. Raises `ProblemError` store-busy, disk-full or store-failed."""
    path = folder / STORE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock_fd = _lock(folder, wait_s)
    except OSError as failed:
        raise problem_of(path, failed) from failed
    try:
        try:
            aside = _prepare(path)
        except ProblemError as failed:
            if failed.problem.code != "disk-full" or not Ballast(folder, 0).give_up():
                raise
            aside = _prepare(path)
    except BaseException:
        os.close(lock_fd)
        raise
    return OpenStore(path, lock_fd, aside)


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection tuned for promises kept on flash: WAL, every commit fsynced, small caches."""
    db = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA cache_size = -1024")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA journal_size_limit = 4194304")
        # Debian's default overwrites what is deleted: twice the wear, and on a full disk no room to do it.
        db.execute("PRAGMA secure_delete = FAST").fetchall()
        if read_only:
            db.execute("PRAGMA query_only = 1")
    except sqlite3.Error:
        db.close()
        raise
    return db


def problem_of(path: Path, failed: sqlite3.Error | OSError) -> ProblemError:
    """Name what SQLite or the file system said. Corruption also leaves the mark for the next start."""
    name = _sqlite_name(failed)
    if name in _FULL or getattr(failed, "errno", None) in {errno.ENOSPC, errno.EDQUOT}:
        return ProblemError("disk-full", path=str(path))
    if name.startswith(_CORRUPT):
        # Where even the mark cannot be left, the next start meets the corruption by itself.
        with contextlib.suppress(OSError):
            path.with_name(SUSPECT).touch()
    return ProblemError("store-failed", path=str(path), reason=str(failed))


def _lock(folder: Path, wait_s: float) -> int:
    until = time.monotonic() + wait_s
    turn_fd = _flock(folder, _TURN, until)
    try:
        return _flock(folder, _LOCK, until)
    finally:
        os.close(turn_fd)


def _flock(folder: Path, name: str, until: float) -> int:
    lock_fd = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while True:
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                os.close(lock_fd)
                raise ProblemError("store-busy", path=str(folder / STORE)) from None
            time.sleep(0.05)
        else:
            return lock_fd


def _prepare(path: Path) -> Problem | None:
    try:
        aside = _set_aside_if_unusable(path)
        if _shape_of(path) < SHAPE:
            _migrate(path)
    except (sqlite3.Error, OSError) as failed:
        raise problem_of(path, failed) from failed
    return aside


def _set_aside_if_unusable(path: Path) -> Problem | None:
    if not path.exists():
        return None
    reason = _why_unusable(path)
    suspect = path.with_name(SUSPECT)
    if reason is None:
        suspect.unlink(missing_ok=True)
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"store-{stamp}.aside.db")
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    suspect.unlink(missing_ok=True)
    synced(path.parent)
    return Problem(code="store-foreign", detail={"path": str(path), "aside": str(aside), "reason": reason})


def _why_unusable(path: Path) -> str | None:
    """Cheap at every start; the whole file is read only after an agent met corruption in it."""
    try:
        db = connect(path)
    except sqlite3.Error as failed:
        return _condemned(failed)
    try:
        (app,) = db.execute("PRAGMA application_id").fetchone()
        (shape,) = db.execute("PRAGMA user_version").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and app != APPLICATION_ID:
            return "it is another program's database"
        if shape > SHAPE:
            return f"it was written by a later version (shape {shape}, this one knows {SHAPE})"
        if shape:
            db.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0]
            db.execute("SELECT count(*) FROM lanes").fetchone()
            db.execute("SELECT max(place) FROM outbox").fetchone()
        if path.with_name(SUSPECT).exists():
            (verdict,) = db.execute("PRAGMA integrity_check(1)").fetchone()
            return None if verdict == "ok" else str(verdict)
    except TypeError:
        return "its epoch is missing"
    except sqlite3.Error as failed:
        return _condemned(failed)
    finally:
        db.close()
    return None


def _condemned(failed: sqlite3.Error) -> str:
    """Why the file is of no use. Raises what says nothing about the file again."""
    if not _sqlite_name(failed).startswith(_UNUSABLE):
        raise failed
    return str(failed)


def _sqlite_name(failed: Exception) -> str:
    return getattr(failed, "sqlite_errorname", None) or ""


def _shape_of(path: Path) -> int:
    if not path.exists() or path.stat().st_size == 0:
        return 0
    db = connect(path)
    try:
        (shape,) = db.execute("PRAGMA user_version").fetchone()
    finally:
        db.close()
    return int(shape)


def _migrate(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "edge.durable.migrations", str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        if "disk is full" in last[0]:
            raise ProblemError("disk-full", path=str(path))
        raise ProblemError("store-failed", path=str(path), reason=last[0])
    synced(path.parent)
