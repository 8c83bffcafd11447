# SPDX-License-Identifier: Apache-2.0
"""A broker and a hub of our own, which a script may kill, freeze, stop and start again."""

import os
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Self

from edge.fleet.words import Mishap, Outage
from provisioning.bench.broker import Broker
from provisioning.bench.hub_process import HubProcess
from provisioning.bench.record import Record
from provisioning.bench.service import Service
from provisioning.fleet.processor_time import ProcessorTime
from provisioning.fleet.report import AtHub

Acts = tuple[Callable[[], object], Callable[[], object]]
"""What to do at the beginning of an outage, and at its end."""


class Ours:
    """Started as a context."""

    def __init__(self, broker: Broker, hub: HubProcess) -> None:
        """The hub listens to the broker."""
        self.broker = broker
        self.hub = hub
        self.times = ProcessorTime((broker, hub))

    def __enter__(self) -> Self:
        """Both are up."""
        self.broker.start()
        try:
            self.hub.start()
        except BaseException:
            self.broker.stop()
            raise
        self.times = ProcessorTime((self.broker, self.hub))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Both are stopped; a frozen one is killed."""
        self.hub.stop()
        self.broker.stop()

    def acts(self, outage: Outage) -> Acts:
        """How to make it happen here; what happens at the devices is done there."""
        match outage.what:
            case Mishap.BROKER_KILLED:
                return lambda: self._end(self.broker, self.broker.kill), self.broker.start
            case Mishap.HUB_KILLED:
                return lambda: self._end(self.hub, self.hub.kill), self.hub.start
            case Mishap.HUB_STOPPED:
                return lambda: self._end(self.hub, self.hub.stop), self.hub.start
            case Mishap.BROKER_FROZEN:
                return lambda: _signal(self.broker, signal.SIGSTOP), lambda: _signal(self.broker, signal.SIGCONT)
            case Mishap.LINK_CUT | Mishap.POWER_CUT:
                return _nothing, _nothing

    def at_hub(self) -> AtHub:
        """What the hub's own rows say."""
        record = Record(self.hub.folder)
        try:
            return AtHub(record.received(), record.duplicated(), record.duplicates_seen())
        finally:
            record.close()

    def _end(self, service: Service, end: Callable[[], None]) -> None:
        self.times.keep(service)
        end()


def _nothing() -> None:
    """Nothing to do here."""


def _signal(service: Service, sign: signal.Signals) -> None:
    if service.pid:
        os.kill(service.pid, sign)
