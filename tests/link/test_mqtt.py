# SPDX-License-Identifier: Apache-2.0
import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.envelope import event_body
from edge.contract.problems import ProblemError
from edge.contract.topics import Up
from edge.contract.words import Lane
from edge.link.port import Delivered, Dropped, Events, Received, Will
from edge.sync.settings import SessionSettings
from provisioning.bench.broker import HOST, Broker, free_port
from tests.durable.stores import new_row
from tests.link.brokers import Ear, Version, link_to, listens, make_certificate, mosquitto, next_of, until
from tests.link.district import DEVICE, TOPICS, Device, TinyHub, running_over

pytestmark = pytest.mark.broker

WILL = Will(TOPICS.up(DEVICE, Up.PRESENCE), b"off")
DOWN = TOPICS.everything_down(DEVICE)
SETTINGS = SessionSettings("", ack_timeout_s=1.0, backoff_min_s=0.02, backoff_max_s=0.2)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A mosquitto for all tests that leave it as it is."""
    with Broker(tmp_path_factory.mktemp("broker"), persistent=False) as started:
        yield started


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A mosquitto of one's own, to be stopped and killed."""
    with Broker(tmp_path / "broker", persistent=False) as started:
        yield started


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_both_versions_carry(broker: Broker, version: Version) -> None:
    """Publish, deliver, hear and confirm work over MQTT 5 and 3.1.1; what was confirmed does not come again."""

    async def story() -> None:
        events: Events = asyncio.Queue()
        link = link_to(broker.port, events, version)
        limits = await link.open(WILL, (DOWN,))
        assert (limits.receive_maximum < 65_535) == (version == "5")
        token = link.publish("dt/1/pole-1/down/reply", b"to myself", batch=True)
        messages = [await events.get(), await events.get()]
        (received,) = (message for message in messages if isinstance(message, Received))
        (delivered,) = (message for message in messages if isinstance(message, Delivered))
        assert (received.topic, received.payload, delivered.token, delivered.code) == (
            "dt/1/pole-1/down/reply",
            b"to myself",
            token,
            0,
        )
        link.confirm(received)
        await link.close(b"bye")
        await link.open(WILL, (DOWN,))
        token = link.publish("dt/1/pole-1/down/reply", b"again")
        assert (await next_of(events, Received)).payload == b"again"
        await link.close(b"bye")

    asyncio.run(story())


def test_unconfirmed_message_comes_again(broker: Broker) -> None:
    """The broker keeps a command until the device has said that it is durable."""

    async def story() -> None:
        events: Events = asyncio.Queue()
        link = link_to(broker.port, events, "5")
        await link.open(WILL, (DOWN,))
        link.publish("dt/1/pole-1/down/command", b"a.b.c")
        await next_of(events, Received)
        await link.close()
        await link.open(WILL, (DOWN,))
        again = await next_of(events, Received)
        assert again.payload == b"a.b.c"
        link.confirm(again)
        await link.close(b"bye")

    asyncio.run(story())


def test_nobody_subscribed_is_not_heard(broker: Broker) -> None:
    """MQTT 5 tells that nobody listens, and the link passes it on."""

    async def story() -> None:
        events: Events = asyncio.Queue()
        link = link_to(broker.port, events, "5")
        await link.open(WILL, (DOWN,))
        link.publish("nobody/listens", b"x")
        assert (await next_of(events, Delivered)).code == 0x10
        await link.close(b"bye")
        assert link.publish("nobody/listens", b"x") == 0
        link.confirm(Received("nobody/listens", b"x", 1, 1))
        await link.close(b"bye")

    asyncio.run(story())


def test_wrong_password_is_link_refused(tmp_path: Path) -> None:
    """The broker's own reason reaches the technician, no connection is reported as lost, and MQTT 5 is kept to."""
    port = free_port()
    (tmp_path / "users").write_text("pole-1:$7$101$AAAAAAAAAAAAAAAA$AAAA\n")
    secret = tmp_path / "secret"
    secret.write_text("wrong\n")
    server = mosquitto(tmp_path, f"listener {port} {HOST}\npassword_file {tmp_path / 'users'}\nallow_anonymous false")

    async def story() -> None:
        events: Events = asyncio.Queue()
        link = link_to(port, events, username="pole-1", password_file=secret)
        await until(lambda: listens(port))
        for _ in range(2):
            with pytest.raises(ProblemError) as failed:
                await link.open(WILL, (DOWN,))
            assert (failed.value.problem.code, failed.value.problem.detail["reason"]) == (
                "link-refused",
                "Not authorized",
            )
        assert events.empty()

    try:
        asyncio.run(story())
    finally:
        server.kill()
        server.wait()


def test_password_file_missing_is_told(broker: Broker, tmp_path: Path) -> None:
    """A file that is not there is a problem of the link, not the end of the courier."""

    async def story() -> None:
        link = link_to(broker.port, asyncio.Queue(), username="pole-1", password_file=tmp_path / "none")
        with pytest.raises(ProblemError) as failed:
            await link.open(WILL, (DOWN,))
        assert failed.value.problem.code == "link-unreachable"

    asyncio.run(story())


def test_no_listener_is_link_unreachable() -> None:
    """A port nobody listens on is told apart from a broker that refuses."""

    async def story() -> None:
        link = link_to(free_port(), asyncio.Queue())
        with pytest.raises(ProblemError) as failed:
            await link.open(WILL, (DOWN,))
        assert failed.value.problem.code == "link-unreachable"

    asyncio.run(story())


def test_listener_that_never_greets() -> None:
    """A peer that accepts and says nothing is given up in time, and tried with the older version next."""

    async def story() -> None:
        with socket.create_server((HOST, 0)) as silent:
            link = link_to(silent.getsockname()[1], asyncio.Queue())
            link._timeout_s = 0.1
            versions: list[int] = []
            while versions[-1:] != [4]:
                link._timeout_s *= 2  # on a busy machine the greeting itself may take longer
                with pytest.raises(ProblemError) as failed:
                    await link.open(WILL, (DOWN,))
                assert failed.value.problem.code == "link-unreachable"
                with silent.accept()[0] as peer:
                    versions += peer.recv(64)[8:9]
            assert set(versions[:-1]) == {5}

    asyncio.run(story())


def test_listener_that_hangs_up() -> None:
    """A peer that closes at once is a refusal, and no connection that was lost."""

    async def story() -> None:
        server = await asyncio.start_server(lambda _, writer: writer.close(), HOST, 0)
        events: Events = asyncio.Queue()
        link = link_to(server.sockets[0].getsockname()[1], events)
        with pytest.raises(ProblemError) as failed:
            await link.open(WILL, (DOWN,))
        assert failed.value.problem.code in {"link-refused", "link-unreachable"}
        assert events.empty()
        server.close()

    asyncio.run(story())


def test_broker_that_knew_mqtt_5_is_never_taken_for_an_old_one(own_broker: Broker) -> None:
    """A broker that is ill for a while gets MQTT 5 again, with all that only MQTT 5 can tell."""

    async def story() -> None:
        events: Events = asyncio.Queue()
        link = link_to(own_broker.port, events)
        await link.open(WILL, (DOWN,))
        assert own_broker.pid
        await link.close()
        patient_s, link._timeout_s = link._timeout_s, 0.5
        os.kill(own_broker.pid, signal.SIGSTOP)
        with pytest.raises(ProblemError):
            await link.open(WILL, (DOWN,))
        os.kill(own_broker.pid, signal.SIGCONT)
        link._timeout_s = patient_s
        limits = await link.open(WILL, (DOWN,))
        assert limits.receive_maximum < 65_535
        await link.close(b"bye")

    asyncio.run(story())


@pytest.mark.scenario
def test_broker_killed_and_back(own_broker: Broker, tmp_path: Path) -> None:
    """The device notices at once, connects again by itself, and every row reaches the hub once."""
    hub = TinyHub()

    async def story() -> None:
        ear = Ear(own_broker.port, TOPICS.everything_up(), answer=hub)
        events: Events = asyncio.Queue()
        async with running_over(tmp_path / "dt", events, (link_to(own_broker.port, events),), SETTINGS) as device:
            await write(device, range(50))
            await device.until(device.acked)
            own_broker.kill()
            await device.until(lambda: not device.courier.report.connected)
            await write(device, range(50, 100))
            own_broker.start()
            await device.until(device.acked)
        ear.close()
        assert [event.data["n"] for event in hub.events.values()] == list(range(100))

    asyncio.run(story())


@pytest.mark.scenario
def test_broker_frozen_is_noticed_within_the_ack_timeout(own_broker: Broker, tmp_path: Path) -> None:
    """A stopped process keeps its sockets open: not the keep-alive but the missing answer shows it."""
    hub = TinyHub()

    async def story() -> None:
        ear = Ear(own_broker.port, TOPICS.everything_up(), answer=hub)
        events: Events = asyncio.Queue()
        link = link_to(own_broker.port, events)
        async with running_over(tmp_path / "dt", events, (link,), SETTINGS) as device:
            await device.until(lambda: device.courier.report.connected)
            assert own_broker.pid
            os.kill(own_broker.pid, signal.SIGSTOP)
            await write(device, range(10))
            await device.until(lambda: not device.courier.report.connected)
            problem = device.courier.report.problem
            assert problem is not None
            os.kill(own_broker.pid, signal.SIGCONT)
            await device.until(device.acked)
        ear.close()

    asyncio.run(story())


def test_will_speaks_after_kill_and_goodbye_after_leaving(broker: Broker) -> None:
    """Presence is retained: `off` by the broker for a killed device, the last word for one that leaves."""
    topic = "dt/1/goodbye/up/presence"

    async def story() -> None:
        ear = Ear(broker.port, topic)
        for leave, word in ((subprocess.Popen.kill, b"off"), (_ask_to_leave, b"bye")):
            command = [sys.executable, "-m", "tests.link.goodbye", str(broker.port), topic]
            with _started(command) as device:
                assert device.stdout
                assert await asyncio.to_thread(device.stdout.readline)
                leave(device)
            await until(lambda word=word: ear.heard.get(topic, [b""])[-1] == word)  # type: ignore[misc]
        late = Ear(broker.port, topic)
        await until(lambda: late.retained.get(topic) == b"bye")
        assert ear.heard[topic] == [b"on", b"off", b"on", b"bye"]
        ear.close()
        late.close()

    asyncio.run(story())


def test_burst_over_tls_is_read_to_the_end(tmp_path: Path) -> None:
    """What one TLS record carries is handed over whole, although the socket shows nothing more to read."""
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    burst = b"".join(bytes((0x32, 6, 0, 1)) + b"t" + bytes((0, number)) + b"x" for number in range(1, 11))

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(bytes((0x20, 2, 0, 0)))
        subscribe = await reader.read(1024)
        writer.write(bytes((0x90, 3)) + subscribe[2:4] + b"\1" + burst)
        await reader.read()
        writer.close()

    async def story() -> None:
        server = await asyncio.start_server(greet, HOST, 0, ssl=context)
        events: Events = asyncio.Queue()
        link = link_to(server.sockets[0].getsockname()[1], events, "3.1.1", ca_file=certificate)
        await link.open(WILL, (DOWN,))
        for number in range(1, 11):
            assert (await next_of(events, Received)).mid == number
        await link.close()
        server.close()

    asyncio.run(story())


def test_keepalive_runs_out_and_leaves_one_timer(broker: Broker) -> None:
    """A connection that ends by its keep-alive takes its timer along; the next has one of its own."""

    async def story() -> None:
        events: Events = asyncio.Queue()
        link = link_to(broker.port, events, "5")
        await link.open(WILL, (DOWN,))
        client = link._client
        assert client is not None
        # As if the last ping had gone unanswered for longer than the keep-alive.
        client._ping_t = client._last_bytes_received = client._last_msg_out = 1.0
        link._keep()
        assert isinstance(await next_of(events, Dropped), Dropped)
        assert link._misc is None
        await link.open(WILL, (DOWN,))
        await link.close(b"bye")

    asyncio.run(story())


async def write(device: Device, numbers: range) -> None:
    kind = "cn.dongtou.edge.test.fact.v1"
    await device.store.append([new_row(Lane.RECORD, event_body(kind, {"n": number})) for number in numbers])
    device.courier.rows_committed()


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _ask_to_leave(device: subprocess.Popen[bytes]) -> None:
    assert device.stdin
    device.stdin.write(b"\n")
    device.stdin.flush()
