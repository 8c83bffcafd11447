# SPDX-License-Identifier: Apache-2.0
"""What an outage costs: how soon a device is at another broker, finds a line half-open, and notices that it is deaf.

All with the settings of the package, real agents and real brokers. `failover_s`: from SIGKILL of the first broker until
a third party sees the device at the second. `half_open_s`: from SIGSTOP of an idle device's broker until the device has
given the line up. `canary_s`: from the instant after which nothing the hub says reaches an idle device, while all else
goes on, until it says `hub-silent`; `healed_s`: until it hears the hub again.
"""

import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from benchmarks.ack_watch import AckWatch
from benchmarks.event_lines import EventLines
from benchmarks.figures import Figures, median, progress
from benchmarks.pole import DEVICE, Pole, write_pole
from benchmarks.presence import PresenceWatch
from benchmarks.taken import taken
from edge.contract.local import Status
from edge.contract.topics import DEFAULT_ROOT, Topics, Up
from edge.contract.words import Lane
from provisioning.bench.agent_process import AgentProcess
from provisioning.bench.broker import Broker
from provisioning.bench.chaos.fault import Fault, Kind, Way
from provisioning.bench.chaos.packets import PacketKind
from provisioning.bench.chaos.proxy import Proxy
from provisioning.bench.hub_process import HubProcess
from provisioning.bench.world import drained

Answer = TypeVar("Answer")

_HEARD_BEFORE: Final = 8
"""Acknowledgements that still reach the device."""
_FOR_EVER: Final = 1_000_000
_LOOK_AGAIN_S: Final = 0.05
_WITHIN_S: Final = 180.0
_QUICK_LINK: Final = "silence_s = 1.0\ncanary_s = 5.0\nack_timeout_s = 2.0\nspread_s = 0.5\n"
"""With --quick: other settings, other figures; shows only that it works."""


@dataclass(frozen=True, slots=True)
class Size:
    """How often each mishap is played, side by side, and with which settings."""

    runs: int = 5
    link: str = ""


_QUICK: Final = Size(1, _QUICK_LINK)


def main(argv: Sequence[str]) -> int:
    """Measure, print, and give 0."""
    return taken("outage", __doc__, argv, lambda folder, quick: measure(folder, _QUICK if quick else Size()))


def measure(folder: Path, size: Size) -> Figures:
    """Every figure of the benchmark: the median, and the worst beside it."""
    failovers = _side_by_side(size, lambda run: _fail_over(folder / f"failover-{run}", size))
    progress(f"fail-over: {_listed(failovers)} s")
    halves = _side_by_side(size, lambda run: _half_open(folder / f"half-{run}", size))
    progress(f"half-open: {_listed(halves)} s")
    deaf = _side_by_side(size, lambda run: _deaf(folder / f"deaf-{run}", size))
    noticed, healed = [one for one, _ in deaf], [two for _, two in deaf]
    progress(f"deaf: noticed after {_listed(noticed)} s, healed after {_listed(healed)} s")
    return {
        "runs": size.runs,
        **_median_and_worst("failover", failovers),
        **_median_and_worst("half_open", halves),
        **_median_and_worst("canary", noticed),
        **_median_and_worst("healed", healed),
    }


def _fail_over(folder: Path, size: Size) -> float:
    with Broker(folder / "one") as one, Broker(folder / "two") as two:
        pole = write_pole(folder / "pole", one.port, two.port, link=size.link)
        presence = Topics(DEFAULT_ROOT).up(DEVICE, Up.PRESENCE)
        with PresenceWatch(one.port, presence) as first, PresenceWatch(two.port, presence) as second, _agent(pole):
            first.wait()
            begun = time.perf_counter()
            one.kill()
            return second.wait() - begun


def _half_open(folder: Path, size: Size) -> float:
    with Broker(folder / "broker") as broker, HubProcess(broker.address, folder / "hub"):
        pole = write_pole(folder / "pole", broker.port, link=size.link)
        with _agent(pole) as agent:
            _until(agent, drained)
            assert broker.pid
            os.kill(broker.pid, signal.SIGSTOP)
            begun = time.perf_counter()
            try:
                _until(agent, lambda status: not status.link.connected)
                return time.perf_counter() - begun
            finally:
                os.kill(broker.pid, signal.SIGCONT)


def _deaf(folder: Path, size: Size) -> tuple[float, float]:
    """The first connection loses every message to the device after some; the next one is whole."""
    swallow = Fault(
        turn=0, kind=Kind.SWALLOW, way=Way.DOWN, packet=PacketKind.PUBLISH, after=_HEARD_BEFORE + 1, many=_FOR_EVER
    )
    with (
        Broker(folder / "broker") as broker,
        HubProcess(broker.address, folder / "hub"),
        Proxy(broker.port, [swallow]) as proxy,
        AckWatch(broker.port, DEVICE, Lane.STATE) as acks,
    ):
        pole = write_pole(folder / "pole", proxy.port, link=size.link)
        with _agent(pole) as agent, EventLines(pole.socket) as lines:
            while acks.heard < _HEARD_BEFORE:
                lines.emit(1)
                _until(agent, drained)
            begun = time.perf_counter()
            _until(agent, lambda status: "hub-silent" in {problem.code for problem in status.problems})
            noticed = time.perf_counter() - begun
            _until(agent, lambda status: status.link.connected and not status.problems and drained(status))
            return noticed, time.perf_counter() - begun


def _agent(pole: Pole) -> AgentProcess:
    return AgentProcess(pole.config, pole.socket)


def _until(agent: AgentProcess, holds: Callable[[Status], bool]) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while not ((status := agent.status()) and holds(status)):
        assert time.monotonic() < deadline, status
        time.sleep(_LOOK_AGAIN_S)


def _side_by_side(size: Size, play: Callable[[int], Answer]) -> list[Answer]:
    """All at once: what they do most is wait."""
    with ThreadPoolExecutor(size.runs) as pool:
        return list(pool.map(play, range(size.runs)))


def _median_and_worst(name: str, seconds: list[float]) -> Figures:
    return {f"{name}_s": round(median(seconds), 1), f"{name}_worst_s": round(max(seconds), 1)}


def _listed(values: list[float]) -> str:
    return " ".join(f"{value:.1f}" for value in sorted(values))
