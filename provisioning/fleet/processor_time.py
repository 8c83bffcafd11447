# SPDX-License-Identifier: Apache-2.0
"""Processor seconds of processes that are killed and started again while one counts."""

import os
from pathlib import Path
from typing import Final, Protocol

_TICKS_S: Final = os.sysconf("SC_CLK_TCK")


class Running(Protocol):
    """Something that has a process, or had one."""

    @property
    def pid(self) -> int | None:
        """None while it is down."""
        ...


class ProcessorTime:
    """Of some services, from now on."""

    def __init__(self, services: tuple[Running, ...]) -> None:
        """Begin at zero."""
        self._services = services
        self._begun = {service.pid: _spent_s(service.pid) for service in services}
        self._ended = [0.0 for _ in services]

    def keep(self, service: Running) -> None:
        """The process of `service` is about to end: remember what it has spent."""
        self._ended[self._services.index(service)] += self._since(service)

    def spent(self) -> list[float]:
        """Seconds of each service, in the order given."""
        return [ended + self._since(service) for service, ended in zip(self._services, self._ended, strict=True)]

    def _since(self, service: Running) -> float:
        return _spent_s(service.pid) - self._begun.get(service.pid, 0.0)


def cpu_s(pid: int) -> float:
    """Processor seconds of all threads of a process so far. Raises `OSError` when it is gone."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_S


def _spent_s(pid: int | None) -> float:
    try:
        return cpu_s(pid) if pid else 0.0
    except OSError:
        return 0.0
