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
from concurrent.futures import Future
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable.ballast import Ballast
from edge.durable.blobs import BlobStore
from edge.durable.blocks import DISK_FAILED, Blocks
from edge.durable.database import connect, problem_of
from edge.durable.gaps import ReadMark
from edge.durable.housekeeper import Housekeeper, Limits
from edge.durable.room import Room
from edge.durable.shedding import Shedder
from edge.durable.transaction import Transaction, read_accounts

MAX_GROUP = 4096
"""Jobs in one commit at most: bounds memory and the time any one caller waits."""

PATIENCE_S = 1.2
"""A little more than the second in which most devices have something to say again."""

_RELIEFS = 4
"""Pieces given up at most for one group that meets a disk without room: when they do not help, no more will."""

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


class OverCapError(ProblemError):
    """What a group adds does not fit under the cap."""


@dataclass(frozen=True, slots=True)
class Premises:
    """Where a writer writes: the file, the blobs beside it, and the room for both. It sheds if there are `limits`."""

    path: Path
    blobs: BlobStore
    room: Room
    ballast: Ballast
    limits: Limits | None = None


class Writer:
    """Owner of the only connection that writes."""

    def __init__(self, premises: Premises, boot: int, hand_over: HandOver) -> None:
        """Read the accounts as committed; nothing runs before `start`."""
        self.path = premises.path
        self._db = connect(premises.path)
        self._boot = boot
        self._hand_over = hand_over
        self._ballast = premises.ballast
        self._room = premises.room
        limits = premises.limits
        shedder = Shedder(limits.quota, premises.room, premises.blobs) if limits else None
        self.blocks = Blocks(self._db, premises.path)
        self._house = Housekeeper(self._db, self.blocks, premises.room, premises.ballast, shedder, limits)
        self._reliefs = _RELIEFS
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
        self._room.ask = self._make_room
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
                self._reliefs = _RELIEFS
                told = self._settle(self._open)
                self._open = []
                self._hand_over(_telling(told))
                self._house.expire(self._alone)

    def _settle(self, group: list[Job]) -> list[tuple[Promise, object]]:
        """Commit all that may be, in as many transactions as keep the log short; room is made before each."""
        told: list[tuple[Promise, object]] = []
        while group:
            admitted, refused = self._admit(group)
            done = self._commit_some(admitted) if admitted else []
            told += refused + done
            group = admitted[len(done) :]
        return told

    def _make_room(self) -> None:
        """Somebody waits for room: a turn of the writer makes it, with or without work."""
        self.submit(Job(_nothing, Future(), frees=True))

    def _end(self, reason: str) -> None:
        """Break every promise that can no longer be kept: a caller that waits for ever is worse than one that fails."""
        with self._ended:
            self._dead = ProblemError("store-failed", path=str(self.path), reason=reason)
            while not self._jobs.empty():
                job = self._jobs.get_nowait()
                self._open += [job] if job else []
        if self._open:
            self._hand_over(_telling([(job.promise, self._dead) for job in self._open]))
        self._room.served(self._room.wanted()[1])

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
        """Without ballast, what room is left belongs to work that frees some, as long as there is any to free.

        A store that sheds makes its room itself, and goes on.
        """
        if not self._ballast.whole:
            self._house.regain_ballast()
        goes_on = self._prepared()
        empty = not any(account.rows for account in self.accounts.values())
        if goes_on and (self._ballast.whole or empty or self._house.sheds):
            return group, []
        full = ProblemError("disk-full", path=str(self.path))
        stands_still = self._house.stands_still
        admitted = [job for job in group if job.frees and not stands_still]
        return admitted, [(job.promise, full) for job in group if stands_still or not job.frees]

    def _prepared(self) -> bool:
        try:
            return self._house.prepare(self._alone)
        except (sqlite3.Error, OSError):
            # Whoever wants to write is about to hear what is wrong with the disk.
            return True

    def _commit_some(self, group: list[Job]) -> list[tuple[Promise, object]]:
        """Commit the first of them in one; if that fails, half as many, so that only whose fault it is hears of it."""
        if not self.blocks.trusted():
            failing = ProblemError("store-failed", path=str(self.path), reason=DISK_FAILED)
            return [(job.promise, failing) for job in group]
        try:
            answers = self._commit([job.work for job in group])
            self._reliefs = _RELIEFS
            return [(job.promise, answer) for job, answer in zip(group, answers, strict=False)]
        except ITS_OWN_FAULT as failed:
            named = self._named(failed)
            if _is_full(named) and self._relieved(failed):
                return self._commit_some(group)
            if len(group) == 1:
                if group[0].frees and _is_full(named) and self._house.give_up_ballast():
                    return self._commit_some(group)
                return [(group[0].promise, named)]
        return self._commit_some(group[: len(group) // 2])

    def _relieved(self, failed: Exception) -> bool:
        """Whether something was given up, so that trying again makes sense."""
        if not self._reliefs or (isinstance(failed, ProblemError) and not isinstance(failed, OverCapError)):
            return False
        self._reliefs -= 1
        return self._house.relieve(self._alone, None if isinstance(failed, OverCapError) else "disk-full")

    def _alone(self, work: Work) -> object:
        """One thing in a commit of its own, which makes room and need not ask for any."""
        (answer,) = self._commit([work], asks=False)
        return answer

    def _commit(self, works: list[Work], *, asks: bool = True) -> list[object]:
        """Do the first of `works`, at least one, in one commit, and give their answers."""
        with ExitStack() as until_end:
            try:
                with self.blocks.used():
                    txn, answers = self._commit_within(works, until_end, asks=asks)
            finally:
                self._house.measure()
        for act in txn.after_commit:
            # It is committed: a file that cannot be removed stays for the sweep at the next start.
            with contextlib.suppress(OSError):
                act()
        if txn.gone:
            self._hand_over(partial(_tell_gone, self.on_shed, txn.gone))
        return answers

    def _commit_within(
        self, works: list[Work], until_end: ExitStack, *, asks: bool
    ) -> tuple[Transaction, list[object]]:
        before = self.accounts
        accounts = {lane: copy(account) for lane, account in before.items()}
        txn = Transaction(self._db, accounts, self._boot, self.mark, until_end)
        txn.keys_kept = min(txn.keys_kept, self._house.most_keys)
        answers: list[object] = []
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for work in works:
                answers.append(work(txn))
                if txn.weight >= self._room.group_bytes:
                    break
            if asks:
                self._check_room(txn)
            txn.seal(before)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self.accounts = txn.accounts
        return txn, answers

    def _check_room(self, txn: Transaction) -> None:
        txn.flush()
        if not self._house.fits(txn):
            raise OverCapError("disk-full", path=str(self.path))

    def _named(self, failed: Exception) -> Exception:
        return problem_of(self.path, failed) if isinstance(failed, (sqlite3.Error, OSError)) else failed


def _is_full(named: Exception) -> bool:
    return isinstance(named, ProblemError) and named.problem.code == "disk-full"


def _nothing(_: Transaction) -> None:
    """No work: its turn is what is wanted."""


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
