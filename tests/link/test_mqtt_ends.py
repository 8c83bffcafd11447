# SPDX-License-Identifier: Apache-2.0
"""Real brokers that freeze, die, come back and let others in under our name."""

import asyncio
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.config.models import Broker as BrokerConfig
from edge.link.mqtt import MqttLink
from edge.link.port import Events, Will
from edge.sync.roads import FLAPS
from edge.sync.settings import Limits, SessionSettings
from provisioning.bench.broker import HOST, Broker
from tests.link.brokers import KEEPALIVE_S, Ear, link_to
from tests.link.district import DEVICE, TOPICS, TinyHub, fact, running_over, told, write

pytestmark = pytest.mark.broker

SETTINGS = SessionSettings("", ack_timeout_s=3.0, backoff_min_s=0.02, backoff_max_s=0.2)


class Watched(MqttLink):
    """Writes down what it is told to do."""

    def __init__(self, port: int, events: Events) -> None:
        super().__init__(BrokerConfig(host=HOST, port=port), f"{DEVICE}-watched", KEEPALIVE_S, 60.0, events)
        self.log: list[str] = []

    async def open(self, will: Will, subscriptions: tuple[str, ...]) -> Limits:
        self.log.append("open")
        return await super().open(will, subscriptions)

    def ping(self) -> None:
        self.log.append("ping")
        super().ping()


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[tuple[Broker, Broker]]:
    """Two mosquittos of one's own."""
    with (
        Broker(tmp_path / "one", persistent=False) as one,
        Broker(tmp_path / "two", persistent=False) as two,
    ):
        yield one, two


@pytest.mark.slow
def test_idle_line_to_a_frozen_broker_is_found(brokers: tuple[Broker, Broker], tmp_path: Path) -> None:
    """A stopped process keeps its sockets open; with nothing to send, the question after `silence_s` shows it."""
    broker = brokers[0]

    async def story() -> None:
        events: Events = asyncio.Queue()
        settings = replace(SETTINGS, silence_s=1.0)
        link = Watched(broker.port, events)
        async with running_over(tmp_path / "dt", events, (link,), settings) as device:
            # The broker answers our questions: one follows the other on the same line.
            await device.until(lambda: link.log[-2:] == ["ping", "ping"])
            assert broker.pid
            os.kill(broker.pid, signal.SIGSTOP)
            try:
                await device.until(lambda: not device.courier.report.connected)
            finally:
                os.kill(broker.pid, signal.SIGCONT)
            await device.until(lambda: device.courier.report.connected)

    asyncio.run(story())


@pytest.mark.slow
def test_dead_broker_is_left_and_gone_back_to(brokers: tuple[Broker, Broker], tmp_path: Path) -> None:
    """The second broker takes over when the first is killed; when it is back, the device returns, and loses nothing."""
    first, second = brokers
    hub = TinyHub()

    async def story() -> None:
        ears = [Ear(broker.port, TOPICS.everything_up(), answer=hub) for broker in brokers]
        events: Events = asyncio.Queue()
        links = tuple(link_to(broker.port, events) for broker in brokers)
        settings = replace(SETTINGS, return_after_s=0.5)
        async with running_over(tmp_path / "dt", events, links, settings) as device:
            await write(device, fact(1))
            await device.until(device.acked)
            first.kill()
            await device.until(lambda: device.courier.report.connected and _at(device.courier.report.broker, second))
            await write(device, fact(2))
            await device.until(device.acked)
            first.start()
            await device.until(lambda: device.courier.report.connected and _at(device.courier.report.broker, first))
            await write(device, fact(3))
            await device.until(device.acked)
            assert told(hub) == [1, 2, 3]
        for ear in ears:
            ear.close()

    asyncio.run(story())


@pytest.mark.slow
def test_device_of_the_same_name(brokers: tuple[Broker, Broker], tmp_path: Path) -> None:
    """Debian's mosquitto does not say that a session was taken over: links that end again and again say it."""

    async def story() -> None:
        events: Events = asyncio.Queue()
        port = brokers[0].port
        links = (MqttLink(BrokerConfig(host=HOST, port=port), DEVICE, KEEPALIVE_S, 60.0, events),)
        async with running_over(tmp_path / "dt", events, links, SETTINGS) as device:
            rival = MqttLink(BrokerConfig(host=HOST, port=port), DEVICE, KEEPALIVE_S, 60.0, asyncio.Queue())
            for _ in range(FLAPS):
                await device.until(lambda: device.courier.report.connected)
                await rival.open(Will("dt/1/pole-1/up/presence", b"off"), (TOPICS.everything_down(DEVICE),))
                await device.until(lambda: not device.courier.report.connected)
            assert "link-flaps" in {problem.code for problem in device.courier.problems()}
            await rival.close()

    asyncio.run(story())


def test_reachable_says_who_listens(brokers: tuple[Broker, Broker]) -> None:
    """The first broker is looked for without opening a session there."""

    async def story() -> None:
        link = link_to(brokers[1].port, asyncio.Queue())
        assert await link.reachable()
        brokers[1].kill()
        assert not await link.reachable()
        link.ping()
        link.resubscribe()

    asyncio.run(story())


def _at(address: str, broker: Broker) -> bool:
    return address.endswith(f":{broker.port}")
