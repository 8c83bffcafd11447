# SPDX-License-Identifier: Apache-2.0
import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge.contract.outbox import SHED_TYPE
from edge.contract.problems import ProblemError
from edge.contract.topics import Down, Topic, Up
from edge.contract.words import Lane
from edge.link.loopback import Faults, LoopbackBroker
from edge.sync.settings import Limits
from tests.durable.stores import NOW
from tests.link.district import ACK_TOPIC, DEVICE, SETTINGS, TOPICS, TinyHub, fact, running, told, write

PRESENCE = TOPICS.up(DEVICE, Up.PRESENCE)


def test_rows_arrive_and_are_forgotten(tmp_path: Path) -> None:
    """The whole path: rows in order at the hub, once, and none left on the device."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub)
        async with running(tmp_path, broker) as device:
            await write(device, *map(fact, range(1000)))
            await device.until(device.acked)
            assert told(hub) == list(range(1000))
            assert hub.repeats == 0
            assert broker.retained[PRESENCE] == b"on"
            assert TOPICS.up(DEVICE, Up.REPORTED) in broker.retained
            assert device.courier.report.connected
            assert device.courier.report.skew_ms is not None
        assert broker.retained[PRESENCE] == b"off"
        assert not broker.connected

    asyncio.run(story())


def test_deflated_rows_arrive(tmp_path: Path) -> None:
    """Deflation changes the payload and nothing else."""

    async def story() -> None:
        hub = TinyHub()
        async with running(tmp_path, LoopbackBroker(hub), deflate=True) as device:
            await write(device, *map(fact, range(50)))
            await device.until(device.acked)
            assert told(hub) == list(range(50))

    asyncio.run(story())


def test_agent_restarted_in_mid_flight(tmp_path: Path) -> None:
    """What was sent and not acknowledged goes again with the next agent; the hub has it once."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub, Limits(receive_maximum=3))
        broker.faults.held = True
        async with running(tmp_path, broker) as device:
            await write(device, *(fact(number, padding=100_000) for number in range(20)))
            await device.until(lambda: broker.heard)
        broker.faults.held = False
        async with running(tmp_path, broker) as device:
            await device.until(device.acked)
        assert told(hub) == list(range(20))
        assert broker.busiest <= 4, "goodbye may come on top of a full window"

    asyncio.run(story())


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(Faults(unreachable=True), id="broker_unreachable"),
        pytest.param(Faults(refused="Not authorized"), id="broker_refuses"),
        pytest.param(Faults(deaf=True), id="broker_deaf"),
        pytest.param(Faults(rejected=0x97), id="broker_rejects"),
        pytest.param(Faults(frozen=True), id="broker_frozen"),
        pytest.param(Faults(hub_away=True), id="hub_silent"),
    ],
)
@pytest.mark.scenario
def test_rows_wait_until_the_fault_ends(tmp_path: Path, faults: Faults) -> None:
    """Whatever is wrong, no row is forgotten while it lasts, and all arrive when it is over."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub)
        async with running(tmp_path, broker) as device:
            await write(device, fact(0))
            await device.until(device.acked)
            broker.faults = faults
            if faults.unreachable or faults.refused:
                broker.cut()
            await write(device, *map(fact, range(1, 30)))
            await device.until(lambda: device.courier.report.problem or device.courier.hub_silent)
            assert device.store.accounts[Lane.RECORD].rows == 29
            broker.faults = Faults()
            await device.until(device.acked)
            assert told(hub) == list(range(30))
            await device.until(lambda: device.courier.report.problem is None and not device.courier.hub_silent)

    asyncio.run(story())


def test_refusal_is_told_and_not_overwritten(tmp_path: Path) -> None:
    """A technician reads why the broker turned the device away, not that some line was lost."""

    async def story() -> None:
        broker = LoopbackBroker(TinyHub(), faults=Faults(refused="Bad user name or password"))
        async with running(tmp_path, broker) as device:
            await device.until(lambda: device.courier.report.problem)
            problem = device.courier.report.problem
            assert problem is not None
            assert (problem.code, problem.detail["reason"]) == ("link-refused", "Bad user name or password")

    asyncio.run(story())


def test_second_broker_takes_over(tmp_path: Path) -> None:
    """Brokers are tried in turn; the report names the one that is used."""

    async def story() -> None:
        hub = TinyHub()
        first, second = LoopbackBroker(hub, faults=Faults(unreachable=True)), LoopbackBroker(hub)
        async with running(tmp_path, first, second) as device:
            await write(device, fact(1))
            await device.until(device.acked)
            assert device.courier.report.broker == "broker-1"

    asyncio.run(story())


def test_link_cut_again_and_again(tmp_path: Path) -> None:
    """A line that breaks in the middle of everything loses and doubles nothing; the will speaks meanwhile."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub)
        async with running(tmp_path, broker) as device:
            for number in range(30):
                await write(device, fact(number, padding=50_000))
                if number % 3 == 0:
                    broker.cut()
                    assert broker.retained[PRESENCE] == b"off"
            await device.until(device.acked)
            assert told(hub) == list(range(30))
            assert broker.retained[PRESENCE] == b"on"

    asyncio.run(story())


def test_answers_out_of_order(tmp_path: Path) -> None:
    """A broker may answer in any order; nothing is forgotten over one that is missing."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub, faults=Faults(held=True, hub_away=True))
        settings = replace(SETTINGS, trust="broker", ack_timeout_s=60.0)
        async with running(tmp_path, broker, settings=settings) as device:
            await write(device, *(fact(number, padding=200_000) for number in range(2)))
            await device.until(lambda: len(broker.heard) == 4)
            broker.faults.held = False
            broker.release()
            await device.until(device.acked)

    asyncio.run(story())


def test_hub_restored_from_backup(tmp_path: Path) -> None:
    """The hub lost what it had acknowledged: it is told so, its watermark moves on, and what is still here comes."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub)
        async with running(tmp_path, broker) as device:
            await write(device, *(fact(number, Lane.STATE) for number in range(10)))
            await device.until(lambda: device.acked(Lane.STATE))
            hub.restore(Lane.STATE, 4)
            await write(device, fact(10, Lane.STATE))
            await device.until(lambda: device.acked(Lane.STATE) and device.acked(Lane.RECORD))
            (shed,) = hub.datas(SHED_TYPE)
            assert (shed["from"], shed["to"], shed["reason"]) == (5, 10, "acked-before")
            assert told(hub) == [0, 1, 2, 3, 10]

    asyncio.run(story())


def test_batches_fit_the_brokers_packets(tmp_path: Path) -> None:
    """However small the broker's packets are, batches stay below, and a row that never fits holds up nobody else."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub, Limits(maximum_packet_size=8192))
        async with running(tmp_path, broker) as device:
            await write(device, fact(0, Lane.STATE, padding=10_000))
            await write(device, *(fact(number, padding=900) for number in range(1, 40)))
            await device.until(device.acked)
            assert broker.connected
            assert max(len(payload) for _, payload in broker.heard) <= 8192 - 1024
            problem = device.courier.report.problem
            assert problem is not None
            assert problem.code == "event-too-large"
            broker.limits = Limits()
            broker.cut()
            await device.until(lambda: device.acked(Lane.STATE))
            assert sorted(map(str, told(hub))) == sorted(map(str, range(40)))

    asyncio.run(story())


def test_messages_are_handed_on_and_confirmed(tmp_path: Path) -> None:
    """A command reaches its desk and is confirmed when that is done; strangers and rubbish are confirmed."""

    async def story() -> None:
        broker = LoopbackBroker(TinyHub())
        async with running(tmp_path, broker) as device:
            command = TOPICS.down(DEVICE, Down.COMMAND)
            for topic in ("somewhere/else", command, TOPICS.group_command("all")):
                broker.say(topic, b"a.b.c")
            broker.say(ACK_TOPIC, b"not json")
            await device.until(lambda: not broker.unconfirmed)
            assert [topic.group for topic, _ in device.heard] == ["", "all"]
            problem = device.courier.report.problem
            assert problem is not None
            assert problem.code == "ack-invalid"

    asyncio.run(story())


def test_message_that_cannot_be_kept_comes_again(tmp_path: Path) -> None:
    """A command the device could not write down is not confirmed, and the broker brings it over the next connection."""

    async def story() -> None:
        broker = LoopbackBroker(TinyHub())
        async with running(tmp_path, broker) as device:
            hear = device.courier.on_message
            failures = 0

            async def fail(_topic: Topic, _payload: bytes) -> None:
                nonlocal failures
                failures += 1
                raise ProblemError("disk-full", path="a test")

            device.courier.on_message = fail
            broker.say(TOPICS.down(DEVICE, Down.COMMAND), b"a.b.c")
            await device.until(lambda: failures)
            assert broker.unconfirmed
            device.courier.on_message = hear
            broker.cut()
            await device.until(lambda: device.heard and not broker.unconfirmed)

    asyncio.run(story())


def test_ack_of_another_epoch_moves_nothing(tmp_path: Path) -> None:
    """Acknowledgements and blobs of a former store are not this store's."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub, faults=Faults(hub_away=True))
        async with running(tmp_path, broker, settings=replace(SETTINGS, ack_timeout_s=60.0)) as device:
            blob = device.store.blobs.keep_bytes(b"picture", "image/jpeg")
            await device.store.commit(lambda txn: txn.append_blob(blob, NOW))
            await write(device, fact(1))
            hub.epoch, hub.has_blobs, hub.has[Lane.RECORD] = "another", (blob.sha256,), {1}
            broker.say(*hub.says())
            await device.until(lambda: not broker.unconfirmed)
            assert device.courier.report.hub_heard is None
            assert device.store.accounts[Lane.RECORD].rows == 1
            assert device.store.blobs.path(blob.sha256).exists()

    asyncio.run(story())


def test_what_could_not_be_forgotten_goes_with_the_next_ack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit after an acknowledgement may fail: the rows stay, and the next acknowledgement takes them along."""

    async def story() -> None:
        hub = TinyHub()
        async with running(tmp_path, LoopbackBroker(hub)) as device:

            def full(*_: object) -> None:
                raise ProblemError("disk-full", path="a test")

            with monkeypatch.context() as patch:
                patch.setattr("edge.durable.transaction.Transaction.forget", full)
                await write(device, fact(1))
                await device.until(lambda: device.courier.report.problem)
                assert device.store.accounts[Lane.RECORD].rows == 1
            await write(device, fact(2))
            await device.until(device.acked)
            assert told(hub) == [1, 2]

    asyncio.run(story())


def test_loss_that_could_not_be_told_is_told_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the row that tells a restored hub of its loss cannot be written, the next acknowledgement brings it about."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub)
        async with running(tmp_path, broker) as device:
            await write(device, *(fact(number, Lane.STATE) for number in range(10)))
            await device.until(lambda: device.acked(Lane.STATE))

            def full(*_: object) -> None:
                raise ProblemError("disk-full", path="a test")

            with monkeypatch.context() as patch:
                patch.setattr("edge.durable.transaction.Transaction.shed", full)
                hub.restore(Lane.STATE, 4)
                broker.say(*hub.says())
                await device.until(lambda: device.courier.report.problem)
            broker.say(*hub.says())
            await device.until(lambda: hub.datas(SHED_TYPE))
            assert json.dumps(hub.datas(SHED_TYPE)[0]).startswith('{"lane": "state", "from": 5, "to": 10')

    asyncio.run(story())


def test_courier_started_again_makes_a_connection_of_its_own(tmp_path: Path) -> None:
    """After a crash the supervisor runs the courier anew: it must not believe in the link it has closed."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub)
        async with running(tmp_path, broker) as device:
            await device.until(lambda: device.courier.report.connected)
            (first,) = [task for task in asyncio.all_tasks() if "Courier.run" in repr(task.get_coro())]
            first.cancel()
            await asyncio.wait([first])
            assert not device.courier.report.connected
            again = asyncio.create_task(device.courier.run())
            await device.until(lambda: broker.connected)
            again.cancel()
            await asyncio.wait([again])

    asyncio.run(story())


def test_resync_offers_everything_once_more(tmp_path: Path) -> None:
    """Asked to, the device sends again what is not acknowledged."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub, faults=Faults(hub_away=True))
        async with running(tmp_path, broker, settings=replace(SETTINGS, ack_timeout_s=60.0)) as device:
            await write(device, fact(1))
            await device.until(lambda: len(broker.heard) == 3)
            broker.faults.hub_away = False
            device.courier.send_again()
            await device.until(device.acked)
            assert told(hub) == [1]

    asyncio.run(story())
