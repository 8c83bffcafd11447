# SPDX-License-Identifier: Apache-2.0
"""A device, a broker in memory and a hub of a few lines: the whole path from row to acknowledgement."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from edge.contract.acks import Ack
from edge.contract.batch import decode_batch
from edge.contract.envelope import CloudEvent, event_body
from edge.contract.outbox import SHED_TYPE
from edge.contract.topics import Down, Topic, Topics
from edge.contract.words import Lane
from edge.core.clock import ManualClock, instant
from edge.durable.rows import NewRow
from edge.durable.store import Store
from edge.link.batches import Batcher
from edge.link.courier import Courier
from edge.link.loopback import LoopbackBroker, LoopbackLink
from edge.link.port import Events, Link
from edge.link.report import Addressing
from edge.sync.session import Session
from edge.sync.settings import SessionSettings
from tests.durable.stores import NOW, new_row, open_bare

DEVICE = "pole-1"
TOPICS = Topics()
KIND = "cn.dongtou.edge.test.fact.v1"
ACK_TOPIC = TOPICS.down(DEVICE, Down.ACK)
SETTINGS = SessionSettings("", window=4, ack_timeout_s=0.15, backoff_min_s=0.005, backoff_max_s=0.05)
WITHIN_S = 200.0


@dataclass
class TinyHub:
    """Keeps events by id, acknowledges what has no hole below it, and can be set back to a backup."""

    epoch: str = ""
    events: dict[str, CloudEvent] = field(default_factory=dict)
    has: dict[Lane, set[int]] = field(default_factory=lambda: {lane: set() for lane in Lane})
    repeats: int = 0
    has_blobs: tuple[str, ...] = ()
    clock_us: int = NOW.wall_us

    def __call__(self, topic: str, payload: bytes) -> Iterator[tuple[str, bytes]]:
        lane = TOPICS.parse(topic).channel
        if not isinstance(lane, Lane):
            return
        for event in decode_batch(payload):
            self.repeats += event.id in self.events
            self.epoch = event.epoch
            self.events[event.id] = event
            self.has[lane].add(event.seq)
            if event.type == SHED_TYPE:
                told = json.loads(json.dumps(event.data))
                self.has[Lane(told["lane"])].update(range(told["from"], told["to"] + 1))
        yield self.says()

    def watermark(self, lane: Lane) -> int:
        seq = 0
        while seq + 1 in self.has[lane]:
            seq += 1
        return seq

    def says(self) -> tuple[str, bytes]:
        self.clock_us += 1000
        acks = {lane: self.watermark(lane) for lane in Lane if self.has[lane]}
        said = Ack(epoch=self.epoch, acks=acks, time=instant(self.clock_us), blobs=self.has_blobs)
        return ACK_TOPIC, said.model_dump_json(by_alias=True).encode()

    def restore(self, lane: Lane, to: int) -> None:
        self.has[lane] = {seq for seq in self.has[lane] if seq <= to}
        self.events = {name: event for name, event in self.events.items() if event.lane is not lane or event.seq <= to}

    def datas(self, kind: str) -> list[dict[str, object]]:
        return [dict(event.data) for event in self.events.values() if event.type == kind]


@dataclass
class Device:
    """One device that is running."""

    store: Store
    courier: Courier
    session: Session
    heard: list[tuple[Topic, bytes]]

    def acked(self, lane: Lane = Lane.RECORD) -> bool:
        """Whether nothing is owed any more."""
        return self.store.accounts[lane].rows == 0

    async def until(self, true: Callable[[], object]) -> None:
        """Look again after each turn of the loop."""
        async with asyncio.timeout(WITHIN_S):
            while not true():  # noqa: ASYNC110  (what is waited for lies in hub, store and broker)
                await asyncio.sleep(0.002)


@asynccontextmanager
async def running(
    folder: Path, *brokers: LoopbackBroker, settings: SessionSettings = SETTINGS, deflate: bool = False
) -> AsyncIterator[Device]:
    """A device whose courier runs, with the brokers in the order in which they are tried."""
    events: Events = asyncio.Queue()
    links = tuple(LoopbackLink(broker, events, f"broker-{number}") for number, broker in enumerate(brokers))
    async with running_over(folder, events, links, settings, deflate=deflate) as device:
        yield device


@asynccontextmanager
async def running_over(
    folder: Path, events: Events, links: tuple[Link, ...], settings: SessionSettings, *, deflate: bool = False
) -> AsyncIterator[Device]:
    """The same over links of any kind."""
    open_bare(folder).close()
    store = Store.open(folder, asyncio.get_running_loop().call_soon_threadsafe, "boot", NOW)
    accounts = store.accounts
    session = Session(
        replace(settings, epoch=store.epoch, brokers=len(links)),
        {lane: accounts[lane].last_seq for lane in Lane},
        {lane: accounts[lane].acked_seq for lane in Lane},
        0.0,
    )
    addressing = Addressing(DEVICE, TOPICS, ("north",), online=lambda: b"on", offline=lambda: b"off")
    batcher = Batcher(store, DEVICE, deflate=deflate)
    courier = Courier(store, session, links, events, addressing, batcher, ManualClock(NOW))
    heard: list[tuple[Topic, bytes]] = []

    async def hear(topic: Topic, payload: bytes) -> None:
        heard.append((topic, payload))

    courier.on_message = hear
    store.on_shed = courier.rows_gone
    work = asyncio.create_task(courier.run())
    try:
        yield Device(store, courier, session, heard)
    finally:
        work.cancel()
        await asyncio.wait([work])
        store.close()


def fact(number: int, lane: Lane = Lane.RECORD, padding: int = 0) -> NewRow:
    return new_row(lane, event_body(KIND, {"n": number, "padding": "x" * padding}))


async def write(device: Device, *rows: NewRow) -> None:
    await device.store.append(rows)
    device.courier.rows_committed()


def told(hub: TinyHub) -> list[object]:
    return [data["n"] for data in hub.datas(KIND)]
