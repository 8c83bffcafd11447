# SPDX-License-Identifier: Apache-2.0
"""Stores on a bench: opened without a loop, at a fixed time, and looked at from outside."""

import hashlib
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import cast

from edge.contract.blobs import BlobRef
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import Now
from edge.durable.database import STORE, open_store
from edge.durable.quota import LaneShare, Quota
from edge.durable.rows import ROW_OVERHEAD, LaneAccount, NewRow, Place, place_of
from edge.durable.store import Store
from edge.durable.writer import Work

NOW = Now(1_795_000_000_000_000, 1_000, ClockQuality.HELD)


def tell_at_once(tell: object) -> None:
    """Hand over on the writer's own thread."""
    assert callable(tell)
    tell()


def new_row(lane: Lane = Lane.RECORD, body: bytes = b'"type":"t"}', key: str | None = None) -> NewRow:
    return NewRow(lane, NOW.wall_us, NOW.uptime_ms, NOW.quality.value, body, key)


@cache
def _empty_store() -> bytes:
    """A store nobody has opened yet. Migrations run in a process of their own, which is slow to start every time."""
    with tempfile.TemporaryDirectory() as folder:
        open_store(Path(folder)).release()
        return (Path(folder) / STORE).read_bytes()


def open_bare(folder: Path, ballast_bytes: int = 0, quota: Quota | None = None) -> Store:
    """Open what is there; where there is nothing, put an empty store first."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / STORE).exists():
        (folder / STORE).write_bytes(_empty_store())
    return Store.open(folder, tell_at_once, "boot", NOW, wait_s=0.0, ballast_bytes=ballast_bytes, quota=quota)


@contextmanager
def opened(folder: Path, ballast_bytes: int = 0, quota: Quota | None = None) -> Iterator[Store]:
    """A store, closed at the end."""
    store = open_bare(folder, ballast_bytes, quota)
    try:
        yield store
    finally:
        store.close()


def do(store: Store, work: Work, *, frees: bool = False) -> object:
    """Do work in a commit and give its answer, or raise what became of it."""
    return store.commit_from_thread(work, frees=frees).result(300)


def append(store: Store, *rows: NewRow) -> list[Place]:
    return cast("list[Place]", do(store, lambda txn: [txn.append(row) for row in rows]))


def forget(store: Store, lane: Lane, through: int) -> object:
    return do(store, lambda txn: txn.forget(lane, through, store.blobs.unlink), frees=True)


def seqs(store: Store, lane: Lane) -> list[int]:
    return [row.seq for row in store.rows(lane, 0, 1_000_000)]


def keep(store: Store, data: bytes) -> BlobRef:
    """Keep bytes as a blob and queue its chunks."""
    blob = store.blobs.keep_bytes(data, "image/jpeg")
    assert blob.sha256 == hashlib.sha256(data).hexdigest()
    do(store, lambda txn: txn.append_blob(blob, NOW))
    return blob


def on_disk(folder: Path) -> dict[Lane, LaneAccount]:
    """Rows and bytes as counted from outside, with the lane watermarks as written."""
    counted = {lane: LaneAccount() for lane in Lane}
    with closing(sqlite3.connect(folder / STORE)) as db:
        for number, length in db.execute("SELECT place, length(body) FROM outbox"):
            account = counted[place_of(number).lane]
            account.rows += 1
            account.bytes += length + ROW_OVERHEAD
        written = db.execute("SELECT name, last_seq, acked_seq, shed_rows, shed_bytes FROM lanes").fetchall()
    for name, *figures in written:
        account = counted[Lane(name)]
        account.last_seq, account.acked_seq, account.shed_rows, account.shed_bytes = figures
    return counted


def quota_of(cap: int, **shares: LaneShare) -> Quota:
    """A quota; lanes that are not named have no floor and may have all."""
    return Quota(cap, {lane: shares.get(lane.value, LaneShare()) for lane in Lane})


def usage(folder: Path) -> int:
    """What an observer finds on the disk: database, log, what readers share, and the blobs with their folder."""
    files = [folder / STORE, *(folder / f"{STORE}{suffix}" for suffix in ("-wal", "-shm")), folder / "blobs"]
    return sum(map(_taken, [*files, *(folder / "blobs").iterdir()]))


def _taken(path: Path) -> int:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0
    return max(found.st_size, found.st_blocks * 512)
