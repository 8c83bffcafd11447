# SPDX-License-Identifier: Apache-2.0
import asyncio
import base64
import hashlib
import random
from pathlib import Path

import pytest

from edge.contract.blobs import CHUNK_TYPE, MAX_CHUNK_BYTES, BlobChunk
from edge.contract.outbox import SHED_TYPE
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.link.loopback import Faults, LoopbackBroker
from edge.sync.settings import Limits
from tests.durable.stores import NOW
from tests.link.district import TinyHub, fact, running, write


def test_blob_arrives_whole(tmp_path: Path) -> None:
    """Chunks carry the bytes of the file; with the last acknowledgement row and file are gone."""

    async def story() -> None:
        hub = TinyHub()
        data = bytes(range(256)) * 1500
        async with running(tmp_path, LoopbackBroker(hub)) as device:
            blob = device.store.blobs.keep_bytes(data, "image/jpeg")
            await device.store.commit(lambda txn: txn.append_blob(blob, NOW))
            device.courier.rows_committed()
            await device.until(lambda: device.acked(Lane.BLOB))
            chunks = hub.datas(CHUNK_TYPE)
            assert [chunk["offset"] for chunk in chunks] == [0, MAX_CHUNK_BYTES, 2 * MAX_CHUNK_BYTES]
            assert all(chunk["total"] == len(data) for chunk in chunks)
            assert not device.store.blobs.path(hashlib.sha256(data).hexdigest()).exists()

    asyncio.run(story())


@pytest.mark.parametrize("spoilt", ["gone", "cut short"])
def test_blob_file_missing(tmp_path: Path, spoilt: str) -> None:
    """A picture that cannot be sent any more is told as shed; what comes behind it is not held up."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub, faults=Faults(unreachable=True))
        async with running(tmp_path, broker) as device:
            blobs = [device.store.blobs.keep_bytes(data, "image/jpeg") for data in (bytes(300_000), b"second")]
            for blob in blobs:
                await device.store.commit(lambda txn, blob=blob: txn.append_blob(blob, NOW))  # type: ignore[misc]
            path = device.store.blobs.path(blobs[0].sha256)
            path.unlink() if spoilt == "gone" else path.write_bytes(b"short")
            broker.faults = Faults()
            device.courier.rows_committed()
            await device.until(lambda: device.acked(Lane.BLOB) and device.acked(Lane.RECORD))
            (shed,) = hub.datas(SHED_TYPE)
            assert (shed["lane"], shed["from"], shed["to"], shed["reason"]) == ("blob", 1, 3, "blob-missing")
            assert [chunk["sha256"] for chunk in hub.datas(CHUNK_TYPE)] == [blobs[1].sha256]

    asyncio.run(story())


def test_blob_file_missing_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If even that cannot be written down the courier lives, passes on, and tells it over the next connection."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub)
        async with running(tmp_path, broker) as device:
            blob = device.store.blobs.keep_bytes(b"picture", "image/jpeg")
            device.store.blobs.unlink(blob.sha256)

            def full(*_: object) -> None:
                raise ProblemError("disk-full", path="a test")

            with monkeypatch.context() as patch:
                patch.setattr("edge.durable.transaction.Transaction.skip_blob", full)
                await device.store.commit(lambda txn: txn.append_blob(blob, NOW))
                device.courier.rows_committed()
                await device.until(lambda: device.courier.report.problem)
                await write(device, fact(1))
                await device.until(device.acked)
            broker.cut()
            await device.until(lambda: device.acked(Lane.BLOB) and device.acked())
            assert hub.datas(SHED_TYPE)[0]["reason"] == "blob-missing"

    asyncio.run(story())


def test_blob_that_the_hub_has_is_skipped(tmp_path: Path) -> None:
    """`blobs` in an acknowledgement spares the rest of a picture the hub already has."""

    async def story() -> None:
        hub = TinyHub()
        data = bytes(20 * MAX_CHUNK_BYTES)
        hub.has_blobs = (hashlib.sha256(data).hexdigest(),)
        async with running(tmp_path, LoopbackBroker(hub)) as device:
            blob = device.store.blobs.keep_bytes(data, "image/jpeg")
            await device.store.commit(lambda txn: txn.append_blob(blob, NOW))
            await write(device, fact(1))
            await device.until(lambda: device.acked(Lane.BLOB) and device.acked())
            assert len(hub.datas(CHUNK_TYPE)) < 20
            assert {shed["reason"] for shed in hub.datas(SHED_TYPE)} == {"blob-at-hub"}

    asyncio.run(story())


@pytest.mark.parametrize("most", [20_000, 100_000])
def test_blob_is_cut_anew_for_a_broker_of_small_packets(tmp_path: Path, most: int) -> None:
    """Chunks that no packet of this broker holds are queued again in smaller ones, and the picture arrives whole."""

    async def story() -> None:
        hub = TinyHub()
        data = random.Random(7).randbytes(5 * MAX_CHUNK_BYTES + 11)
        async with running(tmp_path, LoopbackBroker(hub, Limits(maximum_packet_size=most))) as device:
            blob = device.store.blobs.keep_bytes(data, "image/jpeg")
            await device.store.commit(lambda txn: txn.append_blob(blob, NOW))
            await write(device, fact(1))
            await device.until(lambda: device.acked(Lane.BLOB) and device.acked())
            chunks = [BlobChunk.model_validate(chunk) for chunk in hub.datas(CHUNK_TYPE)]
            parts = {chunk.offset: base64.urlsafe_b64decode(chunk.bytes + "==") for chunk in chunks}
            assert b"".join(parts[offset] for offset in sorted(parts)) == data
            assert {shed["reason"] for shed in hub.datas(SHED_TYPE)} == {"blob-recut"}
            assert not device.store.accounts[Lane.BLOB].shed_rows
            assert not device.store.blobs.path(blob.sha256).exists()
            assert device.courier.report.problem is None

    asyncio.run(story())


def test_blob_that_fits_no_packet_waits_for_another_broker(tmp_path: Path) -> None:
    """A broker that takes hardly anything holds the lane up, and is named; the next one may take it."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub, Limits(maximum_packet_size=3_000))
        async with running(tmp_path, broker) as device:
            blob = device.store.blobs.keep_bytes(random.Random(7).randbytes(10_000), "image/jpeg")
            await device.store.commit(lambda txn: txn.append_blob(blob, NOW))
            device.courier.rows_committed()
            await device.until(lambda: device.courier.report.problem)
            assert device.store.accounts[Lane.BLOB].rows
            broker.limits = Limits()
            broker.cut()
            await device.until(lambda: device.acked(Lane.BLOB))

    asyncio.run(story())
