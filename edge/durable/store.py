# SPDX-License-Identifier: Apache-2.0
"""The device's memory: everything durable behind one door, read on the caller's thread and written on the writer's."""

import asyncio
import concurrent.futures
import contextlib
import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.contract.problems import Problem
from edge.contract.words import Lane
from edge.core.clock import Now
from edge.durable import command_journal
from edge.durable.blobs import BlobStore
from edge.durable.database import OpenStore, connect, open_store
from edge.durable.rows import SEQ_BITS, LaneAccount, NewRow, Place, Row, place_number
from edge.durable.writer import HandOver, Job, Work, Writer


@dataclass(frozen=True, slots=True)
class ChunkRef:
    """What a row of lane `blob` stands for; the bytes are in the blob's file."""

    sha256: str
    offset: int
    total: int


class Store:
    """One open store. `epoch` names this store for ever, `boot` counts the agents that opened it."""

    def __init__(self, opened: OpenStore, hand_over: HandOver, boot_id: str, now: Now) -> None:
        """Register this start and begin to write. Use `open` unless the store is already locked."""
        self._opened = opened
        self._reader = connect(opened.path)
        self.boot = self._register_boot(boot_id, now)
        self._reader.execute("PRAGMA query_only = 1")
        self.epoch = self.meta("epoch")
        self.blobs = BlobStore(opened.path.parent / "blobs")
        self._writer = Writer(opened.path, self.boot, hand_over)
        self._writer.start()

    @classmethod
    def open(cls, folder: Path, hand_over: HandOver, boot_id: str, now: Now, wait_s: float = 10.0) -> "Store":
        """Lock, migrate and open the store in `folder`. Raises `ProblemError`."""
        return cls(open_store(folder, wait_s), hand_over, boot_id, now)

    @property
    def set_aside(self) -> Problem | None:
        """The problem of a store that could not be used and was kept under another name."""
        return self._opened.set_aside

    @property
    def accounts(self) -> dict[Lane, LaneAccount]:
        """Lane totals as of the last commit."""
        return self._writer.accounts

    async def commit(self, work: Work) -> object:
        """Do `work` in a commit shared with whoever else waits; returns when it is on disk. Raises `ProblemError`."""
        return await self.commit_soon(work)

    def commit_soon(self, work: Work) -> "asyncio.Future[object]":
        """The same without waiting."""
        promise: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._writer.submit(Job(work, promise))
        return promise

    def commit_from_thread(self, work: Work) -> "concurrent.futures.Future[object]":
        """The same for callers without a loop."""
        promise: concurrent.futures.Future[object] = concurrent.futures.Future()
        self._writer.submit(Job(work, promise))
        return promise

    async def append(self, rows: Sequence[NewRow]) -> list[Place]:
        """Make events durable, all or none, and tell their places."""
        places = await self.commit(lambda txn: [txn.append(row) for row in rows])
        assert isinstance(places, list)  # noqa: S101  (narrows the writer's untyped answer)
        return places

    def rows(self, lane: Lane, after: int, limit: int) -> Generator[Row, None, None]:
        """Committed rows of a lane behind `after`, in order, read as they are taken: close it when done early."""
        mask = (1 << SEQ_BITS) - 1
        found = self._reader.execute(
            "SELECT place, time_us, uptime_ms, clock, body FROM outbox WHERE place > ? AND place < ?"
            " ORDER BY place LIMIT ?",
            (place_number(lane, after), place_number(lane, mask), limit),
        )
        with contextlib.closing(found):
            for place, *rest in found:
                yield Row(place & mask, *rest)

    def role_state(self, role: str) -> bytes | None:
        """The state a role last committed."""
        found = self._reader.execute("SELECT state FROM role_states WHERE role = ?", (role,)).fetchone()
        return found[0] if found else None

    def meta(self, key: str, default: str = "") -> str:
        """One small fact about the store."""
        found = self._reader.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(found[0]) if found else default

    def command(self, jti: str) -> command_journal.Entry | None:
        """The command of that id, if it was ever accepted."""
        return command_journal.find(self._reader, jti)

    def unfinished_commands(self) -> list[command_journal.Entry]:
        """Commands accepted before this boot that have no result yet."""
        return command_journal.unfinished(self._reader)

    def oldest_us(self, lane: Lane) -> int | None:
        """Wall time of the oldest row of a lane."""
        oldest = next(self.rows(lane, 0, 1), None)
        return oldest.time_us if oldest else None

    def sweep_blobs(self) -> int:
        """Remove blob files that no row names; call before anything new is kept."""
        wanted = frozenset(sha256 for (sha256,) in self._reader.execute("SELECT sha256 FROM blobs"))
        return self.blobs.sweep(wanted)

    def close(self) -> None:
        """Finish writing and let another process have the store."""
        self._writer.close()
        self._reader.close()
        self._opened.release()

    def _register_boot(self, boot_id: str, now: Now) -> int:
        boot = int(self.meta("boot", "0")) + 1
        self._reader.execute("BEGIN IMMEDIATE")
        self._reader.execute("UPDATE meta SET value = ? WHERE key = 'boot'", (str(boot),))
        self._reader.execute(
            "INSERT INTO boots VALUES (?, ?, ?, ?, ?)", (boot, boot_id, now.wall_us, now.uptime_ms, now.quality.value)
        )
        self._reader.execute("COMMIT")
        return boot


def chunk_of(row: Row) -> ChunkRef:
    """What a row of lane `blob` stands for."""
    return ChunkRef(**json.loads(row.body))
