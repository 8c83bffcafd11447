# SPDX-License-Identifier: Apache-2.0
"""What a run shall be, and how it is shared out among processes."""

import math
import os
import resource
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

from edge.config.layers import default_layer
from edge.config.models import Broker, Link
from edge.fleet.words import AT_DEVICES, Orders, Outage

DEVICES_A_PROCESS: Final = 500
"""About what one core carries at an event a second each, with room for others."""
_RAMP_PER_S: Final = 0.05
"""The fleet is switched on a twentieth of itself each second."""
_RAMP_LEAST_PER_S: Final = 20
_ON_ITS_WAY_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. `outages` in the order in which they begin."""

    devices: int
    events_per_s: float = 1.0
    duration_s: float = 60.0
    outages: tuple[Outage, ...] = ()
    outbox: Literal["memory", "disk"] = "memory"
    processes: int | None = None
    prefix: str = "sim-"
    data_bytes: int = 120
    seed: int = 0
    drain_s: float = 60.0

    def shares(self) -> list[tuple[int, int]]:
        """First and last number of each process's devices."""
        wanted = self.processes or min(math.ceil(self.devices / DEVICES_A_PROCESS), os.cpu_count() or 1)
        count = min(wanted, self.devices)
        ends = [self.devices * part // count for part in range(count + 1)]
        return [(before + 1, last) for before, last in pairwise(ends)]

    @property
    def calm_s(self) -> float:
        """How long nothing goes wrong, less a moment in which what was sent before is acknowledged."""
        return max(0.0, min((outage.at_s for outage in self.outages), default=self.duration_s) - _ON_ITS_WAY_S)

    @property
    def ramp_s(self) -> float:
        """How long it takes to switch the fleet on."""
        return self.devices / max(_RAMP_LEAST_PER_S, self.devices * _RAMP_PER_S)

    def orders(self, link: Link, folder: Path) -> list[Orders]:
        """What each process is told."""
        return [
            Orders(
                first=first,
                last=last,
                prefix=self.prefix,
                link=link,
                events_per_s=self.events_per_s,
                duration_s=self.duration_s,
                drain_s=self.drain_s,
                ramp_s=self.ramp_s,
                outbox=self.outbox,
                folder=folder,
                data_bytes=self.data_bytes,
                seed=self.seed,
                calm_s=self.calm_s,
                outages=tuple(outage for outage in self.outages if outage.what in AT_DEVICES),
            )
            for first, last in self.shares()
        ]


def link_to(broker: Broker, **settings: str | float | None) -> Link:
    """The link as every device has it by default, to one broker; `settings` that are not None are laid over it."""
    chosen = {key: value for key, value in settings.items() if value is not None}
    return Link.model_validate({**default_layer().values["link"], **chosen, "brokers": [broker.model_dump()]})


def allow_files() -> None:
    """Let what is started from here have as many connections as the system allows at all."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
