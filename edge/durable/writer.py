# SPDX-License-Identifier: Apache-2.0
"""The one thread that writes: it gathers what waits, commits it at once, and only then tells the callers.

Group commit without a timer: while one fsync runs, the next group gathers by itself, so a lone caller never waits for
company and a crowd shares one fsync. What must always be true here: nobody hears of success before the fsync that
holds his work.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.contract.problems import ProblemError
from edge.durable.database import connect, problem_of
from edge.durable.transaction import Transaction, read_accounts

MAX_GROUP = 4096
"""Jobs in one commit at most: bounds memory and the time any one caller waits."""

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
    """Work, and whom to tell."""

    work: Work
    promise: Promise


class Writer:
    """Owner of the only connection that writes."""

    def __init__(self, path: Path, boot: int, hand_over: HandOver) -> None:
        """Read the accounts as committed; nothing runs before `start`."""
        self.path = path
        self._db = connect(path)
        self._boot = boot
        self._hand_over = hand_over
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self.accounts = read_accounts(self._db)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job; its promise is kept after the commit that holds it."""
        self._jobs.put(job)

    def close(self) -> None:
        """Finish what is queued, then let go of the file."""
        self._jobs.put(None)
        self._thread.join()
        self._db.close()

    def _run(self) -> None:
        closing = False
        while not closing:
            group, closing = self._gather()
            if group:
                self._hand_over(_telling(self._commit_group(group)))

    def _gather(self) -> tuple[list[Job], bool]:
        group: list[Job] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if len(group) >= MAX_GROUP:
                return group, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit_group(self, group: list[Job]) -> list[tuple[Promise, object]]:
        """Commit all in one; if that fails, each on its own, so that only whose fault it is hears of it."""
        try:
            answers = self._commit([job.work for job in group])
            return [(job.promise, answer) for job, answer in zip(group, answers, strict=True)]
        except (sqlite3.Error, OSError, ProblemError) as failed:
            if len(group) == 1:
                return [(group[0].promise, self._named(failed))]
        return [told for job in group for told in self._commit_group([job])]

    def _commit(self, works: list[Work]) -> list[object]:
        before = self.accounts
        txn = Transaction(self._db, {lane: copy(account) for lane, account in before.items()}, self._boot)
        self._db.execute("BEGIN IMMEDIATE")
        try:
            answers = [work(txn) for work in works]
            txn.seal(before)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self.accounts = txn.accounts
        for act in txn.after_commit:
            act()
        return answers

    def _named(self, failed: Exception) -> Exception:
        return problem_of(self.path, failed) if isinstance(failed, (sqlite3.Error, OSError)) else failed


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
