# SPDX-License-Identifier: Apache-2.0
"""Keeps the store within its room, between the writer's commits: sheds, gives pages back, keeps the log short.

What must always be true here: nothing grows before there is room for it; pages and blocks that are ours are used again
before others are asked for; a log that a reader keeps from being begun anew costs nobody his rows.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from edge.contract.outbox import ShedReason
from edge.contract.words import ClockQuality
from edge.core.clock import Clock, SystemClock
from edge.durable.ballast import Ballast
from edge.durable.blocks import Blocks, Checkpoint
from edge.durable.quota import Quota
from edge.durable.room import PAGE, Room
from edge.durable.shedding import Loss, Shedder
from edge.durable.transaction import Transaction

EXPIRY_EVERY_S: Final = 600.0
"""How often rows are looked at for their age."""
_PAGES_AT_ONCE: Final = 512
"""Free pages given back at once (2 MiB): they pass through the log first."""
_PAGES_KEPT: Final = 16
"""Free pages that are not given back: the next rows need them."""
_SMALLEST_PIECE: Final = 64 * 1024
_LOG_WAIT_MS: Final = 2000
"""How long readers are waited for when the log is too long and there is no room for more of it."""
_LOG_GLANCE_MS: Final = 50
"""The same while there is room."""
_KEY_BYTES: Final = 8000
"""Cap for each key that is remembered: five lanes' keys then take a twentieth of it."""

Commit = Callable[[Callable[[Transaction], object]], object]
"""Do one thing in a transaction of its own. Raises what the writer's commits raise."""


@dataclass(slots=True)
class Limits:
    """What a device that sheds goes by. Until somebody knows the time nothing is too old."""

    quota: Quota
    clock: Clock = field(default_factory=lambda: SystemClock(ClockQuality.UNSET))


class Housekeeper:
    """Lives on the writer's thread and uses its connection; all it changes goes through `commit`."""

    def __init__(
        self,
        db: sqlite3.Connection,
        blocks: Blocks,
        room: Room,
        ballast: Ballast,
        shedder: Shedder | None,
        limits: Limits | None,
    ) -> None:
        """Bound the log; nothing is shed before the first `prepare`."""
        self._db = db
        self._blocks = blocks
        self._room = room
        self._ballast = ballast
        self._shedder = shedder
        self._limits = limits
        self._expiry_s = float("-inf")
        self.most_keys = room.cap // _KEY_BYTES
        """Keys of each lane that there is room to remember."""
        db.execute(f"PRAGMA journal_size_limit = {room.log_limit}").fetchall()
        blocks.log_pages = room.log_limit // PAGE
        self.measure()

    @property
    def sheds(self) -> bool:
        """Whether old rows give way to new ones."""
        return self._shedder is not None

    def measure(self) -> None:
        """Count again, after a commit or after one that failed."""
        if self._room.limited:
            self._room.measure(self._pragma("page_count"))

    def prepare(self, commit: Commit) -> bool:
        """Make room for the next group and for the blobs that wait. False while a reader keeps the log too long."""
        if self._shedder is None or self._limits is None:
            return True
        wanted, ticket = self._room.wanted()
        try:
            if self._room.log_is_long:
                self._shorten_log()
            self._make_room(wanted, commit, self._shedder, self._limits)
        finally:
            self._room.served(ticket)
        return not self._room.log_is_long or self._room.below_cap >= self._room.group_bytes

    @property
    def stands_still(self) -> bool:
        """Whether not even work that makes room may go on, since what it adds to the log would be too much."""
        return self._room.limited and self._room.below_cap < -self._room.cap // 100

    def fits(self, txn: Transaction) -> bool:
        """Inside a transaction that is about to commit: whether there is room for the pages that it adds."""
        if self._shedder is None or self._limits is None:
            return True
        self._shedder.keep_ceilings(txn, Loss("over-cap", self._limits.clock.now()))
        txn.flush()
        return self._room.claim_pages(self._pragma("page_count"))

    def relieve(self, commit: Commit, reason: ShedReason | None) -> bool:
        """A group met a disk without room, or outgrew what was prepared: give something up. False if that is vain."""
        if self._shedder is None or self._limits is None:
            return False
        self.begin_log_anew()
        return self._shed(self._piece(self._shedder), commit, self._shedder, self._limits, reason) > 0

    def give_up_ballast(self) -> bool:
        """Let its room go, and to the database first: the log would take all of it. False if it was gone already."""
        given = self._ballast.give_up()
        if given:
            self.begin_log_anew()
        return given

    def regain_ballast(self) -> None:
        """Give free pages back to the disk, a little at a time, until the ballast fits again."""
        kept = self._room.group_bytes // PAGE if self._shedder else 0
        with contextlib.suppress(sqlite3.Error, OSError):
            self._give_back(min(_PAGES_AT_ONCE, self._pragma("freelist_count") - kept))
        self.begin_log_anew()
        self._ballast.restore()

    def expire(self, commit: Commit) -> None:
        """Now and then, and only by a clock that is trusted: give up rows that are older than their lane keeps."""
        if self._limits is None or self._shedder is None or time.monotonic() < self._expiry_s:
            return
        now = self._limits.clock.now()
        if now.quality is ClockQuality.UNSET:
            return
        self._expiry_s = time.monotonic() + EXPIRY_EVERY_S
        for lane, share in self._limits.quota.lanes.items():
            if share.keep_us is not None:
                work = partial(self._shedder.expire, lane=lane, keep_us=share.keep_us, now=now)
                if self._done(commit, work):
                    # There may be more: after the next group, not at the cost of who waits now.
                    self._expiry_s = float("-inf")

    def begin_log_anew(self, how: Checkpoint = "RESTART") -> None:
        """Bring what the log holds into the database, so that its blocks serve again.

        Not TRUNCATE on a full disk: the blocks of the log are ours, and with them deleting needs no others.
        """
        urgent = self._room.log_is_long and self._room.below_cap < self._room.group_bytes
        with self._patience(_LOG_WAIT_MS if urgent else _LOG_GLANCE_MS):
            self._blocks.checkpoint(how)
        self.measure()

    def _shorten_log(self) -> None:
        """A reader has let go of it, or else the disk has no room for what it holds: then the ballast's is used."""
        self.begin_log_anew("TRUNCATE")
        if self._room.log_is_long and self._room.disk_decides and self._ballast.give_up():
            self.begin_log_anew("TRUNCATE")

    def _make_room(self, wanted: int, commit: Commit, shedder: Shedder, limits: Limits) -> None:
        """Until blobs of `wanted` bytes fit, or the whole under its cap. Rows make theirs when they need it."""
        budget = 4 * (wanted + shedder.piece) + max(0, -self._room.free)
        # What a reader makes the log cost does not come back by shedding.
        while (free := self._room.free + self._room.log_excess) < wanted and budget > 0:
            pages = self._pragma("freelist_count")
            if pages > _PAGES_KEPT:
                self._give_back(min(pages, -(-(wanted - free) // PAGE), self._pages_at_once()))
                self.begin_log_anew()
                continue
            need = max(wanted - free, self._piece(shedder))
            freed = self._shed(need, commit, shedder, limits, for_blobs=free >= 0)
            if not freed:
                return
            budget -= freed

    def _piece(self, shedder: Shedder) -> int:
        """How much to give up at once: on a disk that others fill, what is here is worth more than few words."""
        if not self._room.disk_decides:
            return shedder.piece
        return min(shedder.piece, max(_SMALLEST_PIECE, self._room.used // 32))

    def _shed(
        self,
        need: int,
        commit: Commit,
        shedder: Shedder,
        limits: Limits,
        reason: ShedReason | None = None,
        *,
        for_blobs: bool = False,
    ) -> int:
        """Give up `need` bytes in a commit of their own."""
        reason = reason or ("disk-full" if self._room.disk_decides else "over-cap")
        whole = self._room.cap if reason == "over-cap" else min(self._room.cap, self._room.used)
        loss = Loss(reason, limits.clock.now())
        work = partial(shedder.make_room, need=need, whole=whole, loss=loss, for_blobs=for_blobs)
        return self._done(commit, work)

    def _done(self, commit: Commit, work: Callable[[Transaction], object]) -> int:
        """What `work` has given up; on a disk without one free block the ballast gives way for it."""
        freed: object = 0
        try:
            freed = commit(work)
        except (sqlite3.Error, OSError):
            if self.give_up_ballast():
                with contextlib.suppress(sqlite3.Error, OSError):
                    freed = commit(work)
        self.measure()
        return freed if isinstance(freed, int) else 0

    def _give_back(self, pages: int) -> None:
        if pages > 0:
            with self._blocks.used():
                # `execute` would stop after the first page.
                self._db.executescript(f"PRAGMA incremental_vacuum({pages})")

    def _pages_at_once(self) -> int:
        return min(_PAGES_AT_ONCE, self._room.group_bytes // PAGE)

    def _pragma(self, name: str) -> int:
        ((value,),) = self._db.execute(f"PRAGMA {name}").fetchall()
        return int(value)

    @contextlib.contextmanager
    def _patience(self, wait_ms: int) -> Iterator[None]:
        before = self._pragma("busy_timeout")
        self._db.execute(f"PRAGMA busy_timeout = {wait_ms}").fetchall()
        try:
            yield
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {before}").fetchall()
