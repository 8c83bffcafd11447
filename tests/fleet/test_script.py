# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from edge.contract.problems import ProblemError
from edge.fleet.words import Mishap, Outage
from provisioning.fleet.plan import Plan, link_to
from provisioning.fleet.script import check, outage_of, outages_in
from tests.fleet.run import SETTINGS


@pytest.mark.parametrize(
    ("spec", "outage"),
    [
        ("broker-killed@30+3", Outage(what=Mishap.BROKER_KILLED, at_s=30, for_s=3)),
        ("link-cut:25%@0.5+1.5", Outage(what=Mishap.LINK_CUT, at_s=0.5, for_s=1.5, share_pct=25)),
        ("power-cut@0+1", Outage(what=Mishap.POWER_CUT, at_s=0, for_s=1)),
    ],
)
def test_an_outage_on_the_command_line(spec: str, outage: Outage) -> None:
    """What goes wrong, for how many, when, and how long, in one word."""
    assert outage_of(spec) == outage


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("broker-killed", "broker-killed@30+3"),
        ("broker-eaten@1+1", "hub-stopped"),
        ("link-cut:0%@1+1", "greater than 0"),
        ("link-cut@1+0", "greater than 0"),
        ("link-cut@1.2.3+1", "number"),
    ],
)
def test_a_slip_is_told_with_the_way_out(spec: str, said: str) -> None:
    """The complaint names what was written and what would do."""
    with pytest.raises(ProblemError) as failed:
        outage_of(spec)
    assert failed.value.problem.code == "fleet-script-invalid"
    assert failed.value.problem.detail["where"] == spec
    assert said in str(failed.value.problem.detail["reason"])


def test_a_script_is_a_file(tmp_path: Path) -> None:
    """Tables in TOML, played in the order in which they begin, whatever the order they are written in."""
    script = tmp_path / "night.toml"
    script.write_text(
        '[[outage]]\nwhat = "power-cut"\nat_s = 20\nfor_s = 5\nshare_pct = 50\n'
        '[[outage]]\nwhat = "hub-stopped"\nat_s = 10\nfor_s = 3\n'
    )
    played = check(outages_in(script), ours=True, broker="")
    assert [outage.what for outage in played] == [Mishap.HUB_STOPPED, Mishap.POWER_CUT]


@pytest.mark.parametrize("text", ["outage = 1", "[[outage]]\nwhat = 'link-cut'\nat = 1", "[[outage", None])
def test_a_broken_script_is_told(tmp_path: Path, text: str | None) -> None:
    """A wrong key, wrong TOML and a missing file end in the same complaint, which names the file."""
    script = tmp_path / "broken.toml"
    if text is not None:
        script.write_text(text)
    with pytest.raises(ProblemError) as failed:
        outages_in(script)
    assert failed.value.problem.detail["where"] == str(script)


@pytest.mark.parametrize("what", [Mishap.BROKER_KILLED, Mishap.BROKER_FROZEN, Mishap.HUB_KILLED, Mishap.HUB_STOPPED])
def test_nobody_else_is_struck(what: Mishap) -> None:
    """A broker and a hub that are not ours cannot be stopped, and it is said what can be done instead."""
    outage = Outage(what=what, at_s=1, for_s=1)
    with pytest.raises(ProblemError) as failed:
        check([outage], ours=False, broker="hub.example:1883")
    assert failed.value.problem.code == "fleet-outage-not-ours"
    assert failed.value.problem.detail["possible"] == "link-cut, power-cut"


def test_what_devices_suffer_needs_no_owner() -> None:
    """Links and power of simulated devices may be cut wherever their broker is."""
    outages = [Outage(what=what, at_s=1, for_s=1) for what in (Mishap.LINK_CUT, Mishap.POWER_CUT)]
    assert check(outages, ours=False, broker="hub.example:1883") == tuple(outages)


@pytest.mark.parametrize(("devices", "processes"), [(1, 1), (7, 3), (1000, 2), (2, 5)])
def test_every_device_is_in_one_process(tmp_path: Path, devices: int, processes: int) -> None:
    """Shares cover the fleet without gaps, none is empty, and they differ by one device at most."""
    plan = Plan(devices=devices, processes=processes, outages=(Outage(what=Mishap.LINK_CUT, at_s=5, for_s=1),))
    orders = plan.orders(link_to(SETTINGS), tmp_path)
    assert [number for order in orders for number in range(order.first, order.last + 1)] == [*range(1, devices + 1)]
    sizes = [order.devices for order in orders]
    assert max(sizes) - min(sizes) <= 1
    assert orders[0].calm_s == 3.0


def test_a_link_is_as_devices_have_it() -> None:
    """Nothing is changed but what was asked for."""
    assert link_to(SETTINGS).spread_s == 20.0
    assert link_to(SETTINGS, spread_s=1.5, root=None).spread_s == 1.5
    assert link_to(SETTINGS, root="lab/1").root == "lab/1"
