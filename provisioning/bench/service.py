# SPDX-License-Identifier: Apache-2.0
"""Parts of the bench that can be started and stopped; a service is a process, and can also be killed."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from provisioning.bench.child import Child


class Startable(ABC):
    """Up while it is entered."""

    @abstractmethod
    def start(self) -> Self:
        """Do not return before it does its work. Raises `ProblemError` when it does not."""

    @abstractmethod
    def stop(self) -> None:
        """End it; harmless when it is not up."""

    def __enter__(self) -> Self:
        """Started."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stopped, whatever happened."""
        self.stop()


class Service(Startable):
    """One process at a time; what it keeps on disk outlives it."""

    _child: Child | None = None
    _stops_within_s: float = 15.0

    @abstractmethod
    def _launch(self) -> Child:
        """A new process that does its work already. Raises `ProblemError` when it does not come to that."""

    @property
    def pid(self) -> int | None:
        """Process id; None while it is down."""
        return self._child.pid if self._child else None

    def start(self) -> Self:
        """Start and wait until it does its work. Raises `ProblemError` when it does not."""
        self._child = self._launch()
        return self

    def stop(self) -> None:
        """End it politely, so that it can save what it has."""
        if self._child:
            self._child.stop(self._stops_within_s)
        self._child = None

    def kill(self) -> None:
        """End it as a power cut would: what it had not saved is gone."""
        if self._child:
            self._child.kill()
        self._child = None

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()
