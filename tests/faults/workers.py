# SPDX-License-Identifier: Apache-2.0
"""Several workers of one hub are killed one after the other under load, and their database with them.

Real sessions, a real broker, real processes. What the hub's own rows hold at the end is compared with what the devices
accepted, its ledgers with its rows; and no device may have taken the acks of two workers for a hub that went back in
time, though each of them is interrupted at any point between commit and ack.
"""

import contextlib
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from edge.config.models import Broker as BrokerSettings
from edge.contract.outbox import SHED_TYPE
from provisioning.bench.broker import HOST, Broker
from provisioning.bench.hub_process import Crew, HubProcess
from provisioning.bench.postgres import Postgres, installed
from provisioning.bench.record import Record
from provisioning.fleet.ours import Ours
from provisioning.fleet.plan import Plan, link_to
from provisioning.fleet.report import Report
from provisioning.fleet.run import Audience, FleetRun, Standing
from tests.faults.tally import Tally

NAME = "workers"
MEANING = "workers of one hub are killed under load, and the PostgreSQL that they share"

KILLS = 220
"""Of the full suite, over all set-ups."""
WORKERS = 3
DEVICES = 24
EVENTS_PER_S = 12.0
KILL_EVERY_S = 0.9
DATABASE_KILL_SHARE = 0.1
_AT_REST_S = 2.0
"""At the beginning and the end nobody is killed."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """One way for workers to share the devices, and one store."""

    name: str
    postgres: bool
    by_hash: bool


SET_UPS = (
    SetUp("postgres-shared", postgres=True, by_hash=False),
    SetUp("postgres-by-hash", postgres=True, by_hash=True),
    SetUp("sqlite-shared", postgres=False, by_hash=False),
)


class Killer:
    """Ends a process now and then, from the thread that watches the run: its children live as long as that."""

    def __init__(self, chance: random.Random, hub: HubProcess, database: Postgres | None, until_s: float) -> None:
        self.kills = 0
        self._chance = chance
        self._hub = hub
        self._database = database
        self._until_s = until_s
        self._next_s: float | None = None

    def watch(self, standing: Standing) -> None:
        """Called many times a second."""
        if standing.begun is None:
            return
        since_s = time.monotonic() - standing.begun
        if self._next_s is None:
            self._next_s = _AT_REST_S
        late = since_s > self._until_s and self.kills > 0
        if self._next_s <= since_s and not late:
            self._next_s = since_s + self._chance.uniform(0.3, 1.7) * KILL_EVERY_S
            self._kill()

    def _kill(self) -> None:
        if self._database is not None and self._chance.random() < DATABASE_KILL_SHARE:
            self._database.kill()
            self._database.start()
            self.kills += 1
            return
        pids = self._hub.worker_pids
        if pids:
            with contextlib.suppress(ProcessLookupError):  # it fell a moment ago, and nobody has taken its post yet
                os.kill(self._chance.choice(pids), signal.SIGKILL)
                self.kills += 1


def set_ups() -> tuple[SetUp, ...]:
    """Those that can be played on this machine."""
    return tuple(each for each in SET_UPS if not each.postgres or installed())


def play(seed: int, scale: float, folder: Path) -> Tally:
    """Every set-up in turn, each with its share of the kills."""
    folder.chmod(0o711)  # PostgreSQL's user must get through
    tally, chosen = Tally(), set_ups()
    for each in chosen:
        kills = max(3, round(KILLS * scale / len(chosen)))
        tally += play_one(each, random.Random(f"{seed} {each.name}"), kills, folder / each.name)
    return tally


def play_one(set_up: SetUp, chance: random.Random, kills: int, folder: Path) -> Tally:
    """One set-up from an empty folder to the comparison."""
    folder.mkdir()
    with contextlib.ExitStack() as leaving:
        database = leaving.enter_context(Postgres(folder / "postgres")) if set_up.postgres else None
        broker = Broker(folder / "broker")
        crew = Crew(WORKERS, by_hash=set_up.by_hash, **({"store": database.address()} if database else {}))
        hub = HubProcess(broker.address, folder / "hub", crew=crew)
        trouble_s = _AT_REST_S + kills * KILL_EVERY_S
        plan = Plan(
            DEVICES, EVENTS_PER_S, trouble_s + _AT_REST_S, seed=chance.randrange(1 << 30), drain_s=120.0, processes=1
        )
        killer = Killer(chance, hub, database, trouble_s)
        settings = BrokerSettings(host=HOST, port=broker.port)
        run = FleetRun(plan, folder, Audience(watch=killer.watch))
        report = run.run(link_to(settings, ack_timeout_s=3.0), Ours(broker, hub))
        return compare(report, hub.folder, killer.kills)


def compare(report: Report, folder: Path, faults: int) -> Tally:
    """What was accepted against what is at the hub, and the hub's ledgers against its rows."""
    record = Record(folder)
    try:
        lanes, marks = record.lanes(), record.watermarks()
        wrong = [lane for lane in lanes if marks[lane.device, lane.epoch, lane.lane] != lane.expected]
        return Tally(
            faults=faults,
            accepted=report.events,
            lost=report.events - record.received(),
            duplicated=record.duplicated(),
            disordered=len(wrong) + record.gaps(),
            # Nothing was shed and nothing restored: who tells of either has misunderstood an ack.
            corrupt=len(record.events(SHED_TYPE)) + record.refused_count() + report.events - report.acked,
        )
    finally:
        record.close()
