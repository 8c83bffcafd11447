# SPDX-License-Identifier: Apache-2.0
"""The one thread that writes: it gathers what waits, commits it at once, and only then tells the callers.

Group commit without a timer: while one fsync runs, the next group gathers by itself, so a lone caller never waits for
company and a crowd shares one fsync. Only work that nobody waits for is kept back a moment, to spare flash. What must
always be true here: nobody hears of success before the fsync that holds his work; what was committed is never done
again; nobody waits for a thread that is dead.
"""

import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable.ballast import Ballast
from edge.durable.database import connect, problem_of
from edge.durable.gaps import ReadMark
from edge.durable.transaction import Transaction, read_accounts

MAX_GROUP = 4096
"""Jobs in one commit at most: bounds memory and the time any one caller waits."""

PATIENCE_S = 1.2
"""A little more than the second in which most devices have something to say again."""

_PAGES_AT_ONCE = 512
"""Free pages given back at once (2 MiB): they pass through the write-ahead log first."""

ITS_OWN_FAULT = (sqlite3.Error, OSError, ProblemError, ValueError, TypeError, ArithmeticError, LookupError)
"""What work may raise because of what it was given: its caller alone hears of it. All else ends the thread."""

Work = Callable[[Transaction], object]
"""Something to do inside a commit; what it returns is the caller's answer."""


class Promise(Protocol):
    """Where an answer goes: an asyncio or a concurrent future."""

    def set_result(self, result: object, /) -> None:
        """Keep the promise."""

    def set_exception(self, exception: BaseException, /) -> None:
        """Break it."""

    def cancelled(self) -> bool:
        """Whether nobody waits any more."""
        ...


HandOver = Callable[[Callable[[], None]], object]
"""How the writer reaches the callers' thread: `loop.call_soon_threadsafe`, or a plain call."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work, and whom to tell. `frees` is said of work that makes room, and may use the ballast for it.

    `patient` is said of work that nobody waits for: it shares the next commit, or has its own after `PATIENCE_S`.
    """

    work: Work
    promise: Promise
    frees: bool = False
    patient: bool = False


class Writer:
    """Owner of the only connection that writes."""

    def __init__(self, path: Path, boot: int, hand_over: HandOver, ballast: Ballast) -> None:
        """Read the accounts as committed; nothing runs before `start`."""
        self.path = path
        self._db = connect(path)
        self._boot = boot
        self._hand_over = hand_over
        self._ballast = ballast
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._open: list[Job] = []
        self._ended = threading.Lock()
        self._dead: ProblemError | None = None
        self.accounts = read_accounts(self._db)
        self.mark = ReadMark(self.accounts[Lane.RECORD].last_seq)
        self.on_shed: Callable[[Lane, int, int], None] = _nobody_asks

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job; its promise is kept after the commit that holds it, or broken if there will be none."""
        with self._ended:
            if self._dead is None:
                self._jobs.put(job)
                return
        self._hand_over(_telling([(job.promise, self._dead)]))

    def close(self) -> None:
        """Finish what is queued, then let go of the file."""
        self._jobs.put(None)
        self._thread.join()
        self._db.close()

    def _run(self) -> None:
        try:
            self._write()
        except BaseException as failed:
            self._end(f"its writer died of {type(failed).__name__}: {failed}")
            raise
        self._end("it is closed")

    def _write(self) -> None:
        closing = False
        while not closing:
            self._open, closing = self._gather()
            if self._open:
                admitted, refused = self._admit(self._open)
                told = refused + (self._commit_group(admitted) if admitted else [])
                self._open = []
                self._hand_over(_telling(told))

    def _end(self, reason: str) -> None:
        """Break every promise that can no longer be kept: a caller that waits for ever is worse than one that fails."""
        with self._ended:
            self._dead = ProblemError("store-failed", path=str(self.path), reason=reason)
            while not self._jobs.empty():
                job = self._jobs.get_nowait()
                self._open += [job] if job else []
        if self._open:
            self._hand_over(_telling([(job.promise, self._dead) for job in self._open]))

    def _gather(self) -> tuple[list[Job], bool]:
        group: list[Job] = []
        job = self._jobs.get()
        until_s, hurried = time.monotonic() + PATIENCE_S, False
        while job is not None:
            group.append(job)
            if len(group) >= MAX_GROUP:
                return group, False
            hurried = hurried or not job.patient or not self._ballast.whole
            wait_s = 0.0 if hurried else max(0.0, until_s - time.monotonic())
            try:
                job = self._jobs.get(timeout=wait_s) if wait_s else self._jobs.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _admit(self, group: list[Job]) -> tuple[list[Job], list[tuple[Promise, object]]]:
        """Without ballast, what room is left belongs to work that frees some, as long as there is any to free."""
        if not self._ballast.whole:
            self._regain_room()
        if self._ballast.whole or not any(account.rows for account in self.accounts.values()):
            return group, []
        full = ProblemError("disk-full", path=str(self.path))
        return [job for job in group if job.frees], [(job.promise, full) for job in group if not job.frees]

    def _regain_room(self) -> None:
        """Give free pages back to the disk, a little at a time, until the ballast fits again."""
        with contextlib.suppress(sqlite3.Error):
            # `execute` would stop after the first page.
            self._db.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")
            # Not TRUNCATE: the blocks of the log are ours, and with them deleting needs no others.
            self._db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        self._ballast.restore()

    def _commit_group(self, group: list[Job]) -> list[tuple[Promise, object]]:
        """Commit all in one; if that fails, by halves, so that only whose fault it is hears of it."""
        try:
            answers = self._commit([job.work for job in group])
            return [(job.promise, answer) for job, answer in zip(group, answers, strict=True)]
        except ITS_OWN_FAULT as failed:
            if len(group) == 1:
                named = self._named(failed)
                if group[0].frees and _is_full(named) and self._ballast.give_up():
                    return self._commit_group(group)
                return [(group[0].promise, named)]
        half = len(group) // 2
        return self._commit_group(group[:half]) + self._commit_group(group[half:])

    def _commit(self, works: list[Work]) -> list[object]:
        with ExitStack() as until_end:
            txn, answers = self._commit_within(works, until_end)
        for act in txn.after_commit:
            # It is committed: a file that cannot be removed stays for the sweep at the next start.
            with contextlib.suppress(OSError):
                act()
        if txn.gone:
            self._hand_over(partial(_tell_gone, self.on_shed, txn.gone))
        return answers

    def _commit_within(self, works: list[Work], until_end: ExitStack) -> tuple[Transaction, list[object]]:
        before = self.accounts
        accounts = {lane: copy(account) for lane, account in before.items()}
        txn = Transaction(self._db, accounts, self._boot, self.mark, until_end)
        try:
            self._db.execute("BEGIN IMMEDIATE")
            answers = [work(txn) for work in works]
            txn.seal(before)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self.accounts = txn.accounts
        return txn, answers

    def _named(self, failed: Exception) -> Exception:
        return problem_of(self.path, failed) if isinstance(failed, (sqlite3.Error, OSError)) else failed


def _is_full(named: Exception) -> bool:
    return isinstance(named, ProblemError) and named.problem.code == "disk-full"


def _nobody_asks(_lane: Lane, _first: int, _last: int) -> None:
    """Until somebody wants to know of what was shed."""


def _tell_gone(tell: Callable[[Lane, int, int], None], gone: list[tuple[Lane, int, int]]) -> None:
    for lane, first, last in gone:
        tell(lane, first, last)


def _telling(answers: list[tuple[Promise, object]]) -> Callable[[], None]:
    def tell() -> None:
        for promise, answer in answers:
            if promise.cancelled():
                continue
            if isinstance(answer, Exception):
                promise.set_exception(answer)
            else:
                promise.set_result(answer)

    return tell
