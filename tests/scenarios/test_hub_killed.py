# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
from pathlib import Path

import pytest

from tests.faults import hub
from tests.scenarios.load import wait_until
from tests.scenarios.world import LinkTimes, World

pytestmark = [pytest.mark.scenario, pytest.mark.broker]


@pytest.mark.slow
def test_hub_killed_absent_frozen_set_back_and_wrong(folder: Path) -> None:
    """Whatever a hub goes through, and whatever it says, every event is there once, or told as gone from a backup."""
    tally = hub.play(41, 0.01, folder)
    assert tally.clean, tally
    assert tally.faults >= 30
    assert tally.accepted > 300


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
    status = world.agent.answer()
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
    status = world.agent.answer()
    assert sum(depth.rows for depth in status.lanes.values()) > 0
    world.hub.start()
    world.settled()


def _status_says_hub_silent(world: World) -> None:
    """Ask as a technician would: exit code 1 and the problem in the JSON."""

    def said() -> bool:
        done = subprocess.run(world.agent.command("status", "--json"), capture_output=True, check=False)
        if done.returncode != 1:  # healthy yet, or too busy to answer in time
            return False
        return "hub-silent" in {problem["code"] for problem in json.loads(done.stdout)["problems"]}

    wait_until(said, 15.0, "status says hub-silent")
