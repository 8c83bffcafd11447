# SPDX-License-Identifier: Apache-2.0
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.config.models import Broker as Address
from edge.contract.acks import Ack
from edge.contract.batch import MAX_BATCH_BYTES, decode_batch, encode_batch
from edge.contract.envelope import EventFrame, event_body
from edge.contract.export import FrameHead
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from provisioning.bench.broker import Broker, free_port
from provisioning.bench.child import Child
from provisioning.bench.hub_process import HubProcess
from provisioning.bench.record import Record
from provisioning.carried.at_broker import AtBroker, broker_of
from provisioning.carried.delivery import Delivery, Watermarks
from provisioning.carried.fitting import fitting
from provisioning.carried.opened import opened
from tests.durable.stores import forget
from tests.durable.stores import opened as opened_store
from tests.provisioning.carried.exports import Device
from tests.scenarios.load import wait_until

PATIENCE_S = 2.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    started = Broker(tmp_path / "broker")
    started.start()
    yield started
    started.kill()


def deliver(device: Device, file: Path, port: int, patience_s: float = PATIENCE_S) -> dict[Lane, int]:
    with opened(file, device.opening) as export:
        return Delivery(export, Address(host="127.0.0.1", port=port), "dt/1", patience_s, lambda _: None).run()


def refusal(device: Device, file: Path, port: int) -> ProblemError:
    with pytest.raises(ProblemError) as wrong:
        deliver(device, file, port)
    return wrong.value


@pytest.mark.broker
def test_hub_not_there(broker: Broker, tmp_path: Path) -> None:
    """The broker takes everything and the hub says nothing: that is told as what it is, with how much is missing."""
    device = Device.with_backlog(tmp_path / "device", 7)
    device.export(tmp_path / "e.dtx")
    told = refusal(device, tmp_path / "e.dtx", broker.port).problem
    assert (told.code, told.detail["missing"], told.detail["rows"]) == ("import-unconfirmed", 7, 7)


def test_broker_not_there(tmp_path: Path) -> None:
    """Nobody listens: nothing was said, and it may simply be tried again."""
    device = Device.with_backlog(tmp_path / "device", 1)
    device.export(tmp_path / "e.dtx")
    assert refusal(device, tmp_path / "e.dtx", free_port()).problem.code == "broker-unreachable"


@pytest.mark.broker
def test_hub_lacks_what_was_before(broker: Broker, tmp_path: Path) -> None:
    """A hub that lost what it had acknowledged stores what comes, and cannot confirm it: that is no success."""
    device = Device.with_backlog(tmp_path / "device", 7)
    with opened_store(tmp_path / "device" / "store") as store:
        forget(store, Lane.STATE, 3)
    device.export(tmp_path / "e.dtx")
    hub = HubProcess(broker.address, tmp_path / "hub")
    hub.start()
    try:
        told = refusal(device, tmp_path / "e.dtx", broker.port).problem
        assert (told.code, told.detail["acked"]) == ("import-unconfirmed", "state 0")
        record = Record(hub.folder)
        wait_until(lambda: record.received() == 4, PATIENCE_S, "the hub has stored what came")
        record.close()
    finally:
        hub.kill()


@pytest.mark.broker
@pytest.mark.slow
def test_broker_of_the_older_mqtt(tmp_path: Path) -> None:
    """A broker that knows MQTT 3.1.1 alone is spoken to as it can be."""
    port = free_port()
    command = [sys.executable, "-m", "provisioning.bench.embedded_broker", "--port", str(port)]
    old = Child("broker", command, tmp_path / "broker.log")
    hub = HubProcess(f"127.0.0.1:{port}", tmp_path / "hub")
    try:
        hub.start()
        device = Device.with_backlog(tmp_path / "device", 700, [b"picture" * 100])
        device.export(tmp_path / "e.dtx")
        assert deliver(device, tmp_path / "e.dtx", port, 200.0) == {Lane.RECORD: 1, Lane.STATE: 700, Lane.BLOB: 1}
    finally:
        hub.kill()
        old.kill()


def test_only_the_hubs_word_on_this_store_counts() -> None:
    """Acks of another epoch, lower ones and rubbish move nothing; a repeated one is heard, and is no progress."""
    marks = Watermarks("e1")
    risen_s = marks.risen_s = time.monotonic() - 100

    def hear(epoch: str, seq: int) -> None:
        marks.hear(Ack(epoch=epoch, acks={Lane.STATE: seq}, time=datetime.now(UTC)).model_dump_json().encode())

    hear("e2", 9)
    marks.hear(b"rubbish")
    assert (marks.acked, marks.heard, marks.risen_s) == ({}, 0, risen_s)
    hear("e1", 5)
    assert marks.risen_s > risen_s
    marks.risen_s = risen_s
    hear("e1", 4)
    assert (marks.acked, marks.heard, marks.risen_s) == ({Lane.STATE: 5}, 2, risen_s)
    assert marks.covers(FrameHead(lane=Lane.STATE, first=1, last=5, rows=5))
    assert not marks.covers(FrameHead(lane=Lane.STATE, first=1, last=6, rows=6))


def batch(count: int, pad: int) -> bytes:
    frame = EventFrame("pole-1", "e1", Lane.STATE).frame
    body = event_body("cn.dongtou.edge.test.fact.v1", {"pad": "é" * pad, "n": 1.50})
    return encode_batch([frame(seq, 1_700_000_000_000_000, "held", 5, body) for seq in range(1, count + 1)], 0)


def test_a_batch_that_fits_goes_as_it_is() -> None:
    """Byte for byte."""
    payload = batch(100, 50)
    assert list(fitting(payload, MAX_BATCH_BYTES + 2000, Lane.STATE)) == [payload]


def test_a_batch_that_does_not_fit_is_parted() -> None:
    """Into batches that do, with the same events in the same order."""
    payload = batch(100, 50)
    parts = list(fitting(payload, 1500, Lane.STATE))
    assert len(parts) > 1
    assert all(len(part) <= 1500 for part in parts)
    assert [event for part in parts for event in decode_batch(part)] == decode_batch(payload)


def test_an_event_that_does_not_fit_is_told() -> None:
    """With what the broker takes and what would be needed."""
    with pytest.raises(ProblemError, match="import-batch-too-large"):
        list(fitting(batch(1, 50), 1100, Lane.STATE))


@pytest.mark.parametrize(
    ("address", "ca", "due"),
    [
        ("hub.example", None, ("hub.example", 1883)),
        ("hub.example", Path("/ca.pem"), ("hub.example", 8883)),
        ("hub.example:1999", None, ("hub.example", 1999)),
        ("[::1]:1999", None, ("::1", 1999)),
    ],
)
def test_a_broker_is_named_shortly(address: str, ca: Path | None, due: tuple[str, int]) -> None:
    """The port is the usual one if left out."""
    named = broker_of(AtBroker(address, ca_file=ca))
    assert (named.host, named.port) == due


@pytest.mark.parametrize("address", ["", "hub.example:", "hub.example:x", "hub.example:99999", ":1883"])
def test_what_is_no_broker_is_told(address: str) -> None:
    """Before anything is done."""
    with pytest.raises(ProblemError, match="broker-invalid"):
        broker_of(AtBroker(address))
