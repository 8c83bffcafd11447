# SPDX-License-Identifier: Apache-2.0
import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from edge.contract.blobs import MAX_CHUNK_BYTES, BlobRef
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable import transaction
from edge.durable.rows import Place
from edge.durable.store import Store, chunk_of
from edge.durable.transaction import Transaction
from tests.durable.stores import NOW, append, do, forget, keep, new_row, on_disk, open_bare, opened, seqs


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open store."""
    with opened(tmp_path) as made:
        yield made


class Gate:
    """Work that keeps the writer busy until it is let through, so that what follows gathers into one group."""

    def __init__(self, store: Store) -> None:
        self._begun, self._open = threading.Event(), threading.Event()
        self._done = store.commit_from_thread(self._hold)
        assert self._begun.wait(300)

    def _hold(self, _: Transaction) -> bool:
        self._begun.set()
        return self._open.wait(300)

    def lift(self) -> None:
        self._open.set()
        assert self._done.result(300)


def test_rows_of_a_lane_count_from_one(store: Store) -> None:
    """Each lane counts for itself, from 1, without gaps."""
    rows = [new_row(lane) for lane in (Lane.RECORD, Lane.METRIC, Lane.RECORD)]
    assert append(store, *rows) == [Place(Lane.RECORD, 1), Place(Lane.METRIC, 1), Place(Lane.RECORD, 2)]
    assert (store.oldest_us(Lane.RECORD), store.oldest_us(Lane.URGENT)) == (NOW.wall_us, None)


def test_same_key_is_the_same_row(store: Store) -> None:
    """A repeat gets the place of the first, within one commit and after it, and also once the row has gone."""
    assert append(store, new_row(key="a"), new_row(key="a")) == [Place(Lane.RECORD, 1)] * 2
    forget(store, Lane.RECORD, 1)
    assert append(store, new_row(key="a"), new_row(key="b")) == [Place(Lane.RECORD, 1), Place(Lane.RECORD, 2)]


def test_key_is_forgotten_by_count_and_not_by_clock(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a clock that jumps nor an event from the future makes a repeat a second row."""
    monkeypatch.setattr(transaction, "KEYS_KEPT", 1500)
    append(store, *(new_row(key=str(number)) for number in range(999)))
    future = new_row(key="future")
    append(store, type(future)(future.lane, 2 * NOW.wall_us, 0, "held", future.body, "future"))
    assert append(store, new_row(key="7")) == [Place(Lane.RECORD, 8)]
    append(store, *(new_row(key=f"more {number}") for number in range(1000)))
    assert append(store, new_row(key="7")) == [Place(Lane.RECORD, 2001)]
    assert append(store, new_row(key="800")) == [Place(Lane.RECORD, 801)]


def test_failing_work_takes_nobody_along(store: Store, tmp_path: Path) -> None:
    """Work that fails in a group undoes itself alone: the others are committed, once, in their order."""
    gate = Gate(store)
    before = store.commit_from_thread(lambda txn: txn.append(new_row()))

    def fails(txn: Transaction) -> None:
        txn.append(new_row(Lane.METRIC))
        raise ProblemError("event-invalid", reason="a test")

    failing = store.commit_from_thread(fails)
    malformed = store.commit_from_thread(lambda txn: int(str(txn.append(new_row()))))
    after = store.commit_from_thread(lambda txn: txn.append(new_row()))
    gate.lift()
    assert (before.result(300), after.result(300)) == (Place(Lane.RECORD, 1), Place(Lane.RECORD, 2))
    with pytest.raises(ProblemError):
        failing.result(300)
    with pytest.raises(ValueError, match="invalid literal"):
        malformed.result(300)
    assert (seqs(store, Lane.METRIC), store.accounts) == ([], on_disk(tmp_path))


def test_number_too_large_for_the_file_is_its_senders_fault(store: Store) -> None:
    """SQLite's integers end at 2**63: whoever goes beyond hears of it, and the writer lives."""
    with pytest.raises(OverflowError):
        do(store, lambda txn: txn.set_role_state("role", b"", 2**63))
    assert append(store, new_row()) == [Place(Lane.RECORD, 1)]


def test_file_that_cannot_be_removed_commits_nothing_twice(store: Store, tmp_path: Path) -> None:
    """The blob of acknowledged rows may stay on disk for the next sweep, but its commit stands, once."""
    keep(store, b"picture")

    def unlink(sha256: str) -> None:
        raise PermissionError(13, sha256)

    def work(txn: Transaction) -> Place:
        txn.forget(Lane.BLOB, 1, unlink)
        return txn.append(new_row())

    assert do(store, work) == Place(Lane.RECORD, 1)
    assert (seqs(store, Lane.RECORD), store.accounts) == ([1], on_disk(tmp_path))
    assert store.sweep_blobs() == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_dead_writer_leaves_nobody_waiting(tmp_path: Path) -> None:
    """What nobody foresaw ends the writer; who waits and who comes later is told, so that somebody starts it anew."""
    store = open_bare(tmp_path)
    gate = Gate(store)

    def impossible(_: Transaction) -> None:
        raise SystemError("a test")

    waiting = [store.commit_from_thread(work) for work in (lambda txn: txn.append(new_row()), impossible)]
    gate.lift()
    for promise in waiting:
        with pytest.raises(ProblemError):
            promise.result(300)
    with pytest.raises(ProblemError) as failed:
        append(store, new_row())
    assert failed.value.problem.code == "store-failed"
    store.close()
    with opened(tmp_path) as again:
        assert seqs(again, Lane.RECORD) == []


def test_closed_store_answers(tmp_path: Path) -> None:
    """Work that comes after the end is refused; work that came before it is done."""
    store = open_bare(tmp_path)
    gate = Gate(store)
    last = store.commit_from_thread(lambda txn: txn.append(new_row()))
    gate.lift()
    store.close()
    assert last.result(0) == Place(Lane.RECORD, 1)
    with pytest.raises(ProblemError):
        append(store, new_row())


async def _cancel_one_of_two(folder: Path) -> list[int]:
    store = Store.open(folder, asyncio.get_running_loop().call_soon_threadsafe, "boot", NOW)
    try:
        gone = store.commit_soon(lambda txn: txn.append(new_row()))
        gone.cancel()
        places = await store.append([new_row()])
        return [place.seq for place in places]
    finally:
        store.close()


def test_caller_who_gave_up_disturbs_nobody(tmp_path: Path) -> None:
    """A cancelled caller is not told; his work was queued, so it is done, and the next one gets his answer."""
    open_bare(tmp_path).close()
    assert asyncio.run(_cancel_one_of_two(tmp_path)) == [2]


def test_shed_is_told_in_a_row_of_its_own(store: Store, tmp_path: Path) -> None:
    """Rows that are given up leave a row on lane record that says which, and the accounts know."""
    append(store, *(new_row(Lane.METRIC) for _ in range(5)))
    do(store, lambda txn: txn.shed(Lane.METRIC, 2, 4, "disk-full", NOW))
    (told,) = store.rows(Lane.RECORD, 0, 9)
    assert b'"data":{"lane":"metric","from":2,"to":4,"count":3,' in told.body
    assert seqs(store, Lane.METRIC) == [1, 5]
    assert store.accounts[Lane.METRIC].shed_rows == 3
    assert store.accounts == on_disk(tmp_path)


def test_forget_beyond_the_last_row_forgets_the_last(store: Store) -> None:
    """The watermark never runs ahead of what was written."""
    append(store, new_row())
    assert forget(store, Lane.RECORD, 99) == 1
    assert forget(store, Lane.RECORD, 1) == 0
    assert append(store, new_row()) == [Place(Lane.RECORD, 2)]


def test_blob_in_chunks(store: Store) -> None:
    """A blob is queued once, in ascending chunks; its file goes with its last row."""
    blob = keep(store, bytes(MAX_CHUNK_BYTES) + b"end")
    do(store, lambda txn: txn.append_blob(blob, NOW))
    chunks = [chunk_of(row) for row in store.rows(Lane.BLOB, 0, 9)]
    assert [(chunk.offset, chunk.total) for chunk in chunks] == [(0, blob.size), (MAX_CHUNK_BYTES, blob.size)]
    assert store.blobs.read(blob.sha256, MAX_CHUNK_BYTES, 99) == b"end"
    forget(store, Lane.BLOB, 1)
    assert store.blobs.path(blob.sha256).exists()
    forget(store, Lane.BLOB, 2)
    assert store.blobs.read(blob.sha256, 0, 1) is None


def test_blob_acked_and_queued_again_in_one_commit_keeps_its_file(store: Store) -> None:
    """The acknowledgement of the first time does not take the file from the second."""
    blob = keep(store, b"picture")

    def work(txn: Transaction) -> None:
        txn.forget(Lane.BLOB, 1, store.blobs.unlink)
        txn.append_blob(blob, NOW)

    do(store, work)
    assert (seqs(store, Lane.BLOB), store.blobs.read(blob.sha256, 0, 99)) == ([2], b"picture")


def test_blob_skipped(store: Store) -> None:
    """What the hub has already is not sent; what it acknowledged of it is not told as lost; a stranger is nothing."""
    blob = keep(store, bytes(3 * MAX_CHUNK_BYTES))
    forget(store, Lane.BLOB, 1)

    def work(txn: Transaction) -> None:
        for sha256 in (blob.sha256, blob.sha256, "0" * 64):
            txn.skip_blob(sha256, NOW, store.blobs.unlink, "blob-at-hub")

    do(store, work)
    (told,) = store.rows(Lane.RECORD, 0, 9)
    assert b'"lane":"blob","from":2,"to":3' in told.body
    assert (seqs(store, Lane.BLOB), store.blobs.path(blob.sha256).exists()) == ([], False)


def test_blob_of_which_all_is_acked_is_skipped_without_a_word(store: Store) -> None:
    """If no row is left there is nothing to tell."""
    blob = keep(store, b"picture")

    def work(txn: Transaction) -> None:
        txn.accounts[Lane.BLOB].acked_seq = 1
        txn.skip_blob(blob.sha256, NOW, store.blobs.unlink, "blob-at-hub")

    do(store, work)
    assert seqs(store, Lane.RECORD) == []


def test_states_and_facts_are_replaced(store: Store) -> None:
    """A role's state and the store's small facts are what was last written."""

    def work(txn: Transaction, state: str) -> None:
        txn.set_role_state("parking", state.encode(), NOW.wall_us)
        txn.set_meta("fact", state)

    for state in ("1", "2"):
        do(store, partial(work, state=state))
    assert (store.role_state("parking"), store.role_state("lamp")) == (b"2", None)
    assert (store.meta("fact"), store.meta("none", "0")) == ("2", "0")


def test_link_without_row_is_swept(store: Store, tmp_path: Path) -> None:
    """A crash between linking a picture and committing its row leaves a file nobody names, gone at the next start."""
    ring = tmp_path / "ring.jpg"
    ring.write_bytes(b"picture")
    kept = keep(store, b"other")
    store.blobs.keep_file(BlobRef(sha256="a" * 64, size=7, media_type="image/jpeg"), ring)
    assert store.sweep_blobs() == 1
    assert store.blobs.read("a" * 64, 0, 9) is None
    assert store.blobs.read(kept.sha256, 0, 9) == b"other"


def test_link_again_is_no_mistake_and_gone_is_told(store: Store, tmp_path: Path) -> None:
    """Keeping twice is keeping once; keeping what the ring has dropped is a problem with a name."""
    ring = tmp_path / "ring.jpg"
    ring.write_bytes(b"picture")
    blob = BlobRef(sha256="a" * 64, size=7, media_type="image/jpeg")
    store.blobs.keep_file(blob, ring)
    store.blobs.keep_file(blob, ring)
    with pytest.raises(ProblemError) as failed:
        store.blobs.keep_file(BlobRef(sha256="b" * 64, size=7, media_type="image/jpeg"), tmp_path / "gone.jpg")
    assert failed.value.problem.code == "evidence-gone"


def test_blob_is_copied_from_afar(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ring on another file system is copied from; a copy that fails leaves nothing behind."""

    def no_link(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("os.link", no_link)
    ring = tmp_path / "ring.jpg"
    ring.write_bytes(b"picture")
    blob = BlobRef(sha256="a" * 64, size=7, media_type="image/jpeg")
    store.blobs.keep_file(blob, ring)
    assert store.blobs.read(blob.sha256, 0, 9) == b"picture"

    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_room)
    with pytest.raises(ProblemError) as failed:
        store.blobs.keep_bytes(b"more", "image/jpeg")
    assert failed.value.problem.code == "disk-full"
    assert [file.name for file in tmp_path.joinpath("blobs").iterdir()] == [blob.sha256]


def test_writer_that_cannot_begin_recovers(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store locked by somebody's tool refuses, and takes rows again when the tool is closed."""
    store._writer._db.execute("PRAGMA busy_timeout = 1")
    with sqlite3.connect(tmp_path / "store.db", isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(ProblemError) as failed:
            append(store, new_row())
        assert failed.value.problem.code == "store-failed"
        db.execute("ROLLBACK")
    db.close()
    assert append(store, new_row()) == [Place(Lane.RECORD, 1)]


def test_technicians_view_is_json(store: Store, tmp_path: Path) -> None:
    """The view to look at the outbox with shows each row as JSON, chunks of blobs too."""
    append(store, new_row(body=b'"type":"t"}'))
    keep(store, b"picture")
    with closing(sqlite3.connect(tmp_path / "store.db")) as db:
        found = db.execute("SELECT lane, seq, json_valid(event) FROM outbox_rows ORDER BY lane").fetchall()
    assert found == [("blob", 1, 1), ("record", 1, 1)]
