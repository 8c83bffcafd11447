# SPDX-License-Identifier: Apache-2.0
"""The hub started, stopped and killed from outside, as an operating system would."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.contract.topics import DEFAULT_ROOT
from provisioning.bench.child import Child
from provisioning.bench.hub_workers import READY, pid_file
from provisioning.bench.record_place import SQLITE
from provisioning.bench.service import Service

_START_WITHIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Crew:
    """How many workers a hub has, how they share the devices, and where they keep the record."""

    workers: int = 1
    by_hash: bool = False
    store: str = SQLITE
    """`sqlite`, or the address of a PostgreSQL."""


class HubProcess(Service):
    """A hub on a broker, with its blobs (and, in SQLite, its record) in `folder`; both outlive every kill.

    Several workers have a parent: that is the process which is started, stopped and killed here, and they go with it.
    """

    def __init__(self, broker: str, folder: Path, root: str = DEFAULT_ROOT, crew: Crew | None = None) -> None:
        """`broker` is HOST:PORT, or several of them with blanks between. `start` starts it."""
        crew = crew or Crew()
        self.folder = folder
        self._workers = crew.workers
        self._arguments = ["--broker", *broker.split(), "--folder", str(folder), "--root", root]
        self._arguments += ["--store", crew.store, "--workers", str(crew.workers), *["--by-hash"] * crew.by_hash]

    @property
    def worker_pids(self) -> list[int]:
        """The processes that do the work, as far as they run now."""
        if self._workers == 1:
            return [self.pid] if self.pid is not None else []
        files = [pid_file(self.folder, worker) for worker in range(self._workers)]
        return [int(file.read_text("ascii")) for file in files if file.exists()]

    def _launch(self) -> Child:
        self.folder.mkdir(parents=True, exist_ok=True)
        ready = self.folder / READY
        ready.unlink(missing_ok=True)
        command = [sys.executable, "-P", "-m", "provisioning.bench.hub", *self._arguments]
        child = Child("hub", command, self.folder / "hub.log")
        child.wait_until(ready.exists, _START_WITHIN_S * max(1, self._workers // 2))
        return child
