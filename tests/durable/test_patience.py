# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from edge.contract.words import Lane
from edge.core.clock import SystemClock
from edge.durable import writer as writer_module
from edge.durable.rows import NewRow
from edge.durable.store import Store
from edge.durable.transaction import Transaction
from edge.durable.writer import Job

FOR_EVER_S = 3600.0


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(writer_module, "PATIENCE_S", FOR_EVER_S)
    opened = Store.open(tmp_path / "store", lambda tell: tell(), "boot", SystemClock().now())
    yield opened
    opened.close()


def patiently(store: Store, work: Callable[[Transaction], object]) -> Future[object]:
    promise: Future[object] = Future()
    store._writer.submit(Job(work, promise, patient=True))
    return promise


def append(store: Store) -> Future[object]:
    row = NewRow(Lane.STATE, 1, 1, "synced", b'"type":"x"}')
    return store.commit_from_thread(lambda txn: txn.append(row))


def test_patient_work_shares_the_next_commit(store: Store) -> None:
    """It is done in the very transaction of the work that comes next, and told with it."""
    seen: list[Transaction] = []
    promise = patiently(store, seen.append)
    store.commit_from_thread(seen.append).result(300)
    promise.result(300)
    assert seen[0] is seen[1]


def test_patience_keeps_nobody_else_waiting(store: Store) -> None:
    """An append ends at once, whether patient work came before it or after it."""
    before = patiently(store, lambda _: "before")
    append(store).result(300)
    assert before.result(300) == "before"
    appended = append(store)
    patiently(store, lambda _: "after")
    appended.result(300)


def test_patience_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without company, patient work is committed by itself."""
    monkeypatch.setattr(writer_module, "PATIENCE_S", 0.01)
    store = Store.open(tmp_path / "store", lambda tell: tell(), "boot", SystemClock().now())
    assert patiently(store, lambda _: "done").result(300) == "done"
    store.close()


def test_closing_waits_for_no_company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that closes commits patient work first, and does not sit its patience out."""
    monkeypatch.setattr(writer_module, "PATIENCE_S", FOR_EVER_S)
    store = Store.open(tmp_path / "store", lambda tell: tell(), "boot", SystemClock().now())
    promise = patiently(store, lambda _: "done")
    store.close()
    assert promise.result(0) == "done"


def test_without_ballast_nothing_is_patient(store: Store) -> None:
    """On a full disk, deletion is what everybody waits for."""
    store._writer._ballast.whole = False
    assert patiently(store, lambda _: "done").result(300) == "done"
