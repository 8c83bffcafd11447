# SPDX-License-Identifier: Apache-2.0
import random
import time

import pytest

from tests.scenarios.load import Pace
from tests.scenarios.world import World

pytestmark = [pytest.mark.scenario, pytest.mark.broker, pytest.mark.slow]

KILLS = 52
SEED = 20260317
STARTING_S, RUNNING_S = 0.5, 0.25
"""Half of the kills fall into the first, counted from the start; the rest into the second, counted from `ready`."""


def test_agent_killed(world: World) -> None:
    """Killed at 52 random instants under two emitters that live through it, the agent loses and doubles nothing."""
    print(f"seed {SEED}")  # noqa: T201  (shown when the test fails)
    chance = random.Random(SEED)
    world.start()
    left, right = (world.load(name, seed, Pace(lines=8, rest_s=0.015)) for name, seed in (("left", 1), ("right", 2)))
    world.agent.kill()
    for kill in range(1, KILLS):
        if kill % 2:
            world.agent.launch()
            time.sleep(chance.uniform(0, STARTING_S))
        else:
            world.agent.start()
            time.sleep(chance.uniform(0, RUNNING_S))
        world.agent.kill()
    world.agent.start()
    left.until(50)
    right.until(50)
    accepted = world.settled()
    assert len(accepted) > KILLS * 20
    print(f"{KILLS} kills, {len(accepted)} events")  # noqa: T201
