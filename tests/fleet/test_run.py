# SPDX-License-Identifier: Apache-2.0
"""Twenty devices on a real broker and a real hub, for a few seconds in which much goes wrong."""

import json
import os
import signal
from pathlib import Path

import pytest

from edge.contract.problems import ProblemError
from edge.fleet.words import Mishap, Outage
from provisioning import cli
from provisioning.bench.broker import Broker
from provisioning.bench.hub_process import HubProcess
from provisioning.bench.record import Record
from provisioning.fleet.plan import Plan, link_to
from provisioning.fleet.simulators import Simulators
from tests.fleet.run import SETTINGS, play

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def test_broker_and_hub_die(tmp_path: Path) -> None:
    """Every event of two processes' devices is at the hub once, though broker and hub were killed in turn."""
    outages = (
        Outage(what=Mishap.BROKER_KILLED, at_s=1.5, for_s=0.5),
        Outage(what=Mishap.HUB_KILLED, at_s=3.0, for_s=0.5),
    )
    report, told = play(tmp_path, Plan(devices=20, duration_s=4.0, outages=outages, processes=2))
    assert (report.events, report.at_hub, report.lost, report.duplicated) == (80, 80, 0, 0)
    assert report.acked == 80
    assert report.passed
    assert [(when, outage.what) for when, outage in told] == [
        ("begins", Mishap.BROKER_KILLED),
        ("ends", Mishap.BROKER_KILLED),
        ("begins", Mishap.HUB_KILLED),
        ("ends", Mishap.HUB_KILLED),
    ]
    assert report.connects >= 20
    assert report.reconnect_s["max"] is not None
    assert report.all_back_s is not None
    assert report.bytes_up > 80 * 100
    assert all(value is not None for value in report.cpu_s.values())


def test_power_and_links_fail_on_disk(tmp_path: Path) -> None:
    """Stores on disk outlive a power cut: each device goes on in the same epoch; those without power say nothing."""
    outages = (
        Outage(what=Mishap.POWER_CUT, at_s=1.0, for_s=1.0, share_pct=50),
        Outage(what=Mishap.LINK_CUT, at_s=3.0, for_s=0.5),
    )
    report, _ = play(tmp_path, Plan(devices=10, duration_s=4.0, outages=outages, outbox="disk"))
    assert (report.lost, report.duplicated) == (0, 0)
    assert report.events < 40
    assert report.connects >= 10
    record = Record(tmp_path / "hub")
    epochs = {(lane.device, lane.epoch) for lane in record.lanes()}
    record.close()
    assert sorted(device for device, _ in epochs) == [f"sim-{number:04d}" for number in range(1, 11)]


def test_a_broker_of_somebody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On a loopback broker that runs already nothing is asked, and nothing is claimed of its hub."""
    with Broker(tmp_path / "broker") as broker, HubProcess(broker.address, tmp_path / "hub", "lab/1"):
        words = f"fleet-sim --devices 5 --seconds 2 --broker {broker.address} --root lab/1 --prefix lab- --json"
        code = cli.run([*words.split(), "--outage", "link-cut@0.5+0.2", "--spread", "1"])
        told = json.loads(capsys.readouterr().out)
    assert code == cli.OK
    assert (told["events"], told["acked"], told["lost"]) == (10, 10, 0)
    assert (told["at_hub"], told["duplicated"], told["cpu_s"]["hub"]) == (None, None, None)
    record = Record(tmp_path / "hub")
    assert {lane.device for lane in record.lanes()} == {f"lab-{number:04d}" for number in range(1, 6)}
    record.close()


def test_a_killed_simulator_is_told(tmp_path: Path) -> None:
    """A process that is killed is not waited for; whoever listens hears how it ended."""
    with Simulators(Plan(devices=1).orders(link_to(SETTINGS), tmp_path)) as simulators:
        os.kill(simulators.pids[0], signal.SIGKILL)
        heard = [simulators.told.get(timeout=200)]
        while heard[-1][1] is not None:
            heard.append(simulators.told.get(timeout=200))
        complaint = simulators.complaint(0)
    assert complaint.problem.code == "fleet-simulator-ended"
    assert complaint.problem.detail["exit_code"] == -signal.SIGKILL


def test_a_problem_keeps_its_words(tmp_path: Path) -> None:
    """What a simulator process cannot do reaches the technician as the problem it is, not as an exit code."""
    orders = [
        order.model_copy(update={"last": 10_000_000}) for order in Plan(devices=1).orders(link_to(SETTINGS), tmp_path)
    ]
    with Simulators(orders) as simulators:
        assert simulators.told.get(timeout=200) == (0, None)
        complaint = simulators.complaint(0)
    assert isinstance(complaint, ProblemError)
    assert complaint.problem.code == "fleet-too-few-files"
    assert complaint.problem.detail["devices"] == 10_000_000
