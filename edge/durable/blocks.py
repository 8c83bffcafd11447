# SPDX-License-Identifier: Apache-2.0
"""What a disk's error makes doubtful: blocks that failed once are not written again but given back for others.

Measured on ext4 as it is mounted by default (tests/faults/failing_disk): a block that fails when it is written for the
first time stays marked as never written. Writing it again succeeds, fsync succeeds, and after a power cut it holds
zeros. Only a block that the file gets anew can be trusted (docs/decisions/0017). What must always be true here: nothing
is committed to a log that met an error before the log was begun on other blocks; the database keeps no block of a
checkpoint that failed; and no checkpoint is made whose end is not known, so SQLite makes none by itself.
"""

import contextlib
import errno
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

DISK_FAILED: Final = "the disk failed, and does not yet take anew what it failed to keep"
Checkpoint = Literal["RESTART", "TRUNCATE"]
_NOT_KEPT: Final = frozenset(
    {"SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC", "SQLITE_IOERR_TRUNCATE"}
)
_FRAMES_AT: Final = 16
"""Where the file beside the log says how many pages the log holds (sqlite.org/walformat.html, mxFrame)."""


class Blocks:
    """Of one database and its log. Lives on the writer's thread and uses its connection, which alone checkpoints."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        """Trust what is there."""
        self.log_pages = 1000
        """The log is carried into the database when it holds so many."""
        self._db = db
        self._path = path
        self._end: int | None = None
        """Where the database ended before a checkpoint that failed, until what it added is given back."""
        self._trusted = True
        db.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
        db.execute("SELECT 1 FROM sqlite_master").fetchall()
        # Not closed before the connections are: that would let go of their locks.
        self._index = os.open(path.with_name(f"{path.name}-shm"), os.O_RDONLY | os.O_CLOEXEC)

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Around a commit. Raises `OSError` where none may be made, and remembers if the disk fails this one."""
        if not self.trusted():
            raise OSError(errno.EIO, DISK_FAILED)
        try:
            yield
        except sqlite3.Error as failed:
            self._heed(failed)
            raise
        if self._frames() >= self.log_pages:
            self._carry("PASSIVE")

    def checkpoint(self, how: Checkpoint) -> bool:
        """Carry all of the log into the database, and begin it anew. False if a reader or the disk was in the way."""
        # Two steps: an error of the first means that nothing counts as carried, one of the second that all of it does.
        if not self._carry("FULL"):
            return False
        try:
            return not self._ask(how)
        except sqlite3.Error as failed:
            self._heed(failed)
            return False

    def trusted(self) -> bool:
        """Whether a commit may be made. After an error only once the log was emptied and begins on other blocks."""
        if not self._trusted:
            self._trusted = self.checkpoint("TRUNCATE")
        return self._trusted

    def close(self) -> None:
        """When no connection is open any more."""
        os.close(self._index)

    def _carry(self, how: Literal["PASSIVE", "FULL"]) -> bool:
        try:
            self._give_back()
            end = self._path.stat().st_size
        except OSError:
            return False
        try:
            return not self._ask(how)
        except sqlite3.Error as failed:
            if is_disk_error(failed):
                self._trusted = False
                self._end = end
                with contextlib.suppress(OSError):
                    self._give_back()
            return False

    def _give_back(self) -> None:
        """What a failed checkpoint added. All of it is in the log still, and readers take it from there."""
        if self._end is not None:
            if self._path.stat().st_size > self._end:
                os.truncate(self._path, self._end)
            self._end = None

    def _ask(self, how: str) -> bool:
        ((busy, _, _),) = self._db.execute(f"PRAGMA wal_checkpoint({how})").fetchall()
        return bool(busy)

    def _heed(self, failed: sqlite3.Error) -> None:
        if is_disk_error(failed):
            self._trusted = False

    def _frames(self) -> int:
        return int.from_bytes(os.pread(self._index, 4, _FRAMES_AT), sys.byteorder)


def is_disk_error(failed: sqlite3.Error) -> bool:
    """Whether the disk failed to keep what SQLite wrote. For want of room, or of a lock, it was not even written."""
    return getattr(failed, "sqlite_errorname", None) in _NOT_KEPT
