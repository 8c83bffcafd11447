# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.contract.acks import Ack
from edge.contract.words import Lane
from provisioning.bench import broker as broker_module
from provisioning.bench.broker import Broker
from provisioning.bench.hub_process import Crew, HubProcess
from provisioning.bench.record import Record
from provisioning.bench.share import owner
from tests.provisioning.made_up import DEVICE, EPOCH, batch, topic

pytestmark = pytest.mark.broker

WITHIN_S = 200.0


class Sender:
    """A device reduced to what the hub sees of it: publishes batches, hears acks, sends again what is not acked."""

    def __init__(self, port: int, protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5) -> None:
        self._heard = threading.Condition()
        self.acked = 0
        self._client = Client(CallbackAPIVersion.VERSION2, DEVICE, protocol=protocol)
        self._client.on_connect = lambda client, *_: client.subscribe(f"dt/1/{DEVICE}/down/+", 1)
        self._client.on_subscribe = self._ready
        self._client.on_message = self._ack
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.wait(lambda: self.subscribed)

    subscribed = False

    def send(self, numbers: range) -> None:
        self._client.publish(topic(Lane.STATE), batch(Lane.STATE, numbers), 1)

    def appear(self) -> None:
        said = {"online": True, "boot": "b", "epoch": EPOCH, "agent": "1", "role": "r", "time": "2026-01-01T00:00:00Z"}
        self._client.publish(f"dt/1/{DEVICE}/up/presence", json.dumps(said), 1, retain=True)

    def wait(self, until: Callable[[], bool]) -> None:
        with self._heard:
            assert self._heard.wait_for(until, WITHIN_S), f"stands at {self.acked}"

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _ready(self, *_: object) -> None:
        with self._heard:
            self.subscribed = True
            self._heard.notify_all()

    def _ack(self, _: Client, __: object, message: MQTTMessage) -> None:
        with self._heard:
            self.acked = Ack.model_validate_json(message.payload).acks[Lane.STATE]
            self._heard.notify_all()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def hub(broker: Broker, tmp_path: Path) -> Iterator[HubProcess]:
    with HubProcess(broker.address, tmp_path / "hub") as running:
        yield running


@pytest.fixture
def sender(broker: Broker, hub: HubProcess) -> Iterator[Sender]:
    running = Sender(broker.port)
    yield running
    running.close()


def assert_exactly_once(hub: HubProcess, count: int) -> None:
    record = Record(hub.folder)
    assert (record.expected(), record.received(), record.lost(), record.duplicated()) == (count, count, 0, 0)
    record.close()


@pytest.mark.scenario
def test_hub_killed_under_load(hub: HubProcess, sender: Sender) -> None:
    """Killed three times while events pour in, the hub ends with every one of them, once, and says so."""
    sent = 0
    for target in (500, 3000, 6000):
        for _ in range(30):
            sender.send(range(sent + 1, sent + 101))
            sent += 100
        sender.wait(lambda target=target: sender.acked >= target)  # type: ignore[misc]
        hub.kill()
        for _ in range(10):
            sender.send(range(sent + 1, sent + 101))
            sent += 100
        hub.start()
    sender.wait(lambda: sender.acked == sent)
    assert_exactly_once(hub, sent)


@pytest.mark.scenario
def test_broker_killed_under_load(broker: Broker, hub: HubProcess, sender: Sender) -> None:
    """A broker that forgets what it had taken leaves a hole; the device fills it, and nothing counts twice."""
    for first in range(1, 2001, 100):
        sender.send(range(first, first + 100))
    sender.wait(lambda: sender.acked >= 100)
    broker.kill()
    sender.subscribed = False
    broker.start()
    sender.wait(lambda: sender.subscribed)
    for first in range(1, 2101, 100):
        sender.send(range(first, first + 100))
    sender.wait(lambda: sender.acked == 2100)
    assert_exactly_once(hub, 2100)


def test_hub_stops_when_asked(hub: HubProcess) -> None:
    """A polite end is quick, leaves no process, and takes the mark of readiness away."""
    assert (hub.folder / "hub.ready").exists()
    hub.stop()
    assert hub.pid is None
    assert not (hub.folder / "hub.ready").exists()


def test_embedded_broker_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without mosquitto the embedded broker is started, and the hub falls back to MQTT 3.1.1 with it."""
    monkeypatch.setattr(broker_module, "PLACES", "/nowhere")
    with Broker(tmp_path / "broker") as broker, HubProcess(broker.address, tmp_path / "hub") as hub:
        sender = Sender(broker.port, MQTTProtocolVersion.MQTTv311)
        sender.send(range(1, 101))
        sender.wait(lambda: sender.acked == 100)
        sender.close()
        assert_exactly_once(hub, 100)


@pytest.mark.slow
@pytest.mark.scenario
def test_worker_killed_where_the_broker_cannot_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hash, over MQTT 3.1.1, a device whose worker was killed is heard again by the worker that takes its place."""
    monkeypatch.setattr(broker_module, "PLACES", "/nowhere")
    with (
        Broker(tmp_path / "broker") as broker,
        HubProcess(broker.address, tmp_path / "hub", crew=Crew(2)) as hub,
    ):
        sender = Sender(broker.port, MQTTProtocolVersion.MQTTv311)
        sender.appear()
        deadline = time.monotonic() + WITHIN_S
        while sender.acked < 100:
            assert time.monotonic() < deadline
            sender.send(range(1, 101))  # until a worker knows of the device nobody hears it
            time.sleep(0.2)
        before = hub.worker_pids
        os.kill(before[owner(DEVICE, 2)], signal.SIGKILL)
        deadline = time.monotonic() + WITHIN_S
        while sender.acked < 300:
            assert time.monotonic() < deadline
            sender.send(range(1, 301))
            time.sleep(0.2)
        sender.close()
        assert_exactly_once(hub, 300)
        assert len({*before} & {*hub.worker_pids}) == 1
    assert_gone(before)


def test_workers_end_with_their_parent(broker: Broker, tmp_path: Path) -> None:
    """However the parent ends, no worker stays behind and goes on acking."""
    for end in (HubProcess.stop, HubProcess.kill):
        hub = HubProcess(broker.address, tmp_path / "hub", crew=Crew(2)).start()
        pids = hub.worker_pids
        assert len(pids) == 2
        end(hub)
        assert_gone(pids)


def assert_gone(pids: list[int]) -> None:
    """None of these is there any more, or will be in a moment."""
    deadline = time.monotonic() + WITHIN_S
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.02)
