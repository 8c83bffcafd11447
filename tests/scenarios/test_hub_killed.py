# SPDX-License-Identifier: Apache-2.0
import json
import random
import shutil
import subprocess

import pytest

from edge.contract.envelope import event_id
from edge.contract.outbox import SHED_TYPE
from edge.contract.words import Lane
from provisioning.bench.record import Record
from tests.scenarios.load import Line, Pace, wait_until
from tests.scenarios.world import DEVICE, LinkTimes, World, assert_exactly_once

pytestmark = [pytest.mark.scenario, pytest.mark.broker]

KILLS = 4
SEED = 41


@pytest.mark.slow
def test_hub_killed_under_load(world: World) -> None:
    """Killed four times in mid-commit, the hub ends with every event once, though the broker delivers many twice."""
    world.start()
    chance = random.Random(SEED)
    load = world.load("meter", pace=Pace(lines=10, rest_s=0.01))
    for _ in range(KILLS):
        load.until(chance.randrange(20, 400))
        world.hub.kill()
        load.until(chance.randrange(20, 400))
        world.hub.start()
    load.until(100)
    assert len(world.settled()) > KILLS * 40


def test_hub_not_there(forgetful_world: World) -> None:
    """With nobody subscribed the broker says so (0x10): rows stay, `status` names it, all arrive once a hub is up."""
    world = forgetful_world
    world.configure(times=LinkTimes(ack_timeout_s=60.0))  # so that nothing but the broker's word can be the reason
    world.broker.start()
    world.agent.start()
    load = world.load("meter")
    load.until(200)
    _status_says_hub_silent(world)
    load.until(20)
    lines = load.finish()
    status = world.agent.status()
    assert status is not None
    assert status.link.connected
    assert sum(depth.rows for depth in status.lanes.values()) >= len(lines)
    world.hub.start()
    world.settled()
    assert not world.agent.has_problem("hub-silent")


def test_hub_down_behind_its_broker(world: World) -> None:
    """While the broker queues for a dead hub, its word is not taken for the hub's: rows stay and `status` names it."""
    world.configure(times=LinkTimes(ack_timeout_s=1.0))
    world.start()
    load = world.load("meter")
    load.until(50)
    world.hub.kill()
    load.until(50)
    _status_says_hub_silent(world)
    status = world.agent.status()
    assert status is not None
    assert sum(depth.rows for depth in status.lanes.values()) > 0
    world.hub.start()
    world.settled()


def test_hub_restored_from_a_backup(world: World) -> None:
    """A hub that went back in time is told which events the device no longer holds; everything else arrives."""
    world.start()
    first = world.load("before").finish_after(200)
    world.wait_empty()
    world.hub.stop()
    backup = shutil.copytree(world.hub.folder, world.folder / "backup")
    world.hub.start()
    second = world.load("between").finish_after(200)
    world.wait_empty()
    world.hub.kill()
    shutil.rmtree(world.hub.folder)
    shutil.copytree(backup, world.hub.folder)
    world.hub.start()
    third = world.load("after").finish_after(200)
    world.wait_empty()
    _assert_only_told_gone(world, first, second, third)


def _status_says_hub_silent(world: World) -> None:
    """Ask as a technician would: exit code 1 and the problem in the JSON."""

    def said() -> bool:
        done = subprocess.run(world.agent.command("status", "--json"), capture_output=True, check=False)
        codes = {problem["code"] for problem in json.loads(done.stdout)["problems"]}
        return done.returncode == 1 and "hub-silent" in codes

    wait_until(said, 15.0, "status says hub-silent")


def _assert_only_told_gone(world: World, first: list[Line], second: list[Line], third: list[Line]) -> None:
    status = world.agent.status()
    assert status is not None
    record = Record(world.hub.folder)
    told = [event["data"] for event in record.events(SHED_TYPE)]
    gone = frozenset(
        event_id(status.epoch, Lane(shed["lane"]), seq) for shed in told for seq in range(shed["from"], shed["to"] + 1)
    )
    assert {shed["reason"] for shed in told} == {"acked-before"}
    assert {line.id for line in second} <= gone
    assert gone.isdisjoint({line.id for line in [*first, *third]})
    assert_exactly_once(record, [*first, *second, *third], told_gone=gone)
    last = {lane: depth.last_seq for lane, depth in status.lanes.items()}
    assert record.received_of(DEVICE, status.epoch, last) == sum(last.values())
    record.close()
