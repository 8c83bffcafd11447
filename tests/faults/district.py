# SPDX-License-Identifier: Apache-2.0
"""Several devices, each behind a bad line of its own, with one broker and one hub: all real, all in one folder."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from edge.contract.envelope import event_id
from edge.contract.outbox import SHED_TYPE
from edge.contract.words import Lane
from provisioning.bench.broker import Broker
from provisioning.bench.chaos.fault import Fault
from provisioning.bench.chaos.proxy import Proxy
from provisioning.bench.hub_process import HubProcess
from provisioning.bench.record import Record
from tests.faults.ledger import audit
from tests.faults.tally import Tally
from tests.scenarios.load import EmitLoad, Line, Pace, wait_until
from tests.scenarios.world import Agent, DeviceLine, LinkTimes, write_device

SHORT_TIMES: Final = LinkTimes(
    ack_timeout_s=1.0, connect_timeout_s=1.0, backoff_min_s=0.02, backoff_max_s=0.2, silence_s=1.0, canary_s=5.0
)
LIGHT: Final = Pace(lines=2, rest_s=0.05, pad=200)
_LOG_LINES: Final = 15


@dataclass(slots=True)
class Pole:
    """One device: its folder, its agent, the line it speaks through, and the program that feeds it."""

    name: str
    folder: Path
    proxy: Proxy
    agent: Agent
    load: EmitLoad | None = None

    @property
    def answered(self) -> int:
        """Events that were answered to its program."""
        return len(self.load.ledger) if self.load else 0


class District:
    """Started as a context; whatever happens inside, nothing is left running."""

    def __init__(self, folder: Path, times: LinkTimes = SHORT_TIMES, *, persistent: bool = True) -> None:
        """Keep everything in `folder`. Poles are added one by one."""
        self.folder = folder
        self.broker = Broker(folder / "broker", persistent=persistent)
        self.hub = HubProcess(self.broker.address, folder / "hub")
        self.poles: list[Pole] = []
        self.faults = 0
        """Faults put in by hand; those of the lines are counted there."""
        self._times = times
        self._loads: list[EmitLoad] = []
        self._seeds = count(1)

    def __enter__(self) -> Self:
        """Broker and hub are up."""
        self.folder.mkdir(exist_ok=True)
        self.broker.start()
        self.hub.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """All ended; what they said last is shown when something went wrong."""
        for load in self._loads:
            load.close()
        for pole in self.poles:
            pole.agent.close()
            pole.proxy.stop()
        for service in (self.hub, self.broker):
            self._wake(service.pid)
            service.kill()
        if wrong is not None:
            logs = [self.hub.folder / "hub.log", *sorted(self.folder.glob("pole-*/*.log"))]
            for log in filter(Path.exists, logs):
                said = log.read_text("utf-8", "replace").splitlines()[-_LOG_LINES:]
                sys.stdout.write("\n".join([f"--- {log.parent.name}/{log.name}", *said, ""]))

    def add(self, plan: Sequence[Fault] = (), *, name: str = "", folder: str = "", start: bool = True) -> Pole:
        """One more device, whose line has this plan."""
        name = name or f"pole-{len(self.poles) + 1}"
        home = self.folder / (folder or name)
        home.mkdir()
        proxy = Proxy(self.broker.port, plan).start()
        agent = write_device(home, DeviceLine(name, proxy.port, self._times), store=home / "store")
        pole = Pole(name, home, proxy, agent)
        self.poles.append(pole)
        if start:
            agent.start()
        return pole

    def furnish(self, devices: int, pace: Pace = LIGHT) -> Self:
        """So many devices on good lines, all of them fed."""
        for _ in range(devices):
            self.add()
        self.load(pace)
        return self

    def load(self, pace: Pace = LIGHT) -> None:
        """Feed every device, each from a program of its own."""
        for pole in self.poles:
            seed = next(self._seeds)
            pole.load = EmitLoad(f"{pole.folder.name}-{seed}", pole.agent.config, seed, pace)
            self._loads.append(pole.load)

    def more(self, events: int, within_s: float = 60.0) -> None:
        """Wait until every device that is fed has answered for so many more events."""
        goals = [(pole, pole.answered + events) for pole in self.poles if pole.load]
        wait_until(lambda: all(pole.answered >= goal for pole, goal in goals), within_s, f"{events} more events each")

    def rest(self) -> list[Line]:
        """End the loads that run; what they were promised."""
        lines = [line for pole in self.poles if pole.load for line in pole.load.finish() if line.id]
        for pole in self.poles:
            pole.load = None
        return lines

    def drained(self, within_s: float = 60.0) -> None:
        """Wait until the hub has every row of every device."""
        wait_until(lambda: all(map(is_empty, self.poles)), within_s, "every outbox is empty")

    def settle(
        self, accepted: Sequence[Line] = (), *, within_s: float = 60.0, restored: bool = False, by_arrival: bool = False
    ) -> Tally:
        """End the loads, let everything drain through lines without faults, and hold the hub against the devices.

        `accepted` of earlier loads; a hub that was `restored` may have been told of events that are gone.
        """
        lines = [*accepted, *self.rest()]
        struck = sum(len(pole.proxy.struck) for pole in self.poles)
        for pole in self.poles:
            pole.proxy.calm()
        self.drained(within_s)
        record = Record(self.hub.folder)
        try:
            gone = told_gone(record) if restored else frozenset()
            tally = audit(record, lines, gone, by_arrival=by_arrival)
            missing = sum(self._missing(record, pole) for pole in self.poles)
        finally:
            record.close()
        return Tally(
            faults=struck + self.faults,
            accepted=tally.accepted,
            lost=max(tally.lost, missing),
            duplicated=tally.duplicated,
            disordered=tally.disordered,
            corrupt=tally.corrupt,
        )

    def strike(self, many: int = 1) -> None:
        """Count faults that were put in by hand."""
        self.faults += many

    @contextmanager
    def frozen(self, pid: int | None) -> Iterator[None]:
        """A process of this district stands still meanwhile, its connections open."""
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        self.strike()
        try:
            yield
        finally:
            self._wake(pid)

    def _wake(self, pid: int | None) -> None:
        if pid is not None:
            os.kill(pid, signal.SIGCONT)

    def _missing(self, record: Record, pole: Pole) -> int:
        """Rows of any kind that the device has given a number and the hub has neither got nor been told of."""
        status = pole.agent.answer()
        last = {lane: depth.last_seq for lane, depth in status.lanes.items()}
        return sum(last.values()) - record.received_of(pole.name, status.epoch, last)


def is_connected(pole: Pole) -> bool:
    """Whether it says that it has a link."""
    status = pole.agent.status()
    return status is not None and status.link.connected


def is_empty(pole: Pole) -> bool:
    """Whether nothing waits in its outbox."""
    status = pole.agent.status()
    return status is not None and not any(depth.rows for depth in status.lanes.values())


def told_gone(record: Record) -> frozenset[str]:
    """Identities of which a device has told a restored hub that it no longer holds them."""
    told = [(event["id"].split("-")[0], event["data"]) for event in record.events(SHED_TYPE, most=1_000_000)]
    return frozenset(
        event_id(epoch, Lane(shed["lane"]), seq)
        for epoch, shed in told
        if shed["reason"] == "acked-before"
        for seq in range(shed["from"], shed["to"] + 1)
    )


def timed(holds: Callable[[], bool], within_s: float, what: str) -> float:
    """How many seconds it took until `holds()`."""
    begun_s = time.monotonic()
    wait_until(holds, within_s, what)
    return time.monotonic() - begun_s
