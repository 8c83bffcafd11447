# SPDX-License-Identifier: Apache-2.0
"""`provision fleet-sim`: a thousand devices on one machine, what goes wrong with them, and what came of it."""

import re
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter, validators

from edge.config.models import Broker as BrokerSettings
from edge.contract.topics import DEFAULT_ROOT
from edge.fleet.words import Outage
from provisioning.bench.broker import HOST, Broker
from provisioning.bench.hub_process import HubProcess
from provisioning.commands.bench import workplace
from provisioning.console import Terminal
from provisioning.fleet.ours import Ours
from provisioning.fleet.plan import Plan, link_to
from provisioning.fleet.report import Report
from provisioning.fleet.run import FleetRun
from provisioning.fleet.script import check, outage_of, outages_in
from provisioning.fleet.target import Target, make_sure, reach, target_of
from provisioning.fleet.view import View, figures

Count = Annotated[int, Parameter(validator=validators.Number(gte=1))]
Amount = Annotated[float, Parameter(validator=validators.Number(gt=0))]
_PREFIX: Final = re.compile(r"[a-z0-9-]{1,32}")


def _names_devices(_kind: object, prefix: str) -> None:
    """Raise `ValueError` for what no device's name may begin with."""
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("Must be 1 to 32 of a-z, 0-9 and -.")


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Load:
    """The devices, and what they do."""

    devices: Count = 100
    rate: Amount = 1.0
    seconds: Amount = 60.0
    outage: tuple[str, ...] | None = None
    script: Path | None = None
    outbox: Literal["memory", "disk"] = "memory"
    data_bytes: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=100_000))] = 120
    processes: Count | None = None
    seed: int = 0
    prefix: Annotated[str, Parameter(validator=_names_devices)] = "sim-"

    def plan(self, *, ours: bool, broker: str) -> Plan:
        """As a plan against a broker that is ours or not. Raises `ProblemError` for a script that does not fit."""
        told: list[Outage] = [outage_of(spec) for spec in self.outage or ()]
        told += outages_in(self.script) if self.script else ()
        return Plan(
            devices=self.devices,
            events_per_s=self.rate,
            duration_s=self.seconds,
            outages=check(told, ours=ours, broker=broker),
            outbox=self.outbox,
            processes=self.processes,
            prefix=self.prefix,
            data_bytes=self.data_bytes,
            seed=self.seed,
        )


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Where:
    """The broker, and how devices speak to it."""

    broker: str | None = None
    yes_i_own: str | None = None
    root: str = DEFAULT_ROOT
    ack: Literal["hub", "broker"] = "hub"
    spread: Annotated[float, Parameter(validator=validators.Number(gte=0, lte=600))] | None = None
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None

    def settings(self, host: str, port: int) -> BrokerSettings:
        """The broker as a device's file would describe it."""
        return BrokerSettings(
            host=host, port=port, username=self.username, password_file=self.password_file, ca_file=self.ca_file
        )


def fleet_sim(
    *,
    load: Load | None = None,
    where: Where | None = None,
    json: bool = False,
    folder: Path | None = None,
    keep: bool = False,
) -> int:
    """Load a hub with simulated devices, let things go wrong, and tell what was lost, twice or late."""
    terminal, load, where = Terminal(), load or Load(), where or Where()
    target = target_of(where.broker) if where.broker else None
    plan = load.plan(ours=target is None, broker=where.broker or "")
    if target:
        make_sure(target, where.yes_i_own, lambda: _ask(terminal, target, plan, where.root))
        reach(target)
    # A run of its own each time: what an earlier fleet left at the hub must not be counted as this one's.
    own = folder / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}" if folder else None
    with workplace(own, keep=keep) as place:
        if own or keep:
            terminal.say("fleet.folder", folder=place)
        result = _play(terminal, plan, where, target, place)
    if result.events and not result.acked:
        terminal.say("fleet.nobody-acks", topics=f"{where.root}/+/up/#")
    if json:
        terminal.data(result.as_json())
    else:
        terminal.figures(figures(terminal, result), good=result.passed)
    return 0 if result.passed else 1


def _play(terminal: Terminal, plan: Plan, where: Where, target: Target | None, place: Path) -> Report:
    """The run, against a broker and a hub of our own where none was named."""
    ours = None
    if target is None:
        broker = Broker(place / "broker")
        ours = Ours(broker, HubProcess(broker.address, place / "hub", where.root))
        target = Target(HOST, broker.port)
    link = link_to(where.settings(target.host, target.port), root=where.root, ack=where.ack, spread_s=where.spread)
    with View(terminal, plan, target.address) as view:
        return FleetRun(plan, place, view.audience).run(link, ours)


def _ask(terminal: Terminal, target: Target, plan: Plan, root: str) -> str:
    """What is about to happen, and what a person at a terminal answers to it."""
    terminal.say(
        "fleet.intent",
        devices=plan.devices,
        broker=target.address,
        per_s=round(plan.devices * plan.events_per_s, 1),
        seconds=round(plan.duration_s),
        first=f"{root}/{plan.prefix}0001",
    )
    if not sys.stdin.isatty():
        return ""
    terminal.say("fleet.type-the-host", host=target.host)
    return sys.stdin.readline()
