# SPDX-License-Identifier: Apache-2.0
"""The devices of one process: built, switched on one by one, fed with events on time, and struck by the script."""

import asyncio
import contextlib
import random
import secrets
import shutil
import sqlite3
from pathlib import Path
from typing import Final, assert_never

from edge.config.models import Link
from edge.core.clock import SystemClock
from edge.durable.blobs import BlobStore
from edge.durable.database import STORE
from edge.durable.store import Store
from edge.fleet.device import Parts, SimDevice
from edge.fleet.memory_store import MemoryStore, empty_store, new_store_file
from edge.fleet.readings import Readings
from edge.fleet.tally import Tally, Witness
from edge.fleet.words import Mishap, Orders, Outage

_EPOCH_BYTES: Final = 6
_BOOT_ID: Final = "simulated"


class Crew:
    """All of them, in one task group. `close` whatever happens."""

    def __init__(self, orders: Orders, tally: Tally, group: asyncio.TaskGroup) -> None:
        """Nobody is there before `build`."""
        self._group = group
        self._orders = orders
        self._tally = tally
        self._clock = SystemClock()
        self._devices: list[SimDevice] = []
        self._chance = random.Random(f"{orders.seed} {orders.first}")  # noqa: S311  (a script, not a secret)
        self._lanes, self._weights = list(orders.lanes), list(orders.lanes.values())
        self._loop = asyncio.get_running_loop()
        self._end_s = float("inf")
        self.emitting = 0
        """Devices that have not emitted their last event yet."""

    def build(self) -> None:
        """Make every device, switched off. Raises `ProblemError` store-failed."""
        orders = self._orders
        template = new_store_file(orders.folder / f"shape-{orders.first}")
        shape = empty_store(template)
        blobs = BlobStore(orders.folder / "blobs")
        for number in range(orders.first, orders.last + 1):
            name = orders.device(number)
            store = _in_memory(shape, blobs) if orders.outbox == "memory" else self._on_disk(template, name)
            readings = Readings(name, orders.seed, orders.data_bytes)
            parts = Parts(name, _link_of(orders.link, name), store, Witness(self._tally), readings, self._clock)
            self._devices.append(SimDevice(parts, self._group))

    async def switch_on(self) -> None:
        """One after the other over the ramp."""
        pause_s, begun_s = self._orders.ramp_s / len(self._devices), self._loop.time()
        for place, device in enumerate(self._devices):
            await asyncio.sleep(max(0.0, begun_s + place * pause_s - self._loop.time()))
            device.power_on()

    def begin(self, at_s: float) -> None:
        """From `at_s` on emit, each device at its own moment of the interval; and let happen what is scripted."""
        every_s = 1 / self._orders.events_per_s
        self._end_s = at_s + self._orders.duration_s
        self.emitting = len(self._devices)
        for device in self._devices:
            first_s = at_s + self._chance.random() * every_s
            self._loop.call_at(first_s, self._emit, device, first_s, every_s)
        for outage in self._orders.outages:
            self._loop.call_at(at_s + outage.at_s, self._strike, outage, at_s + outage.at_s + outage.for_s)

    async def close(self) -> None:
        """Say goodbye and let go of everything."""
        self._end_s = float("-inf")
        for device in self._devices:
            await device.power_off(politely=True)
        for device in self._devices:
            device.close()

    def _emit(self, device: SimDevice, due_s: float, every_s: float) -> None:
        if due_s >= self._end_s:
            self.emitting -= 1
            return
        self._tally.lateness.add(self._loop.time() - due_s)
        device.emit(self._chance.choices(self._lanes, self._weights)[0], due_s)
        # Counted from when it was due: a simulator that falls behind must not measure less often.
        following_s = due_s + every_s
        if following_s < self._end_s:
            self._loop.call_at(following_s, self._emit, device, following_s, every_s)
        else:
            self.emitting -= 1

    def _strike(self, outage: Outage, until_s: float) -> None:
        struck = [device for device in self._devices if self._chance.random() * 100 < outage.share_pct]
        match outage.what:
            case Mishap.LINK_CUT:
                for device in struck:
                    self._group.create_task(device.cut(until_s))
            case Mishap.POWER_CUT:
                for device in struck:
                    self._group.create_task(device.power_off())
                self._loop.call_at(until_s, self._power_returns, struck)
            case Mishap.BROKER_KILLED | Mishap.BROKER_FROZEN | Mishap.HUB_KILLED | Mishap.HUB_STOPPED:
                pass  # whoever owns broker and hub does that
            case other:
                assert_never(other)

    def _power_returns(self, struck: list[SimDevice]) -> None:
        if self._end_s > float("-inf"):
            for device in struck:
                # As the agent does that finds its machine just booted: the others have their power back as well.
                device.power_on(self._orders.link.spread_s)

    def _on_disk(self, template: Path, name: str) -> Store:
        """The agent's own store, in a folder of its own."""
        folder = self._orders.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / STORE).exists():
            shutil.copyfile(template, folder / STORE)
            with contextlib.closing(sqlite3.connect(folder / STORE, isolation_level=None)) as db:
                # As a migration leaves it, but for the time that making a thousand of them would take.
                db.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (_new_epoch(),))
                db.execute("PRAGMA journal_mode = WAL").fetchall()
        return Store.open(folder, self._loop.call_soon_threadsafe, _BOOT_ID, self._clock.now())


def _in_memory(shape: bytes, blobs: BlobStore) -> MemoryStore:
    return MemoryStore(shape, _new_epoch(), blobs)


def _new_epoch() -> str:
    return secrets.token_hex(_EPOCH_BYTES)


def _link_of(link: Link, name: str) -> Link:
    """The settings with the device's own user name, where brokers want one for each."""
    named = tuple(
        broker.model_copy(update={"username": broker.username.replace("{device}", name) if broker.username else None})
        for broker in link.brokers
    )
    return link.model_copy(update={"brokers": named})
