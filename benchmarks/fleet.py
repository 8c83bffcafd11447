# SPDX-License-Identifier: Apache-2.0
"""A thousand devices on one small broker and one hub: what is lost, what comes twice, and how they come back together.

Each simulated device is a real session, a real courier and a real connection; it tells one event a second. In the
middle the broker is killed and comes back after three seconds, and every device finds that out at the same moment.
`peak_connects_pct` is the highest share of them that called the broker within any one second from then on.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.figures import Figures, arguments, load_average, progress, publish
from benchmarks.workplace import workplace
from edge.config.models import Broker as BrokerSettings
from edge.fleet.words import Mishap, Outage
from provisioning.bench.broker import HOST, Broker
from provisioning.bench.hub_process import HubProcess
from provisioning.fleet.ours import Ours
from provisioning.fleet.plan import Plan, link_to
from provisioning.fleet.report import Report
from provisioning.fleet.run import Audience, FleetRun, Standing

_TELL_EVERY_S: Final = 10.0


class Teller:
    """How it goes on, every few seconds."""

    def __init__(self) -> None:
        """Nothing was told yet."""
        self._next_s = 0.0

    def watch(self, standing: Standing) -> None:
        """Called many times a second."""
        if standing.begun is None or standing.now - standing.begun < self._next_s:
            return
        self._next_s += _TELL_EVERY_S
        waiting = standing.accepted - standing.acked
        progress(f"{standing.online} of {standing.devices} online, {standing.accepted} events, {waiting} under way")

    def tell(self, when: str, outage: Outage) -> None:
        """At the beginning and the end of the outage."""
        progress(f"{outage.what} {when}")


def main(argv: Sequence[str]) -> int:
    """Measure, print, and give 0; 1 when an event was lost or had effect twice."""
    args = arguments("fleet", __doc__, argv)
    load_before = load_average()
    with workplace("fleet") as folder:
        report = measure(folder, quick=args.quick)
    publish("fleet", figures(report), args, load_before)
    return 0 if report.passed else 1


def measure(folder: Path, *, quick: bool) -> Report:
    """One run, with devices as they are by default; the quick one is only in more of a hurry to come back."""
    outage = Outage(what=Mishap.BROKER_KILLED, at_s=2.0 if quick else 30.0, for_s=1.0 if quick else 3.0)
    plan = Plan(devices=20 if quick else 1000, duration_s=5.0 if quick else 90.0, outages=(outage,))
    broker = Broker(folder / "broker")
    ours = Ours(broker, HubProcess(broker.address, folder / "hub"))
    link = link_to(BrokerSettings(host=HOST, port=broker.port), spread_s=2.0 if quick else None)
    teller = Teller()
    return FleetRun(plan, folder, Audience(teller.watch, teller.tell)).run(link, ours)


def figures(report: Report) -> Figures:
    """The report in the benchmark's words."""
    events = max(1, report.events)
    return {
        "devices": report.devices,
        "processes": report.processes,
        "seconds": report.seconds,
        "events": report.events,
        "lost": report.lost,
        "duplicated": report.duplicated,
        "sent_again": report.sent_again,
        "peak_connects_pct": report.peak_connects_pct,
        "peak_calls_pct": report.peak_calls_pct,
        "all_back_s": report.all_back_s,
        "reconnect_s": report.reconnect_s,
        "latency_ms": report.latency_ms,
        "calm_latency_ms": report.calm_latency_ms,
        "late_ms": report.late_ms,
        "payload_bytes_per_event": round(report.bytes_up / events, 1),
        "simulator_cpu_us_per_event": _us(report.cpu_s["simulators"], events),
        "broker_cpu_us_per_event": _us(report.cpu_s["broker"], events),
        "hub_cpu_us_per_event": _us(report.cpu_s["hub"], events),
        "simulator_mb_per_1000_devices": round(report.rss_mb * 1000 / report.devices, 1),
    }


def _us(spent_s: float | None, events: int) -> float | None:
    return None if spent_s is None else round(spent_s / events * 1e6, 1)
