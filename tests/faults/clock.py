# SPDX-License-Identifier: Apache-2.0
"""180 days without a link, 60 power-ups, and a clock that is wrong in every way that clocks are.

Store, time keeping, session, courier and framing are the real ones; only the machine's clocks are played, since half a
year does not fit into a test. Every power-up, restart of the agent and step of the system clock is a fault.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from edge.agent.timekeeper import Timekeeper
from edge.contract.batch import decode_batch
from edge.contract.clock import OFFSET_TYPE, ClockOffset
from edge.contract.envelope import CloudEvent, event_body
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import EARLIEST_US, Now, SteeredClock, wall_us
from edge.durable.rows import NewRow
from edge.durable.store import Store
from edge.link.batches import Batcher
from edge.link.courier import Courier
from edge.link.loopback import LoopbackBroker, LoopbackLink
from edge.link.port import Events
from edge.link.report import Addressing
from edge.sync.session import Session
from tests.durable.stores import open_bare
from tests.faults.tally import Tally
from tests.faults.wrong_machine import DAY_US, SECOND_US, YEAR_US, WrongMachine
from tests.link.district import DEVICE, KIND, SETTINGS, TOPICS, TinyHub

NAME: Final = "clock"
MEANING: Final = "boots at 1970, jumps of years, 180 days offline with 60 reboots"

DAYS: Final = 180
BOOTS: Final = 60
LIVES: Final = 25
"""Devices that live through this in the full suite."""
FIRST_DAY_US: Final = EARLIEST_US + 200 * DAY_US
TOLERATED_US: Final = SECOND_US
DISTURBED: Final = 0.15
"""Share of steps in which something sets the system clock."""
_LANES: Final = (Lane.URGENT, Lane.RECORD, Lane.RECORD, Lane.STATE, Lane.METRIC)
_DRAIN_WITHIN_S: Final = 400.0


@dataclass
class TimedHub(TinyHub):
    """Knows the right time."""

    machine: WrongMachine = field(default_factory=lambda: WrongMachine(0))
    arrived: list[str] = field(default_factory=list)
    first: dict[str, CloudEvent] = field(default_factory=dict)

    def __call__(self, topic: str, payload: bytes) -> Iterator[tuple[str, bytes]]:
        """Keeps the first of each id, as the contract says."""
        if isinstance(TOPICS.parse(topic).channel, Lane):
            for event in decode_batch(payload):
                self.arrived.append(event.id)
                self.first.setdefault(event.id, event)
        self.clock_us = self.machine.true_us
        yield from super().__call__(topic, payload)


@dataclass(slots=True)
class Life:
    """One device through half a year, and what it was promised."""

    chance: random.Random
    folder: Path
    machine: WrongMachine
    faults: int = 0
    accepted: dict[int, tuple[Lane, int]] = field(default_factory=dict)
    """Right time and lane by number, of every event that was promised durable."""
    served: set[str] = field(default_factory=set)
    """Kernel boots in which somebody told the device the time."""
    boot_of: dict[int, str] = field(default_factory=dict)

    def power_up(self, days: float) -> None:
        """After some dark hours, with whatever clock there is."""
        chance, now_us = self.chance, self.machine.true_us
        shows = chance.choice(
            [
                0,
                chance.randrange(DAY_US),
                None,
                now_us - 3 * 3600 * SECOND_US,
                now_us + chance.randrange(-12, 12) * YEAR_US,
                chance.randrange(2**31) * SECOND_US,
            ]
        )
        self.machine.boot(round(days * DAY_US), shows)
        self.faults += 1

    def open(self) -> tuple[Store, Timekeeper]:
        """The agent starts."""
        machine, loop = self.machine, asyncio.get_running_loop()
        raw = Now(machine.look().system_us, machine.look().uptime_ms, ClockQuality.HELD)
        store = Store.open(self.folder, loop.call_soon_threadsafe, machine.boot_id, raw)
        clock = SteeredClock(0, ClockQuality.UNSET, machine.uptime_us)
        keeper = Timekeeper(store, machine.boot_id, machine.look, clock)
        keeper.beat()
        return store, keeper

    async def lives(self, store: Store, keeper: Timekeeper, hours: float, steps: int) -> None:
        """Time goes on, events are written, and now and then the clock is set by something."""
        for _ in range(steps):
            self.machine.passes(round(hours * 3600 * SECOND_US / steps))
            if self.chance.random() < DISTURBED:
                self._disturb()
            keeper.beat()
            if self.machine.served:
                self.served.add(self.machine.boot_id)
            await self.emit(store, keeper)

    async def emit(self, store: Store, keeper: Timekeeper) -> None:
        """A few events are promised durable."""
        now, first = keeper.clock.now(), len(self.accepted) + 1
        given = {number: self.chance.choice(_LANES) for number in range(first, first + self.chance.randrange(1, 6))}
        await store.append(
            [
                NewRow(lane, now.wall_us, now.uptime_ms, now.quality.value, event_body(KIND, {"n": number}))
                for number, lane in given.items()
            ]
        )
        for number, lane in given.items():
            self.accepted[number] = (lane, self.machine.true_us)
            self.boot_of[number] = self.machine.boot_id

    def _disturb(self) -> None:
        self.faults += 1
        match self.chance.randrange(6):
            case 0:
                self.machine.serve()
            case 1:
                self.machine.served = False
            case _:
                years = self.chance.choice([10, -10, 1, -1, 0.01, -0.01])
                self.machine.served = False
                self.machine.jumps(round(years * YEAR_US))


def play(seed: int, scale: float, folder: Path) -> Tally:
    """So many devices, one after the other."""
    total = Tally()
    for number in range(max(1, round(LIVES * scale))):
        total += asyncio.run(one_life(seed + number, folder / f"life-{number}"))
    return total


async def one_life(seed: int, folder: Path, boots: int = BOOTS) -> Tally:
    """Half a year offline, then the link: what arrived, in what order, and dated how."""
    open_bare(folder).close()
    life = Life(random.Random(seed), folder, WrongMachine(FIRST_DAY_US))
    for _ in range(boots):
        await _one_boot(life, DAYS / boots)
    life.power_up(0.1)
    hub = TimedHub(machine=life.machine)
    await _link_returns(life, hub)
    return judged(life, hub)


async def _one_boot(life: Life, days: float) -> None:
    life.power_up(days * life.chance.uniform(0, 0.5))
    for _ in range(life.chance.choice([1, 1, 2])):
        store, keeper = life.open()
        await life.lives(store, keeper, days * 12 * life.chance.uniform(0.5, 1), life.chance.randrange(2, 14))
        store.close()
        life.faults += 1


async def _link_returns(life: Life, hub: TimedHub) -> None:
    """The last boot writes some more, the link comes, and everything is carried."""
    store, keeper = life.open()
    await life.lives(store, keeper, 2, 20)
    events = Events()
    broker = LoopbackBroker(hub)
    session = Session(
        replace(SETTINGS, epoch=store.epoch, ack_timeout_s=20.0),
        {lane: store.accounts[lane].last_seq for lane in Lane},
        {lane: store.accounts[lane].acked_seq for lane in Lane},
        int(store.meta("hub_time_us", "0")) / 1e6,
    )
    batcher = Batcher(store, DEVICE, deflate=True, times=keeper)
    link = LoopbackLink(broker, events)
    courier = Courier(store, session, (link,), events, Addressing(DEVICE, TOPICS), batcher, keeper.clock)
    store.on_shed, keeper.committed, courier.on_time = courier.rows_gone, courier.rows_committed, keeper.hear
    work = asyncio.create_task(courier.run())
    try:
        await life.emit(store, keeper)
        courier.rows_committed()
        async with asyncio.timeout(_DRAIN_WITHIN_S):
            while any(account.rows for account in store.accounts.values()) or not keeper.vouched:  # noqa: ASYNC110  (it lies in the store)
                await asyncio.sleep(0.01)
    finally:
        work.cancel()
        await asyncio.wait([work])
        store.close()
    life.served.add(life.machine.boot_id)


def judged(life: Life, hub: TimedHub) -> Tally:
    """Nothing lost, doubled or out of order; `corrupt` counts times that claim more than is so."""
    facts = [event for event in hub.first.values() if event.type == KIND]
    numbers = Counter(_number(event) for event in facts)
    order = [
        pair
        for lane in Lane
        for pair in pairwise(sorted((event.seq, _number(event)) for event in facts if event.lane is lane))
    ]
    offsets = [ClockOffset.model_validate(event.data) for event in hub.first.values() if event.type == OFFSET_TYPE]
    return Tally(
        faults=life.faults,
        accepted=len(life.accepted),
        lost=len(life.accepted.keys() - numbers.keys()),
        duplicated=sum(count - 1 for count in numbers.values()),
        disordered=sum(before[1] > after[1] for before, after in order),
        corrupt=sum(not _honest(life, event, offsets) for event in facts),
    )


def _honest(life: Life, event: CloudEvent, offsets: list[ClockOffset]) -> bool:
    """Whether an event's time is what its clock quality says, and right where the device came to know it."""
    number = _number(event)
    true_us, boot_id = life.accepted[number][1], life.boot_of[number]
    said_us = wall_us(event.time)
    if event.clock is ClockQuality.SYNCED and abs(said_us - true_us) > TOLERATED_US:
        return False
    if boot_id not in life.served:
        return True
    if event.clock is ClockQuality.UNSET or abs(said_us - true_us) > TOLERATED_US:
        return any(abs(at_us - true_us) <= TOLERATED_US for at_us in _told(event, offsets, boot_id))
    return True


def _told(event: CloudEvent, offsets: list[ClockOffset], boot_id: str) -> Iterator[int]:
    """The times that the device told for an event afterwards."""
    for offset in offsets:
        for span in offset.rows:
            if offset.boot == boot_id and span.lane is event.lane and span.from_ <= event.seq <= span.to:
                yield _zero_us(offset) + int(event.uptimems) * 1_000


def _zero_us(offset: ClockOffset) -> int:
    zero: datetime = offset.zero
    return wall_us(zero)


def _number(event: CloudEvent) -> int:
    data: dict[str, Any] = event.data
    return int(data["n"])
