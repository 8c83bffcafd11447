# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from tests.faults import broker
from tests.scenarios.load import wait_until
from tests.scenarios.world import DEVICE, LinkTimes, World

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]


def test_broker_killed_frozen_and_forgetful(folder: Path) -> None:
    """A broker that dies under load, with its store and without, or stands still, costs nothing but time."""
    tally = broker.play(77, 0.05, folder)
    assert tally.clean, tally
    assert tally.faults >= 7
    assert tally.accepted > 300


def test_broker_away_is_no_old_broker(world: World) -> None:
    """A port nobody listens on says nothing of MQTT versions: after any outage the agent comes back with 5."""
    world.configure(times=LinkTimes(connect_timeout_s=60.0))  # a broker that answers late might be an old one
    world.agent.start()
    for _ in range(3):
        wait_until(lambda: world.agent.has_problem("link-unreachable"), 10.0, "the agent has tried in vain")
        world.broker.start()
        wait_until(lambda: world.agent.answer().link.connected, 10.0, "the agent is back")
        world.broker.kill()
    greetings = _greetings(world)
    assert len(greetings) >= 3
    assert all("(p5," in greeting for greeting in greetings)


def _greetings(world: World) -> list[str]:
    """What the broker wrote down of this device's connections."""
    lines = (world.broker.folder / "broker.log").read_text("utf-8").splitlines()
    return [line for line in lines if "New client connected" in line and f" as {DEVICE} " in line]
