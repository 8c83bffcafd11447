# SPDX-License-Identifier: Apache-2.0
"""A backlog from the agent's disk to the hub's acknowledgement, beside bare paho on the same broker.

A real agent, a real broker and the hub as processes. The clock runs from the instant the agent says its link came up
until the agent has committed the hub's acknowledgement of the last event: read from disk, encoded, sent, received,
checked, committed and fsynced by the hub, acknowledged, forgotten. The peer keeps nothing on disk and checks nothing.
`urgent_p99_ms`: in the middle of draining a longer backlog an alarm is handed to the agent ever again; from there until
a third party at the broker reads in the hub's acknowledgement that the hub has it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.ack_watch import AckWatch
from benchmarks.event_lines import EventLines
from benchmarks.figures import Figures, median, percentile, progress
from benchmarks.paho_peer import publish_all
from benchmarks.pole import DEVICE, fill, write_pole
from benchmarks.processes import bytes_read_by_calls, cpu_s, pss_mb
from benchmarks.taken import taken
from edge.contract.words import Lane
from provisioning.bench.agent_process import AgentProcess
from provisioning.bench.broker import Broker
from provisioning.bench.hub_process import HubProcess
from provisioning.bench.record import Record

PAHO_INFLIGHT = 20
"""paho's own default."""
TUNED_INFLIGHT = 1000


@dataclass(frozen=True, slots=True)
class Size:
    """How much is tried."""

    events: int = 100_000
    runs: int = 3
    within_s: float = 180.0
    urgent_backlog: int = 500_000
    urgent_runs: int = 2
    urgent_every_s: float = 0.02


@dataclass(frozen=True, slots=True)
class Drained:
    """One run."""

    drain_s: float
    exec_to_drained_s: float
    wire_bytes: int
    agent_cpu_s: float
    hub_cpu_s: float
    broker_cpu_s: float
    agent_pss_mb: float


_QUICK: Final = Size(events=300, runs=1, urgent_backlog=2_000, urgent_runs=1)


def main(argv: Sequence[str]) -> int:
    """Measure, print, and give 0."""
    return taken("drain", __doc__, argv, lambda folder, quick: measure(folder, _QUICK if quick else Size()))


def measure(folder: Path, size: Size) -> Figures:
    """Every figure of the benchmark; ours and the peers take turns."""
    ours: list[Drained] = []
    plain: list[float] = []
    tuned: list[float] = []
    for run in range(size.runs):
        ours.append(drain_once(folder / f"run-{run}", size))
        with Broker(folder / f"peer-{run}") as broker:
            plain.append(publish_all(folder, broker.port, size.events, PAHO_INFLIGHT))
            tuned.append(publish_all(folder, broker.port, size.events, TUNED_INFLIGHT))
        progress(
            f"{size.events / ours[-1].drain_s:,.0f} events/s ({ours[-1].drain_s:.2f} s); "
            f"paho {plain[-1]:,.0f}/s, tuned {tuned[-1]:,.0f}/s"
        )
    urgent = [_urgent(folder / f"urgent-{run}", size) for run in range(size.urgent_runs)]
    latencies = [latency for run in urgent for latency in run]
    progress(f"urgent: {len(latencies)} alarms, p50 {percentile(latencies, 0.5):.0f} ms")
    rate = size.events / median([run.drain_s for run in ours])
    best_peer = max(median(plain), median(tuned))
    return {
        "events": size.events,
        "events_per_s": round(rate),
        "peer_paho_msgs_per_s": round(best_peer),
        "peer_paho": {
            f"inflight_{PAHO_INFLIGHT}": round(median(plain)),
            f"inflight_{TUNED_INFLIGHT}": round(median(tuned)),
        },
        "ratio": round(rate / best_peer, 2),
        "urgent_p50_ms": round(percentile(latencies, 0.5)),
        "urgent_p99_ms": round(max(percentile(run, 0.99) for run in urgent)),
        "urgent_alarms": len(latencies),
        "bytes_per_event_on_wire": round(median([run.wire_bytes / size.events for run in ours]), 1),
        "exec_to_drained_s": round(median([run.exec_to_drained_s for run in ours]), 2),
        "agent_pss_mb": round(median([run.agent_pss_mb for run in ours]), 1),
        "agent_cpu_us_per_event": _us(ours, size, "agent_cpu_s"),
        "hub_cpu_us_per_event": _us(ours, size, "hub_cpu_s"),
        "broker_cpu_us_per_event": _us(ours, size, "broker_cpu_s"),
    }


def drain_once(folder: Path, size: Size) -> Drained:
    """One agent with a backlog, one hub that has nothing yet."""
    with Broker(folder / "broker") as broker, HubProcess(broker.address, folder / "hub") as hub:
        pole = write_pole(folder / "pole", broker.port)
        fill(pole, size.events)
        assert broker.pid
        assert hub.pid
        wire, broker_cpu, hub_cpu = bytes_read_by_calls(broker.pid), cpu_s(broker.pid), cpu_s(hub.pid)
        agent = AgentProcess(pole.config, pole.socket)
        begun = time.time()
        try:
            agent.start()
            drained = pole.wait_acked(Lane.METRIC, size.events, size.within_s)
            status = agent.status()
            assert agent.pid
            assert status
            assert status.link.since
            result = Drained(
                drain_s=drained - status.link.since.timestamp(),
                exec_to_drained_s=drained - begun,
                wire_bytes=bytes_read_by_calls(broker.pid) - wire,
                agent_cpu_s=cpu_s(agent.pid),
                hub_cpu_s=cpu_s(hub.pid) - hub_cpu,
                broker_cpu_s=cpu_s(broker.pid) - broker_cpu,
                agent_pss_mb=pss_mb(agent.pid),
            )
        finally:
            agent.stop()
        _check(hub.folder, size.events)
    return result


def _urgent(folder: Path, size: Size) -> list[float]:
    """Milliseconds from handing over an alarm to the hub's word, one alarm after the other while a backlog drains."""
    with Broker(folder / "broker") as broker, HubProcess(broker.address, folder / "hub"):
        pole = write_pole(folder / "pole", broker.port)
        fill(pole, size.urgent_backlog)
        latencies: list[float] = []
        with (
            AckWatch(broker.port, DEVICE, Lane.URGENT) as acks,
            AgentProcess(pole.config, pole.socket),
            EventLines(pole.socket, Lane.URGENT) as lines,
        ):
            while pole.acked(Lane.METRIC) < size.urgent_backlog or not latencies:
                begun = time.perf_counter()
                latencies.append((acks.when(lines.emit(1)) - begun) * 1000)
                time.sleep(size.urgent_every_s)
        return latencies


def _check(hub: Path, events: int) -> None:
    """That everything is at the hub, once."""
    record = Record(hub)
    metric = sum(lane.received for lane in record.lanes() if lane.lane is Lane.METRIC)
    assert (metric, record.lost(), record.duplicated()) == (events, 0, 0), (metric, record.lost(), record.duplicated())
    record.close()


def _us(runs: list[Drained], size: Size, what: str) -> float:
    return round(median([getattr(run, what) for run in runs]) / size.events * 1e6, 1)
