# SPDX-License-Identifier: Apache-2.0
"""One run from the first link to the report: simulators, the script, and who watches."""

import queue
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from edge.config.models import Link
from edge.contract.problems import ProblemError
from edge.fleet.words import Beat, Finished, Outage
from provisioning.fleet.ours import Ours
from provisioning.fleet.plan import Plan, allow_files
from provisioning.fleet.report import Cost, Instants, Report, report
from provisioning.fleet.simulators import Simulators

_LEAD_S: Final = 0.5
"""Between the word to begin and the beginning: every process has heard it by then."""
_LOOK_S: Final = 0.05
_ONLINE_WITHIN_S: Final = 120.0
_REPORT_WITHIN_S: Final = 60.0


@dataclass(slots=True)
class Standing:
    """How it stands, for whoever watches."""

    devices: int
    begun: float | None = None
    """The instant at which events began."""
    now: float = 0.0
    beats: dict[int, Beat] = field(default_factory=dict)
    connects: list[float] = field(default_factory=list)
    in_vain: list[float] = field(default_factory=list)
    links: list[float] = field(default_factory=list)

    @property
    def online(self) -> int:
        """Devices that have a link."""
        return sum(beat.online for beat in self.beats.values())

    @property
    def accepted(self) -> int:
        """Events in outboxes so far."""
        return sum(beat.accepted for beat in self.beats.values())

    @property
    def acked(self) -> int:
        """Those of them that are at the hub."""
        return sum(beat.acked for beat in self.beats.values())


@dataclass(frozen=True, slots=True)
class Audience:
    """`watch` is called many times a second; `tell` at the beginning (`begins`) and the end (`ends`) of each outage."""

    watch: Callable[[Standing], None] = lambda _: None
    tell: Callable[[str, Outage], None] = lambda _, __: None


class FleetRun:
    """One run; use it once."""

    def __init__(self, plan: Plan, folder: Path, audience: Audience | None = None) -> None:
        """Keep what devices keep below `folder`."""
        self._plan = plan
        self._folder = folder
        self._audience = audience or Audience()
        self._standing = Standing(plan.devices)
        self._finished: dict[int, Finished] = {}
        self._due: list[tuple[float, Callable[[], None]]] = []

    def run(self, link: Link, ours: Ours | None) -> Report:
        """Play it. Raises `ProblemError` fleet-not-online or fleet-silent, or what a process complained of."""
        allow_files()
        plan, standing = self._plan, self._standing
        with ExitStack() as leaving:
            if ours:
                leaving.enter_context(ours)
            simulators = leaving.enter_context(Simulators(plan.orders(link, self._folder / "devices")))
            self._until(simulators, self._all_online, "fleet-not-online", _ONLINE_WITHIN_S + plan.ramp_s)
            standing.begun = begun = time.monotonic() + _LEAD_S
            simulators.begin(begun)
            self._schedule(begun, ours)
            within_s = _LEAD_S + plan.duration_s + plan.drain_s + _REPORT_WITHIN_S
            self._until(simulators, self._all_finished, "fleet-silent", within_s)
            instants = Instants(begun, time.monotonic(), standing.connects, standing.links, standing.in_vain)
            parts = [self._finished[place] for place in sorted(self._finished)]
            cost = Cost(sum(part.cpu_s for part in parts), *(ours.times.spent() if ours else ()))
            hub = ours.at_hub() if ours else None
        return report(parts, plan.devices, instants, plan.outages, hub, cost)

    def _all_online(self) -> bool:
        return self._standing.online == self._plan.devices

    def _all_finished(self) -> bool:
        return len(self._finished) == len(self._plan.shares())

    def _until(self, simulators: Simulators, done: Callable[[], bool], code: str, within_s: float) -> None:
        """Listen, watch and do what is due. Raises `ProblemError` `code` when `done()` takes longer than that."""
        deadline, standing = time.monotonic() + within_s, self._standing
        while not done():
            standing.now = time.monotonic()
            if standing.now > deadline:
                raise ProblemError(code, wait_s=round(within_s), online=standing.online, devices=standing.devices)
            while self._due and self._due[0][0] <= standing.now:
                self._due.pop(0)[1]()
            self._hear(simulators)
            self._audience.watch(standing)

    def _hear(self, simulators: Simulators) -> None:
        try:
            place, told = simulators.told.get(timeout=_LOOK_S)
        except queue.Empty:
            return
        match told:
            case Beat():
                self._standing.beats[place] = told
                self._standing.connects += told.connects
                self._standing.in_vain += told.in_vain
                self._standing.links += told.links
            case Finished():
                self._finished[place] = told
            case None:
                if place not in self._finished:
                    raise simulators.complaint(place)

    def _schedule(self, begun: float, ours: Ours | None) -> None:
        for outage in self._plan.outages:
            begins, ends = ours.acts(outage) if ours else (None, None)
            start_s = begun + outage.at_s
            self._due.append((start_s, partial(self._happen, begins, "begins", outage)))
            self._due.append((start_s + outage.for_s, partial(self._happen, ends, "ends", outage)))
        self._due.sort(key=lambda due: due[0])

    def _happen(self, act: Callable[[], object] | None, when: str, outage: Outage) -> None:
        if act:
            act()
        self._audience.tell(when, outage)
