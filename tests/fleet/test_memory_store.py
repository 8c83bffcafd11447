# SPDX-License-Identifier: Apache-2.0
"""An outbox in memory does what the one on disk does, as far as a courier can tell."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.words import Lane
from edge.durable.blobs import BlobStore
from edge.durable.rows import NewRow, Place
from edge.durable.transaction import Transaction
from edge.fleet.memory_store import MemoryStore, empty_store, new_store_file

EPOCH = "0123456789ab"


@pytest.fixture(scope="module")
def shape(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An empty store of the newest shape."""
    return empty_store(new_store_file(tmp_path_factory.mktemp("shape")))


@pytest.fixture
def store(shape: bytes, tmp_path: Path) -> Iterator[MemoryStore]:
    """A new outbox."""
    store = MemoryStore(shape, EPOCH, BlobStore(tmp_path))
    yield store
    store.close()


def append(txn: Transaction) -> Place:
    return txn.append(NewRow(Lane.METRIC, 1, 2, "held", b'"type":"x"}'))


def forget(txn: Transaction) -> int:
    return txn.forget(Lane.METRIC, 1, lambda _: None)


def seqs(store: MemoryStore) -> list[int]:
    return [row.seq for row in store.rows(Lane.METRIC, 0, 10)]


def test_rows_come_back_in_order(store: MemoryStore) -> None:
    """Appended rows have rising places, are counted, and are read from behind a place."""

    async def play() -> None:
        assert [await store.commit_soon(append) for _ in range(3)] == [Place(Lane.METRIC, seq) for seq in (1, 2, 3)]

    asyncio.run(play())
    assert seqs(store) == [1, 2, 3]
    assert [row.seq for row in store.rows(Lane.METRIC, 1, 1)] == [2]
    assert (store.accounts[Lane.METRIC].rows, store.accounts[Lane.METRIC].last_seq) == (3, 3)
    assert store.epoch == EPOCH


def test_patient_work_shares_the_next_commit(store: MemoryStore) -> None:
    """What nobody waits for is done together with what somebody does wait for, and not before."""

    async def play() -> None:
        await store.commit_soon(append)
        patient = store.commit_soon(forget, frees=True, patient=True)
        await asyncio.sleep(0)
        assert not patient.done()
        assert seqs(store) == [1]
        await store.commit_soon(append)
        assert await patient == 1

    asyncio.run(play())
    assert seqs(store) == [2]


def test_a_power_cut_takes_what_waited(store: MemoryStore) -> None:
    """Committed rows survive, work that still waited never happened, and the next boot has a number of its own."""

    async def play() -> None:
        await store.commit_soon(append)
        patient = store.commit_soon(forget, frees=True, patient=True)
        store.power_off()
        assert patient.cancelled()
        store.power_on()
        await store.commit_soon(append)

    asyncio.run(play())
    assert seqs(store) == [1, 2]
    assert store.boot == 2


def test_a_failure_changes_nothing(store: MemoryStore) -> None:
    """Work that fails is undone as a whole, its caller hears why, and the store goes on."""

    def fails(txn: Transaction) -> None:
        append(txn)
        txn.flush()
        raise ValueError("no")

    async def play() -> None:
        with pytest.raises(ValueError, match="no"):
            await store.commit_soon(fails)
        assert await store.commit_soon(append) == Place(Lane.METRIC, 1)

    asyncio.run(play())
    assert seqs(store) == [1]


def test_devices_share_nothing(shape: bytes, store: MemoryStore, tmp_path: Path) -> None:
    """Two outboxes of one shape are two."""
    other = MemoryStore(shape, "ba9876543210", BlobStore(tmp_path))

    async def play() -> None:
        await store.commit_soon(append)

    asyncio.run(play())
    assert (seqs(store), seqs(other)) == ([1], [])
    other.close()
