# SPDX-License-Identifier: Apache-2.0
"""Writes into the outbox what the hub's word makes of its rows: forgotten, told lost, told again, skipped."""

import asyncio
from functools import partial
from typing import assert_never

from edge.contract.acks import Ack
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.core.clock import Clock, wall_us
from edge.durable.transaction import Transaction
from edge.link.outbox import Outbox
from edge.link.report import LinkReport
from edge.sync.actions import Forget, TellAgain, TellLost, Verdict
from edge.sync.session import Session

SMALL_ROWS = 64
"""Acknowledged rows that may wait for a commit to share; should the device die first, the hub sees them twice."""
SPENT = "spent_today"
"""Under this name the store remembers what a metered line has cost."""


class Clerk:
    """One device's clerk. What cannot be written is said again by the session when the hub asks again."""

    def __init__(self, store: Outbox, session: Session, clock: Clock, report: LinkReport) -> None:
        """Write into `store`, and tell `session` what came of it."""
        self._store = store
        self._session = session
        self._clock = clock
        self._report = report

    def carry_out(self, verdicts: list[Verdict], ack: Ack | None = None) -> None:
        """Not awaited: should the commit fail, the rows stay and go to the hub once more, which knows them."""
        blobs = ack.blobs if ack is not None else ()
        if not verdicts and not blobs:
            return
        told: list[int] = []
        work = partial(self._work, verdicts, told, ack)
        patient = not blobs and all(map(self._is_small, verdicts))
        done = self._store.commit_soon(work, frees=True, patient=patient)
        done.add_done_callback(partial(self._carried_out, verdicts, told))

    async def give_up_blob(self, sha256: str, seq: int) -> None:
        """A chunk's file is gone: what is left of the blob will never come."""
        now, unlink = self._clock.now(), self._store.blobs.unlink
        try:
            await self._store.commit_soon(lambda txn: txn.skip_blob(sha256, now, unlink, "blob-missing"), frees=True)
        except ProblemError as failed:
            # It cannot be told now: pass over the chunk, and meet it again on the next connection.
            self._report.problem = failed.problem
            self._session.nothing_there(Lane.BLOB, seq)
        self.rows_committed()

    async def recut_blob(self, sha256: str, chunk_bytes: int) -> None:
        """This broker takes no chunks as large as the blob's: queue it anew in smaller ones."""
        now = self._clock.now()
        try:
            await self._store.commit_soon(lambda txn: txn.recut_blob(sha256, chunk_bytes, now), frees=True)
        except ProblemError as failed:
            # The chunk waits for a broker that takes it.
            self._report.problem = failed.problem
            self._session.hold(Lane.BLOB)
        self.rows_committed()

    def rows_committed(self) -> None:
        """New rows may be on disk."""
        for lane, account in self._store.accounts.items():
            self._session.rows_waiting(lane, account.last_seq)

    def _work(self, verdicts: list[Verdict], told: list[int], ack: Ack | None, txn: Transaction) -> None:
        now, unlink = self._clock.now(), self._store.blobs.unlink
        told.clear()
        for verdict in verdicts:
            match verdict:
                case Forget(lane, through):
                    txn.forget(lane, through, unlink)
                case TellLost(lane, first, last):
                    told.append(txn.shed(lane, first, last, "acked-before", now))
                case TellAgain(after):
                    told += txn.retell_gaps(after, now)
                case other:
                    assert_never(other)
        if self._session.budget.metered:
            txn.set_meta(SPENT, self._session.budget.remembered())
        if ack is not None:
            txn.set_meta("hub_time_us", str(wall_us(ack.time)))
            for sha256 in ack.blobs:
                txn.skip_blob(sha256, now, unlink, "blob-at-hub")

    def _is_small(self, verdict: Verdict) -> bool:
        """Whether the rows may lie a second longer, to be deleted in the commit that brings the next ones."""
        if not isinstance(verdict, Forget):
            return False
        return verdict.through - self._store.accounts[verdict.lane].acked_seq <= SMALL_ROWS

    def _carried_out(self, verdicts: list[Verdict], told: list[int], done: asyncio.Future[object]) -> None:
        failed = None if done.cancelled() else done.exception()
        if isinstance(failed, ProblemError):
            self._report.problem = failed.problem
            for verdict in verdicts:
                if isinstance(verdict, TellLost):
                    self._session.not_told(verdict)
        elif failed is None and not done.cancelled():
            self._report.over("disk-full", "store-failed")
            for seq in told:
                self._session.told(seq)
        self.rows_committed()
