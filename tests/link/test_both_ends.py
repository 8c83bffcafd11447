# SPDX-License-Identifier: Apache-2.0
"""The courier over links that look alive and are not, over brokers with wishes of their own, and over metered lines."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from edge.contract.words import Lane
from edge.link.clerk import SPENT
from edge.link.loopback import LoopbackBroker
from edge.link.report import TOLD_S
from edge.sync.budget import Budget
from edge.sync.reasons import SESSION_TAKEN_OVER
from edge.sync.settings import Limits
from tests.link.district import SETTINGS, Device, TinyHub, fact, running, told, write

WATCHFUL = replace(SETTINGS, silence_s=0.1, canary_s=0.1)


def codes(device: Device) -> set[str]:
    return {problem.code for problem in device.courier.problems()}


def test_forgotten_subscription_is_mended(tmp_path: Path) -> None:
    """The broker has forgotten what we listen to: a canary shows it, a new subscription heals it."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub)
        canaries = 0
        async with running(tmp_path, broker, settings=WATCHFUL) as device:

            async def sing() -> None:
                nonlocal canaries
                canaries += 1
                await write(device, fact(canaries))

            device.courier.on_canary = sing
            await device.until(lambda: canaries and device.acked())
            broker.faults.forgetful = True
            before = canaries
            await device.until(lambda: canaries > before and not broker.faults.forgetful)
            await device.until(lambda: len(told(hub)) > 1 and not device.courier.hub_silent)
            assert told(hub)[:2] == [1, 2]

    asyncio.run(story())


def test_frozen_broker_is_left_for_the_next_and_gone_back_to(tmp_path: Path) -> None:
    """A half-open line is found without any traffic; while the second broker serves, the first is looked for."""

    async def story() -> None:
        hub = TinyHub()
        brokers = LoopbackBroker(hub), LoopbackBroker(hub)
        settings = replace(SETTINGS, silence_s=0.1, return_after_s=0.2)
        async with running(tmp_path, *brokers, settings=settings) as device:
            await device.until(lambda: device.courier.report.connected)
            brokers[0].faults.frozen = True
            await device.until(lambda: brokers[1].connected)
            await write(device, fact(1))
            await device.until(device.acked)
            brokers[0].faults.frozen = False
            await device.until(lambda: device.courier.report.broker == "broker-0" and brokers[0].connected)
            await write(device, fact(2))
            await device.until(device.acked)
            assert told(hub) == [1, 2]

    asyncio.run(story())


def test_lane_that_is_not_wanted_is_named(tmp_path: Path) -> None:
    """Not authorized: the row stays, the problem names the lane, and the next link tries again."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub)
        broker.faults.rejected = 0x87
        async with running(tmp_path, broker) as device:
            await write(device, fact(1))
            await device.until(lambda: "lane-refused" in codes(device))
            assert device.store.accounts[Lane.RECORD].rows == 1
            broker.faults.rejected = 0
            broker.cut()
            await device.until(device.acked)
            assert "lane-refused" not in codes(device)
            assert told(hub) == [1]

    asyncio.run(story())


def test_loss_for_want_of_room_is_spoken_of_while_it_goes_on(tmp_path: Path) -> None:
    """A full store is news for ten minutes after the last row went; what went before this start is none."""

    async def story() -> None:
        async with running(tmp_path, LoopbackBroker(TinyHub())) as device:
            losses = device.courier.report.losses
            losses.note(7, float("-inf"))
            assert "rows-given-up" not in codes(device)
            losses.note(7, time.monotonic())
            assert "rows-given-up" not in codes(device)
            losses.note(8, time.monotonic())
            assert "rows-given-up" in codes(device)
            assert not losses.lately(time.monotonic() + TOLD_S)

    asyncio.run(story())


def test_rival_of_our_name_is_named(tmp_path: Path) -> None:
    """The broker says that another device took the session over: that is told, and not forgotten with the next link."""

    async def story() -> None:
        broker = LoopbackBroker(TinyHub())
        async with running(tmp_path, broker) as device:
            await device.until(lambda: device.courier.report.connected)
            broker.cut("session taken over", SESSION_TAKEN_OVER)
            await device.until(lambda: "identity-twice" in codes(device) and device.courier.report.connected)

    asyncio.run(story())


def test_broker_that_finds_packets_too_large_gets_smaller_ones(tmp_path: Path) -> None:
    """It granted more than it takes: batches shrink until they pass, and every row arrives."""

    async def story() -> None:
        hub = TinyHub()
        broker = LoopbackBroker(hub, Limits(maximum_packet_size=20_000), grants=Limits())
        async with running(tmp_path, broker) as device:
            await write(device, *(fact(number, padding=900) for number in range(100)))
            await device.until(device.acked)
            assert told(hub) == list(range(100))

    asyncio.run(story())


def test_broker_without_retained_messages_gets_none(tmp_path: Path) -> None:
    """It would end the link over the first (MQTT 5, 3.2.2.3.5)."""

    async def story() -> None:
        broker = LoopbackBroker(TinyHub(), Limits(retain=False))
        async with running(tmp_path, broker) as device:
            await write(device, fact(1))
            await device.until(device.acked)
            assert not broker.retained

    asyncio.run(story())


def test_metered_line_stops_a_lane_and_remembers_what_it_cost(tmp_path: Path) -> None:
    """Telemetry has spent its share: it waits and is named, alarms go on, and a restart forgets nothing."""

    async def story() -> None:
        hub = TinyHub()
        async with running(tmp_path, LoopbackBroker(hub)) as device:
            device.courier._session.budget = Budget({Lane.METRIC: 0.0005})
            await write(device, fact(1, Lane.METRIC, padding=600))
            await device.until(lambda: device.acked(Lane.METRIC))
            await write(device, fact(2, Lane.METRIC), fact(3, Lane.URGENT))
            await device.until(lambda: device.acked(Lane.URGENT) and "budget-spent" in codes(device))
            assert device.store.accounts[Lane.METRIC].rows == 1
            assert Budget({Lane.METRIC: 0.0005}, device.store.meta(SPENT)).closed(_today(device)) == {Lane.METRIC}
            device.courier._session.budget = Budget({})
            device.courier._session.today("")
            device.courier.rows_committed()
            await device.until(lambda: device.acked(Lane.METRIC))

    asyncio.run(story())


def _today(device: Device) -> str:
    return device.courier._clock.now().at.astimezone().date().isoformat()
