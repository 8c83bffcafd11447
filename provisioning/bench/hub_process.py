# SPDX-License-Identifier: Apache-2.0
"""The hub started, stopped and killed from outside, as an operating system would."""

import sys
from pathlib import Path
from typing import Final

from edge.contract.topics import DEFAULT_ROOT
from provisioning.bench.child import Child
from provisioning.bench.hub_workers import READY
from provisioning.bench.service import Service

_START_WITHIN_S: Final = 20.0


class HubProcess(Service):
    """A hub on a broker, with its record in `folder`; the record outlives every kill."""

    def __init__(self, broker: str, folder: Path, root: str = DEFAULT_ROOT) -> None:
        """`broker` is HOST:PORT, or several of them with blanks between. `start` starts it."""
        self.folder = folder
        self._arguments = ["--broker", *broker.split(), "--folder", str(folder), "--root", root]

    def _launch(self) -> Child:
        self.folder.mkdir(parents=True, exist_ok=True)
        ready = self.folder / READY
        ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "provisioning.bench.hub", *self._arguments]
        child = Child("hub", command, self.folder / "hub.log")
        child.wait_until(ready.exists, _START_WITHIN_S)
        return child
