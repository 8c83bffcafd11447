# SPDX-License-Identifier: Apache-2.0
"""What the hub can take: one worker on SQLite or PostgreSQL, three on PostgreSQL that share by broker or by hash.

Prepared batches of many devices go through a real broker; the clock runs from the first of them until the hub's own
record holds the last. Processor time is that of all processes of the hub, and of the database beside it.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.figures import Figures, arguments, load_average, median, progress, publish
from benchmarks.processes import cpu_s
from benchmarks.sample_events import TYPE, readings
from benchmarks.workplace import workplace
from edge.contract.batch import encode_batch
from edge.contract.envelope import EventFrame, event_body
from edge.contract.presence import Presence
from edge.contract.topics import Topics, Up
from edge.contract.words import Lane
from provisioning.bench.broker import HOST, Broker
from provisioning.bench.hub_process import Crew, HubProcess
from provisioning.bench.postgres import NEEDED, Postgres, installed
from provisioning.bench.record import Record

EPOCH = "e1"
BATCH = 200
START_US = 1_790_000_000_000_000
IN_FLIGHT = 200
PAUSE_S = 1.0
"""For workers that share by hash to hear of every device."""
WITHIN_S = 300.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is tried."""

    devices: int = 20
    events: int = 200_000
    runs: int = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """One make of hub."""

    name: str
    workers: int = 1
    by_hash: bool = False
    postgres: bool = False


KINDS = (
    Kind("sqlite"),
    Kind("postgres", postgres=True),
    Kind("postgres_3_shared", 3, postgres=True),
    Kind("postgres_3_by_hash", 3, by_hash=True, postgres=True),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """One run."""

    events_per_s: float
    hub_cpu_us: float
    database_cpu_us: float


def main(argv: Sequence[str]) -> int:
    """Measure, print, and give 0."""
    args = arguments("hub", __doc__, argv)
    size = Size(devices=4, events=4000, runs=1) if args.quick else Size()
    kinds = [kind for kind in KINDS if installed() or not kind.postgres]
    if len(kinds) < len(KINDS):
        progress(f"no PostgreSQL here, so only SQLite is measured: {NEEDED}")
    load_before = load_average()
    with workplace("hub") as folder:
        folder.chmod(0o711)  # PostgreSQL's user must get through
        payloads = prepare(size)
        figures: Figures = {"events": size.events, "devices": size.devices, "events_a_batch": BATCH}
        # Makes take turns, so that what else the machine does meets all of them.
        taken = [
            [measure(folder / f"{run}-{kind.name}", kind, size, payloads) for kind in kinds] for run in range(size.runs)
        ]
        for place, kind in enumerate(kinds):
            figures[kind.name] = summary([each[place] for each in taken])
    publish("hub", figures, args, load_before)
    return 0


def summary(runs: list[Taken]) -> Figures:
    """The middle of several runs."""
    return {
        "events_per_s": round(median([run.events_per_s for run in runs])),
        "hub_cpu_us_per_event": round(median([run.hub_cpu_us for run in runs]), 1),
        "database_cpu_us_per_event": round(median([run.database_cpu_us for run in runs]), 1),
    }


def prepare(size: Size) -> dict[str, list[bytes]]:
    """Every device's batches, made before the clock runs."""
    data = readings()
    made: dict[str, list[bytes]] = {}
    for number in range(size.devices):
        frame = EventFrame(f"pole-{number}", EPOCH, Lane.METRIC)
        last = size.events // size.devices
        made[f"pole-{number}"] = [
            encode_batch(
                [
                    frame.frame(seq, START_US + seq, "synced", seq, event_body(TYPE, next(data), "lamp"))
                    for seq in range(first, min(first + BATCH, last + 1))
                ]
            )
            for first in range(1, last + 1, BATCH)
        ]
    return made


def measure(folder: Path, kind: Kind, size: Size, payloads: dict[str, list[bytes]]) -> Taken:
    """One hub, empty at first, that takes everything."""
    folder.mkdir()
    with ExitStack() as leaving:
        folder.chmod(0o711)
        database = leaving.enter_context(Postgres(folder / "postgres")) if kind.postgres else None
        broker = leaving.enter_context(Broker(folder / "broker"))
        crew = Crew(kind.workers, by_hash=kind.by_hash, store=database.address() if database else "sqlite")
        hub = leaving.enter_context(HubProcess(broker.address, folder / "hub", crew=crew))
        record = Record(hub.folder)
        leaving.callback(record.close)
        load = leaving.enter_context(Load(broker.port, payloads))
        before = cpu_of(hub.pid), cpu_of(database.pid if database else None)
        begun = monotonic()
        load.send()
        while sum(record.counts().values()) < size.events:
            assert monotonic() - begun < WITHIN_S, record.counts()
            sleep(0.02)
        seconds = monotonic() - begun
        after = cpu_of(hub.pid), cpu_of(database.pid if database else None)
        assert (record.lost(), record.duplicated(), record.gaps()) == (0, 0, 0)
        hub_us, database_us = ((late - early) / size.events * 1e6 for early, late in zip(before, after, strict=True))
        progress(f"{kind.name}: {size.events / seconds:,.0f} events/s, {hub_us:.1f} + {database_us:.1f} us of CPU each")
        return Taken(size.events / seconds, hub_us, database_us)


class Load:
    """All devices through one connection, which costs the broker least."""

    def __init__(self, port: int, payloads: dict[str, list[bytes]]) -> None:
        self._payloads = payloads
        self._topics = Topics()
        self._client = Client(CallbackAPIVersion.VERSION2, "load")
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.connect(HOST, port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        said = {"online": True, "boot": "b", "epoch": EPOCH, "agent": "1", "role": "r", "time": "2026-01-01T00:00:00Z"}
        here = Presence.model_validate(said).model_dump_json()
        for device in self._payloads:
            self._client.publish(self._topics.up(device, Up.PRESENCE), here, 1).wait_for_publish(WITHIN_S)
        sleep(PAUSE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def send(self) -> None:
        """The devices take turns, a batch each."""
        for turn in zip(*self._payloads.values(), strict=True):
            for device, payload in zip(self._payloads, turn, strict=True):
                self._client.publish(self._topics.up(device, Lane.METRIC), payload, 1)


def cpu_of(root: int | None) -> float:
    """Processor seconds of a process and of all that it has started."""
    return sum(map(cpu_s, family(root))) if root is not None else 0.0


def family(root: int) -> Iterator[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):  # it ended while we looked
                parent = int((entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        waiting += children.get(pid, [])
        yield pid
