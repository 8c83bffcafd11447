# SPDX-License-Identifier: Apache-2.0
"""One simulated device: a real session, a real courier and a real connection around an outbox in memory or on disk."""

import asyncio
import random
import time
from dataclasses import dataclass
from functools import partial

from edge.config.models import Link
from edge.contract.acks import Ack
from edge.contract.presence import Presence, Reported
from edge.contract.topics import Topics
from edge.contract.words import Lane
from edge.core.clock import SystemClock
from edge.durable.rows import NewRow, Place
from edge.durable.store import Store
from edge.fleet.cable import Cable, Tap
from edge.fleet.memory_store import MemoryStore
from edge.fleet.readings import Readings
from edge.fleet.tally import Witness
from edge.link.batches import Batcher
from edge.link.courier import Courier
from edge.link.mqtt import MqttLink
from edge.link.report import Addressing
from edge.sync.actions import Forget, Verdict
from edge.sync.session import Session
from edge.sync.settings import session_settings

VERSION = "fleet-sim"
"""What presence says of the agent, so that nobody takes a simulated device for a real one."""
_REVISIONS_A_BOOT = 1000


class WatchedSession(Session):
    """The session as it is; its witness hears what was acknowledged."""

    witness: Witness

    def acked(self, ack: Ack, now_s: float) -> list[Verdict]:
        """The hub has told what it has."""
        return self._seen(super().acked(ack, now_s), now_s)

    def delivered(self, token: int, *, code: int, now_s: float, chance: float) -> list[Verdict]:
        """The broker has answered for a publish; where it is trusted, that is an acknowledgement."""
        return self._seen(super().delivered(token, code=code, now_s=now_s, chance=chance), now_s)

    def _seen(self, verdicts: list[Verdict], now_s: float) -> list[Verdict]:
        for verdict in verdicts:
            if isinstance(verdict, Forget):
                self.witness.acked(verdict.lane, verdict.through, now_s)
        return verdicts


@dataclass(frozen=True, slots=True)
class Parts:
    """What a device is made of."""

    name: str
    link: Link
    store: MemoryStore | Store
    witness: Witness
    readings: Readings
    clock: SystemClock


class SimDevice:
    """Switched off at first. What happens to it is told to its witness."""

    def __init__(self, parts: Parts, group: asyncio.TaskGroup) -> None:
        """Put it together. What it does runs in `group`, which ends if any of it fails."""
        self.name = parts.name
        self._parts = parts
        self._group = group
        self._boots = 0
        self._courier: Courier | None = None
        self._cables: tuple[Cable, ...] = ()
        self._running: asyncio.Task[None] | None = None

    def power_on(self, within_s: float = 0.0) -> None:
        """Boot, and call the broker some time `within_s`; harmless when it is on."""
        if self._running is None:
            self._boots += 1
            if isinstance(self._parts.store, MemoryStore):
                self._parts.store.power_on()
            self._courier = self._new_courier(time.monotonic() + random.random() * within_s)  # noqa: S311  (jitter, not a secret)
            self._running = self._group.create_task(self._courier.run(), name=self.name)

    async def power_off(self, *, politely: bool = False) -> None:
        """Go dark as a pole does that loses its mains, or with a goodbye to the broker."""
        running, self._running = self._running, None
        if running is None:
            return
        if not politely:
            for cable in self._cables:
                await cable.close()
        running.cancel()
        await asyncio.wait({running})
        self._courier = None
        if isinstance(self._parts.store, MemoryStore) and not politely:
            self._parts.store.power_off()

    async def cut(self, until_s: float) -> None:
        """Lose the network until then."""
        if self._running is not None:
            for cable in self._cables:
                await cable.cut(until_s)

    def emit(self, lane: Lane, due_s: float) -> None:
        """Measure something and write it down; a device without power measures nothing."""
        if self._courier is None:
            return
        self._parts.witness.emitted()
        now = self._parts.clock.now()
        row = NewRow(lane, now.wall_us, now.uptime_ms, now.quality.value, self._parts.readings.next())
        kept = self._parts.store.commit_soon(lambda txn: txn.append(row))
        kept.add_done_callback(partial(self._kept, due_s))

    def close(self) -> None:
        """Let go of the outbox."""
        self._parts.store.close()

    def _kept(self, due_s: float, kept: "asyncio.Future[object]") -> None:
        if kept.cancelled() or kept.exception() is not None:
            self._parts.witness.refused()
            return
        place = kept.result()
        assert isinstance(place, Place)  # noqa: S101  (what the work returns)
        self._parts.witness.accepted(place, due_s)
        if self._courier is not None:
            self._courier.rows_committed()

    def _new_courier(self, begin_s: float) -> Courier:
        parts, link = self._parts, self._parts.link
        addressing = Addressing(
            parts.name,
            Topics(link.root),
            online=lambda: self._presence(online=True),
            offline=lambda: self._presence(online=False),
            reported=self._reported,
        )
        session = self._new_session(begin_s)
        tap = Tap(parts.witness)
        self._cables = tuple(
            Cable(MqttLink(broker, parts.name, link.keepalive_s, link.connect_timeout_s, tap), tap, parts.witness)
            for broker in link.brokers
        )
        batcher = Batcher(parts.store, parts.name, deflate=link.deflate)
        courier = Courier(parts.store, session, self._cables, tap, addressing, batcher, parts.clock)
        courier.on_canary = self._sing
        return courier

    def _new_session(self, begin_s: float) -> Session:
        store, link = self._parts.store, self._parts.link
        session = WatchedSession(
            session_settings(link, store.epoch, begin_s),
            last={lane: store.accounts[lane].last_seq for lane in Lane},
            acked={lane: store.accounts[lane].acked_seq for lane in Lane},
            hub_time_s=0.0,
        )
        session.witness = self._parts.witness
        return session

    async def _sing(self) -> None:
        self.emit(Lane.METRIC, time.monotonic())

    def _presence(self, *, online: bool) -> bytes:
        said = Presence(
            online=online,
            boot=f"boot-{self._boots}",
            epoch=self._parts.store.epoch,
            agent=VERSION,
            role="simulated",
            time=self._parts.clock.now().at,
        )
        return said.model_dump_json().encode()

    def _reported(self) -> bytes:
        said = Reported(revision=self._boots * _REVISIONS_A_BOOT, state={"simulated": True})
        return said.model_dump_json().encode()
