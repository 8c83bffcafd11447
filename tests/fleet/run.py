# SPDX-License-Identifier: Apache-2.0
"""Small runs of a fleet on a real broker and hub."""

from pathlib import Path

from edge.config.models import Broker as BrokerSettings
from edge.fleet.words import Outage
from provisioning.bench.broker import HOST, Broker
from provisioning.bench.hub_process import HubProcess
from provisioning.fleet.ours import Ours
from provisioning.fleet.plan import Plan, link_to
from provisioning.fleet.report import Report
from provisioning.fleet.run import Audience, FleetRun

SETTINGS = BrokerSettings(host=HOST, port=1883)


def play(folder: Path, plan: Plan) -> tuple[Report, list[tuple[str, Outage]]]:
    """The report, and what was told of outages."""
    told: list[tuple[str, Outage]] = []
    broker = Broker(folder / "broker")
    ours = Ours(broker, HubProcess(broker.address, folder / "hub"))
    link = link_to(BrokerSettings(host=HOST, port=broker.port), spread_s=2.0, ack_timeout_s=5.0)
    run = FleetRun(plan, folder, Audience(tell=lambda when, outage: told.append((when, outage))))
    return run.run(link, ours), told
