# SPDX-License-Identifier: Apache-2.0
"""What a pole's agent costs while it does its work: memory, processor, start-up, and bytes written to flash.

No camera and no role. A start lasts from exec until a third party at the broker sees the device online. Memory is
taken after the agent has run and carried events; PSS shares out what several Pythons on this machine have in common,
so `rss_mb` is printed beside it: the most it could be for an agent that is alone. The floor is a bare program with the
same libraries (`benchmarks/floor.py`), started and measured in the same way.
"""

import itertools
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import floor
from benchmarks.event_lines import EventLines
from benchmarks.figures import Figures, median, percentile, progress
from benchmarks.pole import DEVICE, Pole, fill, write_pole
from benchmarks.presence import PresenceWatch
from benchmarks.processes import bytes_written, cpu_s, pss_mb, rss_mb
from benchmarks.sample_events import DATA_BYTES
from benchmarks.taken import taken
from edge.contract.topics import DEFAULT_ROOT, Topics, Up
from edge.contract.words import Lane
from provisioning.bench.broker import Broker
from provisioning.bench.child import Child
from provisioning.bench.hub_process import HubProcess

_ACKED_WITHIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is tried."""

    starts: int = 15
    first_starts: int = 5
    idle_s: float = 10.0
    calm_events: int = 10
    calm_every_s: float = 1.0
    single_events: int = 400
    single_every_s: float = 0.1
    burst_events: int = 20_000
    backlog: int = 1_000_000
    backlog_starts: int = 7
    settle_s: float = 5.0


_QUICK: Final = Size(
    starts=2,
    first_starts=1,
    idle_s=0.2,
    calm_events=2,
    calm_every_s=0.1,
    single_events=5,
    single_every_s=0.01,
    burst_events=50,
    backlog=2_000,
    backlog_starts=1,
    settle_s=0.2,
)


def main(argv: Sequence[str]) -> int:
    """Measure, print, and give 0."""
    return taken("footprint", __doc__, argv, lambda folder, quick: measure(folder, _QUICK if quick else Size()))


def measure(folder: Path, size: Size) -> Figures:
    """Every figure of the benchmark."""
    with Broker(folder / "broker") as broker, HubProcess(broker.address, folder / "hub"):
        presence = Topics(DEFAULT_ROOT).up(DEVICE, Up.PRESENCE)
        with PresenceWatch(broker.port, presence) as watch:
            figures = _starts(folder, broker.port, watch, size)
            figures |= _at_work(folder / "work", broker, watch, size)
        figures |= _with_backlog(folder / "backlog", size)
        with PresenceWatch(broker.port, presence) as watch:
            pole = write_pole(folder / "million", broker.port)
            fill(pole, size.backlog)
            figures |= {"start_1m_ms": round(median(_starts_with_backlog(pole, watch, size)))}
        with PresenceWatch(broker.port, floor.PRESENCE) as watch:
            figures |= _floor(folder, broker, watch, size)
    return figures


def _starts(folder: Path, port: int, watch: PresenceWatch, size: Size) -> Figures:
    first = [_start_once(write_pole(folder / f"first-{run}", port), watch) for run in range(size.first_starts)]
    pole = write_pole(folder / "again", port)
    _start_once(pole, watch)
    again = [_start_once(pole, watch) for _ in range(size.starts)]
    progress(f"starts: {_listed(again)} ms; with a new store {_listed(first)} ms")
    return {
        "start_ms": round(median(again)),
        "start_p95_ms": round(percentile(again, 0.95)),
        "first_start_ms": round(median(first)),
    }


def _start_once(pole: Pole, watch: PresenceWatch) -> float:
    agent, took_ms = _timed_start(watch, lambda: _agent(pole))
    agent.stop()
    return took_ms


def _at_work(folder: Path, broker: Broker, watch: PresenceWatch, size: Size) -> Figures:
    """One agent: left alone, then an event a second, then events one by one, then all at once."""
    pole = write_pole(folder, broker.port)
    agent, _ = _timed_start(watch, lambda: _agent(pole))
    try:
        time.sleep(min(2.0, size.idle_s))  # start-up is over
        idle_pct = _cpu_pct(agent.pid, lambda: time.sleep(size.idle_s))
        with EventLines(pole.socket) as lines:

            def one_a_second() -> None:
                for _ in range(size.calm_events):
                    lines.emit(1)
                    time.sleep(size.calm_every_s)

            calm_pct = _cpu_pct(agent.pid, one_a_second)
            memory = {"pss_mb": round(pss_mb(agent.pid), 1), "rss_mb": round(rss_mb(agent.pid), 1)}
            single = _written(agent.pid, pole, lines, itertools.repeat(1, size.single_events), size.single_every_s)
            burst = _written(agent.pid, pole, lines, [size.burst_events], 0.0)
        after = round(pss_mb(agent.pid), 1)
        assert broker.pid
        broker_mb = round(pss_mb(broker.pid), 1)
    finally:
        agent.stop()
    return {
        **memory,
        "pss_mb_after_burst": after,
        "cpu_pct_idle": round(idle_pct, 2),
        "cpu_pct_at_1hz": round(calm_pct, 2),
        "event_data_bytes": DATA_BYTES,
        "written_bytes_per_single_event": round(single),
        "written_bytes_per_burst_event": round(burst),
        "mosquitto_pss_mb": broker_mb,
    }


def _written(pid: int, pole: Pole, lines: EventLines, groups: Iterable[int], every_s: float) -> float:
    """Bytes written for each event, from the first commit until the last event is acknowledged and forgotten."""
    before, count, last = bytes_written(pid), 0, 0
    for group in groups:
        count += group
        last = lines.emit(group)
        time.sleep(every_s)
    pole.wait_acked(Lane.STATE, last, _ACKED_WITHIN_S)
    return (bytes_written(pid) - before) / count


def _floor(folder: Path, broker: Broker, watch: PresenceWatch, size: Size) -> Figures:
    command = [sys.executable, "-m", "benchmarks.floor", "--port", str(broker.port), "--database", str(folder / "f.db")]
    starts: list[float] = []
    memory: Figures = {}
    for _ in range(max(2, size.starts // 3)):
        bare, took_ms = _timed_start(watch, lambda: Child("floor", command, folder / "floor.log"))
        starts.append(took_ms)
        memory = {"floor_pss_mb": round(pss_mb(bare.pid), 1), "floor_rss_mb": round(rss_mb(bare.pid), 1)}
        bare.stop()
    return {**memory, "floor_start_ms": round(median(starts))}


def _with_backlog(folder: Path, size: Size) -> Figures:
    """What rows that wait cost in memory: no hub listens, so that they go on waiting; one agent has none of them."""
    with Broker(folder / "broker") as broker:
        presence = Topics(DEFAULT_ROOT).up(DEVICE, Up.PRESENCE)
        memory: dict[bool, list[float]] = {False: [], True: []}
        poles = {full: write_pole(folder / f"pole-{full}", broker.port) for full in memory}
        fill(poles[True], size.backlog)
        with PresenceWatch(broker.port, presence) as watch:
            for full in (False, True) * 3:
                agent, _ = _timed_start(watch, lambda pole=poles[full]: _agent(pole))  # type: ignore[misc]
                time.sleep(size.settle_s)
                memory[full].append(pss_mb(agent.pid))
                agent.stop()
    return {
        "backlog_rows": size.backlog,
        "backlog_extra_mb": round(median(memory[True]) - median(memory[False]), 2),
        "backlog_pss_mb": round(median(memory[True]), 1),
    }


def _starts_with_backlog(pole: Pole, watch: PresenceWatch, size: Size) -> list[float]:
    """Killed as soon as it was seen: a backlog that drains meanwhile is hardly smaller the next time."""
    starts = []
    for _ in range(size.backlog_starts):
        agent, took_ms = _timed_start(watch, lambda: _agent(pole))
        agent.kill()
        starts.append(took_ms)
    progress(f"starts with {size.backlog:,} rows: {_listed(starts)} ms")
    return starts


def _timed_start(watch: PresenceWatch, start: Callable[[], Child]) -> tuple[Child, float]:
    """Start a program; with it, the milliseconds until it was seen online."""
    watch.forget()
    begun = time.perf_counter()
    child = start()
    try:
        return child, (watch.wait() - begun) * 1000
    except AssertionError:
        child.kill()
        raise


def _agent(pole: Pole) -> Child:
    command = [sys.executable, "-m", "edge.agent.main", "run", "--config", str(pole.config)]
    return Child("agent", command, pole.config.with_suffix(".log"))


def _listed(values: list[float]) -> str:
    return " ".join(f"{value:.0f}" for value in values)


def _cpu_pct(pid: int, work: Callable[[], None]) -> float:
    """Share of one core over `work`."""
    before, begun = cpu_s(pid), time.perf_counter()
    work()
    return (cpu_s(pid) - before) / (time.perf_counter() - begun) * 100
