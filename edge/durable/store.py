# SPDX-License-Identifier: Apache-2.0
"""The device's memory: everything durable behind one door, read on the caller's thread and written on the writer's."""

import asyncio
import concurrent.futures
import contextlib
import json
import sqlite3
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.contract.blobs import MAX_CHUNK_BYTES
from edge.contract.problems import Problem
from edge.contract.words import Lane
from edge.core.clock import Clock, Now
from edge.durable import boots, command_journal
from edge.durable.ballast import Ballast
from edge.durable.blobs import BlobStore
from edge.durable.database import OpenStore, open_store, problem_of
from edge.durable.gaps import Gap, all_gaps
from edge.durable.housekeeper import Limits
from edge.durable.quota import Quota
from edge.durable.room import UNLIMITED, Room
from edge.durable.rows import SEQ_BITS, LaneAccount, NewRow, Place, Row, place_number
from edge.durable.writer import HandOver, Job, Premises, Work, Writer

_SEQ_MASK = (1 << SEQ_BITS) - 1
_ROWS = (
    "SELECT place & ?, time_us, uptime_ms, clock, body, boot FROM outbox WHERE place > ? AND place < ?"
    " ORDER BY place LIMIT ?"
)
_NTH = "SELECT place & ? FROM outbox WHERE place > ? AND place < ? ORDER BY place LIMIT 1 OFFSET ?"


@dataclass(frozen=True, slots=True)
class ChunkRef:
    """What a row of lane `blob` stands for; the bytes are in the blob's file."""

    sha256: str
    offset: int
    total: int
    size: int = MAX_CHUNK_BYTES
    """Bytes of a chunk; the last of a blob may be shorter."""


class Store:
    """One open store. `epoch` names this store for ever, `boot` counts the agents that opened it."""

    def __init__(
        self,
        opened: OpenStore,
        hand_over: HandOver,
        boot_id: str,
        now: Now,
        ballast_bytes: int = 0,
        quota: Quota | None = None,
    ) -> None:
        """Register this start and begin to write; keep `ballast_bytes` of the disk back. Raises `ProblemError`.

        Without a `quota` the store takes what room it gets, and gives nothing up. Use `open` unless the store is
        already locked. If this fails, the lock is let go.
        """
        self._opened = opened
        folder = opened.path.parent
        try:
            ballast = Ballast(folder, ballast_bytes)
            self._reader, self.boot = boots.begin(opened.path, ballast, boot_id, now)
            self.epoch = self.meta("epoch")
            folder.joinpath("blobs").mkdir(exist_ok=True)
            room = Room(opened.path, folder / "blobs", quota.cap if quota else UNLIMITED)
            self.blobs = BlobStore(folder / "blobs", room)
            self._limits = Limits(quota) if quota else None
            premises = Premises(opened.path, self.blobs, room, ballast, self._limits)
            self._writer = Writer(premises, self.boot, hand_over)
        except BaseException as failed:
            opened.release()
            if isinstance(failed, sqlite3.Error | OSError):
                raise problem_of(opened.path, failed) from failed
            raise
        self._writer.start()

    @classmethod
    def open(
        cls,
        folder: Path,
        hand_over: HandOver,
        boot_id: str,
        now: Now,
        wait_s: float = 10.0,
        ballast_bytes: int = 0,
        quota: Quota | None = None,
    ) -> "Store":
        """Lock, migrate and open the store in `folder`. Raises `ProblemError`."""
        return cls(open_store(folder, wait_s), hand_over, boot_id, now, ballast_bytes, quota)

    def go_by(self, clock: Clock) -> None:
        """Tell losses by this clock, and judge the age of rows when it can be trusted."""
        if self._limits is not None:
            self._limits.clock = clock

    @property
    def set_aside(self) -> Problem | None:
        """The problem of a store that could not be used and was kept under another name."""
        return self._opened.set_aside

    @property
    def accounts(self) -> dict[Lane, LaneAccount]:
        """Lane totals as of the last commit."""
        return self._writer.accounts

    @property
    def on_shed(self) -> Callable[[Lane, int, int], None]:
        """Called on the callers' thread, ahead of the answers, with every range of rows that a commit has shed."""
        return self._writer.on_shed

    @on_shed.setter
    def on_shed(self, tell: Callable[[Lane, int, int], None]) -> None:
        self._writer.on_shed = tell

    async def commit(self, work: Work) -> object:
        """Do `work` in a commit shared with whoever else waits; returns when it is on disk. Raises `ProblemError`."""
        return await self.commit_soon(work)

    def commit_soon(self, work: Work, *, frees: bool = False, patient: bool = False) -> "asyncio.Future[object]":
        """The same without waiting. `frees` is said of work that makes room: a full disk does not stop it.

        `patient` work waits up to `PATIENCE_S` for a commit to share, which spares flash.
        """
        promise: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._writer.submit(Job(work, promise, frees, patient))
        return promise

    def commit_from_thread(self, work: Work, *, frees: bool = False) -> "concurrent.futures.Future[object]":
        """The same for callers without a loop."""
        promise: concurrent.futures.Future[object] = concurrent.futures.Future()
        self._writer.submit(Job(work, promise, frees))
        return promise

    async def append(self, rows: Sequence[NewRow]) -> list[Place]:
        """Make events durable, all or none, and tell their places."""
        places = await self.commit(lambda txn: [txn.append(row) for row in rows])
        assert isinstance(places, list)  # noqa: S101  (narrows the writer's untyped answer)
        return places

    def rows(self, lane: Lane, after: int, limit: int) -> Generator[Row, None, None]:
        """Committed rows of a lane behind `after`, in order, read as they are taken: close it when done early."""
        with self._reading(), contextlib.closing(self._found(lane, after, limit)) as found:
            yield from map(Row._make, found)

    def gaps(self) -> list[Gap]:
        """Ranges that were shed and told, and that the hub has not acknowledged yet, by lane and sequence."""
        with self._reading():
            return all_gaps(self._reader)

    def role_state(self, role: str) -> bytes | None:
        """The state a role last committed."""
        with self._reading():
            found = self._reader.execute("SELECT state FROM role_states WHERE role = ?", (role,)).fetchone()
        return found[0] if found else None

    def meta(self, key: str, default: str = "") -> str:
        """One small fact about the store."""
        with self._reading():
            found = self._reader.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(found[0]) if found else default

    def offset_us(self, boot: int) -> int | None:
        """What right time was ahead of uptime when the agent of that start ran; None if that was never known."""
        with self._reading():
            return boots.offset_us(self._reader, boot)

    def first_start(self, boot_id: str) -> int:
        """Number of the first agent that opened this store in that kernel boot."""
        with self._reading():
            return boots.first_start(self._reader, boot_id)

    def command(self, jti: str) -> command_journal.Entry | None:
        """The command of that id, if it was ever accepted."""
        with self._reading():
            return command_journal.find(self._reader, jti)

    def unfinished_commands(self) -> list[command_journal.Entry]:
        """Commands accepted before this boot that have no result yet."""
        with self._reading():
            return command_journal.unfinished(self._reader)

    def oldest_us(self, lane: Lane) -> int | None:
        """Wall time of the oldest row of a lane."""
        oldest = next(self.rows(lane, 0, 1), None)
        return oldest.time_us if oldest else None

    def sweep_blobs(self) -> int:
        """Remove blob files that no row names; call before anything new is kept."""
        with self._reading():
            found = self._reader.execute("SELECT sha256 FROM blobs UNION SELECT sha256 FROM kept_pictures")
            wanted = frozenset(sha256 for (sha256,) in found)
        return self.blobs.sweep(wanted)

    def close(self) -> None:
        """Finish writing and let another process have the store."""
        self._writer.close()
        self._reader.close()
        self._writer.blocks.close()
        self._opened.release()

    def _found(self, lane: Lane, after: int, limit: int) -> sqlite3.Cursor:
        span = (place_number(lane, after), place_number(lane, _SEQ_MASK))
        if lane is not Lane.RECORD:
            return self._reader.execute(_ROWS, (_SEQ_MASK, *span, limit))
        # What tells of a gap may be widened until it may have been read: mark first, then read no further than that.
        mark = self._writer.mark
        with mark.lock:
            nth = self._reader.execute(_NTH, (_SEQ_MASK, *span, limit - 1)).fetchone()
            through = nth[0] if nth else self._writer.accounts[lane].last_seq
            mark.seq = max(mark.seq, through)
            span = (span[0], place_number(lane, through + 1))
            return self._reader.execute(_ROWS, (_SEQ_MASK, *span, limit))

    @contextlib.contextmanager
    def _reading(self) -> Generator[None, None, None]:
        """What a reader meets is named as what a writer meets, and corruption leaves its mark for the next start."""
        try:
            yield
        except sqlite3.Error as failed:
            raise problem_of(self._opened.path, failed) from failed


def chunk_of(row: Row) -> ChunkRef:
    """What a row of lane `blob` stands for."""
    return ChunkRef(**json.loads(row.body))
