# SPDX-License-Identifier: Apache-2.0
import random

import pytest

from tests.scenarios.load import Pace, wait_until
from tests.scenarios.world import DEVICE, World

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]

KILLS = 6
SEED = 77


def test_broker_killed_and_forgetful(forgetful_world: World) -> None:
    """A broker that dies six times under load, each time forgetting what it held, costs nothing but time."""
    world = forgetful_world.start()
    chance = random.Random(SEED)
    load = world.load("meter", pace=Pace(lines=10, rest_s=0.01))
    for _ in range(KILLS):
        load.until(chance.randrange(20, 400))
        world.broker.kill()
        load.until(chance.randrange(20, 400))
        world.broker.start()
    load.until(100)
    assert len(world.settled()) > KILLS * 40


def test_broker_away_is_no_old_broker(world: World) -> None:
    """A port nobody listens on says nothing of MQTT versions: after any outage the agent comes back with 5."""
    world.agent.start()
    for tries in range(1, 4):
        wait_until(lambda: world.agent.has_problem("link-unreachable"), 10.0, "the agent has tried in vain")
        world.broker.start()
        wait_until(lambda tries=tries: len(_greetings(world)) == tries, 10.0, "the agent is back")  # type: ignore[misc]
        world.broker.kill()
    assert all("(p5," in greeting for greeting in _greetings(world))


def _greetings(world: World) -> list[str]:
    """What the broker wrote down of this device's connections."""
    lines = (world.broker.folder / "broker.log").read_text("utf-8").splitlines()
    return [line for line in lines if "New client connected" in line and f" as {DEVICE} " in line]
