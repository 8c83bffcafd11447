# SPDX-License-Identifier: Apache-2.0
"""`provision fleet-sim`: a thousand devices on one machine, what goes wrong with them, and what came of it."""

import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter, validators

from edge.config.models import Broker as BrokerSettings
from edge.contract.topics import DEFAULT_ROOT
from provisioning.bench.broker import HOST, Broker
from provisioning.bench.hub_process import HubProcess
from provisioning.commands.bench import workplace
from provisioning.console import Terminal
from provisioning.fleet.ours import Ours
from provisioning.fleet.plan import Plan, link_to
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


def fleet_sim(  # noqa: PLR0913  each is one thing a person may choose
    *,
    devices: Count = 100,
    rate: Amount = 1.0,
    seconds: Amount = 60.0,
    outage: list[str] | None = None,
    script: Path | None = None,
    outbox: Literal["memory", "disk"] = "memory",
    data_bytes: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=100_000))] = 120,
    processes: Count | None = None,
    seed: int = 0,
    broker: str | None = None,
    yes_i_own: str | None = None,
    root: str = DEFAULT_ROOT,
    prefix: Annotated[str, Parameter(validator=_names_devices)] = "sim-",
    ack: Literal["hub", "broker"] = "hub",
    spread: Annotated[float, Parameter(validator=validators.Number(gte=0, lte=600))] | None = None,
    username: str | None = None,
    password_file: Path | None = None,
    ca: Path | None = None,
    json: bool = False,
    folder: Path | None = None,
    keep: bool = False,
) -> int:
    """Load a hub with simulated devices, let things go wrong, and tell what was lost, twice or late."""
    terminal = Terminal()
    target = target_of(broker) if broker else None
    told = [outage_of(spec) for spec in outage or ()] + list(outages_in(script) if script else ())
    plan = Plan(
        devices=devices,
        events_per_s=rate,
        duration_s=seconds,
        outages=check(told, ours=target is None, broker=broker or ""),
        outbox=outbox,
        processes=processes,
        prefix=prefix,
        data_bytes=data_bytes,
        seed=seed,
    )
    if target:
        make_sure(target, yes_i_own, lambda: _ask(terminal, target, plan, root))
        reach(target)
    # A run of its own each time: what an earlier fleet left at the hub must not be counted as this one's.
    own = folder / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}" if folder else None
    with workplace(own, keep=keep) as place:
        if own or keep:
            terminal.say("fleet.folder", folder=place)
        ours = None if target else _ours(place, root)
        host, port = (target.host, target.port) if target else (HOST, ours.broker.port if ours else 0)
        settings = BrokerSettings(host=host, port=port, username=username, password_file=password_file, ca_file=ca)
        with View(terminal, plan, f"{host}:{port}") as view:
            link = link_to(settings, root=root, ack=ack, spread_s=spread)
            result = FleetRun(plan, place, view.audience).run(link, ours)
    if json:
        terminal.data(result.as_json())
    else:
        terminal.figures(figures(terminal, result), good=result.passed)
    return 0 if result.passed else 1


def _ours(place: Path, root: str) -> Ours:
    broker = Broker(place / "broker")
    return Ours(broker, HubProcess(broker.address, place / "hub", root))


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
