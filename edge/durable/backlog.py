# SPDX-License-Identifier: Apache-2.0
"""The store read beside whoever has it, or after he died: what waits for the hub, and nothing is ever written.

Reads are short and stand by themselves. One that lasted as long as a copy to a slow stick would keep the log of a
running agent from being checkpointed, and the disk would fill with it.
"""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from edge.contract.problems import ProblemError
from edge.contract.words import ClockQuality, Lane
from edge.durable.blobs import BlobStore
from edge.durable.database import APPLICATION_ID, SHAPE, STORE, problem_of
from edge.durable.rows import SEQ_BITS, LaneAccount, Row, place_number
from edge.durable.transaction import read_accounts

_PATIENCE_S = 5.0
_ALL = (1 << SEQ_BITS) - 1
_BLOCK_BYTES = 512
_LOCK = "store.lock"
_SHAPE_WITH_OFFSETS = 2


@dataclass(frozen=True, slots=True)
class Waiting:
    """One lane at one instant. `oldest_us` is none where nothing waits, or its clock was not set."""

    account: LaneAccount
    oldest_us: int | None
    blob_bytes: int = 0


class Backlog:
    """The rows of one store that the hub has not acknowledged."""

    def __init__(self, folder: Path) -> None:
        """Look into the store in `folder`. Raises `ProblemError` outbox-missing, outbox-unreadable or store-failed."""
        self._folder = folder
        self._path = folder / STORE
        self._bounds: dict[Lane, int] = {}
        if not self._path.exists():
            raise ProblemError("outbox-missing", path=str(self._path))
        with self._reading():
            self._db = sqlite3.connect(
                f"file:{quote(str(self._path))}?mode=ro", uri=True, timeout=_PATIENCE_S, isolation_level=None
            )
        try:
            with self._reading():
                self._check()
                self.epoch = str(self._db.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0])
                self.blobs = BlobStore(folder / "blobs")
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextlib.contextmanager
    def moment(self) -> Generator[None, None, None]:
        """All that is read inside is of one instant. Keep it short."""
        with self._reading():
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

    def accounts(self) -> dict[Lane, LaneAccount]:
        """Lane totals as of the last commit."""
        with self._reading():
            return read_accounts(self._db)

    def waiting(self) -> dict[Lane, Waiting]:
        """Every lane, all at the same instant."""
        with self.moment():
            found = self.accounts()
            return {lane: self._waiting(lane, found[lane]) for lane in Lane}

    def bound(self, lane: Lane, through: int) -> None:
        """From now on `rows` gives none beyond `through`."""
        self._bounds[lane] = through

    def settled_if_alone(self) -> int | None:
        """How far lane record will stay as it is, if no agent has the store now; if one has, only it can say.

        An agent widens what its newest rows tell of given-up ranges, but leaves alone what it finds when it starts.
        """
        with self._reading(), self._alone() as alone:
            return self.accounts()[Lane.RECORD].last_seq if alone else None

    def offset_us(self, boot: int) -> int | None:
        """What right time was ahead of uptime when that agent ran; None if it is not known."""
        if self._shape < _SHAPE_WITH_OFFSETS:
            return None
        with self._reading():
            found = self._db.execute("SELECT offset_us FROM boots WHERE boot = ?", (boot,)).fetchone()
        return found[0] if found else None

    def expected(self, boot: int) -> bool:  # noqa: ARG002  (the shape of link's `Times`)
        """Nobody will tell it to a reader."""
        return False

    def rows(self, lane: Lane, after: int, limit: int) -> Generator[Row, None, None]:
        """Committed rows of a lane behind `after`, in order, read as they are taken: close it when done early."""
        through = self._bounds.get(lane, _ALL - 1)
        with self._reading():
            found = self._db.execute(
                "SELECT place & ?, time_us, uptime_ms, clock, body, boot FROM outbox WHERE place > ? AND place <= ?"
                " ORDER BY place LIMIT ?",
                (_ALL, place_number(lane, after), place_number(lane, through), limit),
            )
            with contextlib.closing(found):
                yield from map(Row._make, found)

    def count(self, lane: Lane, first: int, last: int) -> int:
        """How many of the rows `first`…`last` are there."""
        with self._reading():
            found = self._db.execute(
                "SELECT count(*) FROM outbox WHERE place BETWEEN ? AND ?",
                (place_number(lane, first), place_number(lane, last)),
            )
            return int(found.fetchone()[0])

    def disk_bytes(self) -> int:
        """What database, log and blobs take on the disk."""
        return sum(map(_taken, (self._path, self._path.with_name(f"{STORE}-wal")))) + _taken_below(
            self._folder / "blobs"
        )

    def _waiting(self, lane: Lane, account: LaneAccount) -> Waiting:
        row = next(self.rows(lane, 0, 1), None)
        dated = row is not None and row.clock != ClockQuality.UNSET
        return Waiting(account, row.time_us if row and dated else None, self._blob_bytes() if lane is Lane.BLOB else 0)

    def _blob_bytes(self) -> int:
        return int(self._db.execute("SELECT coalesce(sum(size), 0) FROM blobs").fetchone()[0])

    def _check(self) -> None:
        (app,) = self._db.execute("PRAGMA application_id").fetchone()
        (shape,) = self._db.execute("PRAGMA user_version").fetchone()
        self._shape = int(shape)
        if app != APPLICATION_ID:
            raise ProblemError("outbox-unreadable", path=str(self._path), reason="it is another program's database")
        if not 0 < shape <= SHAPE:
            known = f"its shape is {shape}, this version knows 1 to {SHAPE}"
            raise ProblemError("outbox-unreadable", path=str(self._path), reason=known)

    @contextlib.contextmanager
    def _alone(self) -> Generator[bool, None, None]:
        lock_fd = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        alone = True
        try:
            try:
                fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                alone = False
            yield alone
        finally:
            os.close(lock_fd)

    @contextlib.contextmanager
    def _reading(self) -> Generator[None, None, None]:
        try:
            yield
        except sqlite3.DatabaseError as failed:
            if (failed.sqlite_errorname or "").startswith(("SQLITE_NOTADB", "SQLITE_CANTOPEN", "SQLITE_READONLY")):
                raise ProblemError("outbox-unreadable", path=str(self._path), reason=str(failed)) from failed
            raise problem_of(self._path, failed) from failed
        except OSError as failed:
            raise problem_of(self._path, failed) from failed


def _taken(path: Path) -> int:
    try:
        return path.stat().st_blocks * _BLOCK_BYTES
    except FileNotFoundError:
        return 0


def _taken_below(folder: Path) -> int:
    try:
        with os.scandir(folder) as files:
            return sum(_taken(Path(file.path)) for file in files)
    except FileNotFoundError:
        return 0
