# SPDX-License-Identifier: Apache-2.0
"""A whole small district on one machine: broker, hub and page, and for a demo a cable that can be cut and an agent."""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from edge.contract.local import Status
from edge.contract.problems import Language, ProblemError
from provisioning.bench.agent_process import AgentProcess
from provisioning.bench.broker import Broker
from provisioning.bench.chaos.proxy import Proxy
from provisioning.bench.cluster.cluster import Cluster
from provisioning.bench.device_file import DemoDevice, write_device
from provisioning.bench.folder_lock import hold
from provisioning.bench.hub_process import Crew, HubProcess
from provisioning.bench.page.server import PageServer
from provisioning.bench.postgres import Postgres
from provisioning.bench.record import Record

_LOOK_AGAIN_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Ports:
    """Where to listen on loopback; 0 means any free port."""

    broker: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True)
class HubPlan:
    """How the hub of a world is made up."""

    workers: int = 1
    postgres: bool = False
    """Whether the record is in a PostgreSQL of the world's own."""


class World:
    """Started as a context; whatever happens inside, nothing is left running."""

    def __init__(
        self,
        folder: Path,
        language: Language,
        ports: Ports | None = None,
        broker: Broker | Cluster | None = None,
        hub: HubPlan | None = None,
    ) -> None:
        """Keep everything in `folder`; `broker` is another one than the usual, not started yet."""
        self.folder = folder
        ports, hub = ports or Ports(), hub or HubPlan()
        self.broker = broker or Broker(folder / "broker", ports.broker)
        self.database = Postgres(folder / "postgres") if hub.postgres else None
        crew = Crew(hub.workers, store=self.database.address()) if self.database else Crew(hub.workers)
        self.hub = HubProcess(self.broker.address, folder / "hub", crew=crew)
        self.page = PageServer(self.hub.folder, language, ports.page)
        self._leaving = ExitStack()
        self._record: Record | None = None
        self.agent_log = folder / "device.log"

    @property
    def record(self) -> Record:
        """The hub's record."""
        if self._record is None:
            self._record = Record(self.hub.folder)
            self._leaving.callback(self._record.close)
        return self._record

    def cable(self) -> Proxy:
        """A new cable to the broker."""
        return self._leaving.enter_context(Proxy(self.broker.port))

    def agent(self, device: DemoDevice, broker_port: int) -> AgentProcess:
        """The real agent of `device`, started."""
        agent = AgentProcess(*write_device(device, self.folder, broker_port))
        self._leaving.callback(agent.stop)
        return agent.start()

    def __enter__(self) -> Self:
        """Broker, hub and page are up. Raises `ProblemError` hub-folder-busy when another world is in the folder."""
        with ExitStack() as starting:
            # First of all: two brokers would write into one store, and the other hub's word would be taken for ours.
            self.folder.mkdir(parents=True, exist_ok=True)
            starting.callback(os.close, hold(self.folder, "bench.lock"))
            if self.database:
                starting.enter_context(self.database)
            for part in (self.broker, self.hub, self.page):
                starting.enter_context(part)
            self._leaving = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """All stopped, the last started first."""
        self._leaving.close()


def wait_for(holds: Callable[[], bool], within_s: float, code: str, **facts: str | float) -> None:
    """Return once `holds()`. Raises `ProblemError` `code` after `within_s`."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            raise ProblemError(code, wait_s=within_s, **facts)
        time.sleep(_LOOK_AGAIN_S)


def drained(status: Status | None) -> bool:
    """Whether the agent is connected and holds nothing the hub does not have."""
    return status is not None and status.link.connected and not any(depth.rows for depth in status.lanes.values())
