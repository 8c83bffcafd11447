# SPDX-License-Identifier: Apache-2.0
"""The hub started, stopped and killed from outside, as an operating system would."""

import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from edge.contract.topics import DEFAULT_ROOT
from provisioning.bench.child import Child
from provisioning.bench.hub import READY

_START_WITHIN_S: Final = 20.0


class HubProcess:
    """A hub on a broker, with its record in `folder`; the record outlives every kill."""

    def __init__(self, broker: str, folder: Path, root: str = DEFAULT_ROOT) -> None:
        """`broker` is HOST:PORT. `start` starts it."""
        self.folder = folder
        self._arguments = ["--broker", broker, "--folder", str(folder), "--root", root]
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """Process id; None while it is down."""
        return self._child.pid if self._child else None

    def start(self) -> Self:
        """Start and wait until it listens. Raises `ProblemError` when it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ready = self.folder / READY
        ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "provisioning.bench.hub", *self._arguments]
        self._child = Child("hub", command, self.folder / "hub.log")
        self._child.wait_until(ready.exists, _START_WITHIN_S)
        return self

    def stop(self) -> None:
        """End it politely."""
        if self._child:
            self._child.stop()
        self._child = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._child:
            self._child.kill()
        self._child = None

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        """Started."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stopped, whatever happened."""
        self.stop()
