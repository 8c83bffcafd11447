# SPDX-License-Identifier: Apache-2.0
"""An outbox in memory: the tables and transactions of the one on disk, without its thread, its files and its fsync.

What must always be true here: as on disk, work is committed whole or not at all, and patient work waits for company.
A simulated power cut takes what still waited, and nothing else.
"""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from copy import copy
from pathlib import Path

from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable.blobs import BlobStore
from edge.durable.database import STORE, problem_of
from edge.durable.rows import SEQ_BITS, Row, place_number
from edge.durable.transaction import Transaction, read_accounts
from edge.durable.writer import ITS_OWN_FAULT, PATIENCE_S, Work

_PAGE_BYTES = 1024
"""A quarter of SQLite's own choice: most tables of a simulated device hold nothing, and each takes a page."""
_ROWS = (
    "SELECT place & ?, time_us, uptime_ms, clock, body, boot FROM outbox"
    " WHERE place > ? AND place < ? ORDER BY place LIMIT ?"
)
_MASK = (1 << SEQ_BITS) - 1

Waiting = tuple[Work, "asyncio.Future[object]"]


class MemoryStore:
    """One device's outbox. `shape` is what `empty_store` gives; many devices share one blob folder."""

    def __init__(self, shape: bytes, epoch: str, blobs: BlobStore) -> None:
        """Empty, and named `epoch`."""
        self.epoch = epoch
        self.blobs = blobs
        self.boot = 0
        self._db = sqlite3.connect(":memory:", isolation_level=None, cached_statements=16)
        self._db.deserialize(shape)
        self.accounts = read_accounts(self._db)
        self._waiting: list[Waiting] = []
        self._timer: asyncio.TimerHandle | None = None
        self.power_on()

    def power_on(self) -> None:
        """Another boot."""
        self.boot += 1

    def power_off(self) -> None:
        """Forget what was not committed."""
        self._rest()
        for _, promise in self._waiting:
            promise.cancel()
        self._waiting.clear()

    def commit_soon(self, work: Work, *, frees: bool = False, patient: bool = False) -> "asyncio.Future[object]":  # noqa: ARG002  (no disk that could be full)
        """Do `work` in a commit; patient work shares the next one, or has its own after a while."""
        loop = asyncio.get_running_loop()
        promise: asyncio.Future[object] = loop.create_future()
        self._waiting.append((work, promise))
        if not patient:
            self._commit_waiting()
        elif self._timer is None:
            self._timer = loop.call_later(PATIENCE_S, self._commit_waiting)
        return promise

    def rows(self, lane: Lane, after: int, limit: int) -> Generator[Row, None, None]:
        """Committed rows of a lane behind `after`, in order, read as they are taken: close it when done early."""
        found = self._db.execute(_ROWS, (_MASK, place_number(lane, after), place_number(lane, _MASK), limit))
        with contextlib.closing(found):
            yield from map(Row._make, found)

    def close(self) -> None:
        """Let go of the memory."""
        self.power_off()
        self._db.close()

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _commit_waiting(self) -> None:
        self._rest()
        waiting, self._waiting = self._waiting, []
        try:
            answers = self._commit([work for work, _ in waiting])
        except ITS_OWN_FAULT as failed:
            for _, promise in waiting:
                if not promise.done():
                    promise.set_exception(failed)
            return
        for (_, promise), answer in zip(waiting, answers, strict=True):
            if not promise.done():
                promise.set_result(answer)

    def _commit(self, works: list[Work]) -> list[object]:
        before = self.accounts
        txn = Transaction(self._db, {lane: copy(account) for lane, account in before.items()}, self.boot)
        self._db.execute("BEGIN")
        try:
            answers = [work(txn) for work in works]
            txn.seal(before)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        self.accounts = txn.accounts
        for act in txn.after_commit:
            act()
        return answers


def new_store_file(folder: Path) -> Path:
    """An empty store of the newest shape in `folder`. Raises `ProblemError` store-failed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / STORE
    made = [sys.executable, "-P", "-m", "edge.durable.migrations", str(path)]
    done = subprocess.run(made, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise ProblemError("store-failed", path=str(path), reason=last[0])
    return path


def empty_store(file: Path) -> bytes:
    """The store in `file`, which is made ready for it, as bytes that become a store in memory."""
    try:
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
            # A store in memory has no log beside it, and a file that says it has one cannot be opened there.
            db.execute("PRAGMA journal_mode = DELETE").fetchall()
            db.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            db.execute("VACUUM")
            return db.serialize()
    except sqlite3.Error as failed:
        raise problem_of(file, failed) from failed
