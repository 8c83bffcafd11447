# SPDX-License-Identifier: Apache-2.0
"""An agent that is killed again and again, at any moment of its life, while its line is bad and programs feed it."""

import random
import time
from pathlib import Path
from typing import Final

from provisioning.bench.chaos.plan import STORM, draw
from tests.faults.district import District
from tests.faults.tally import Tally
from tests.scenarios.load import Pace

NAME: Final = "agent"
MEANING: Final = "agents killed as by a power cut, half of them while they start, behind bad lines and under load"
KILLS: Final = 240
DEVICES: Final = 2
STARTING_S: Final = 0.7
RUNNING_S: Final = 0.4
"""Half of the kills fall into the first, counted from the start; the rest into the second, counted from `ready`."""


def play(seed: int, scale: float, folder: Path) -> Tally:
    """As many kills as the scale says, each device's turn in turn, and one last start."""
    chance = random.Random(seed)
    kills = max(6, round(KILLS * scale))
    devices = DEVICES if scale >= 0.5 else 1
    with District(folder) as district:
        for device in range(devices):
            district.add(draw(seed * 100 + device, kills, STORM))
        district.load(Pace(lines=8, rest_s=0.015))
        district.more(300)
        for kill in range(kills):
            agent = district.poles[kill % devices].agent
            agent.kill()
            district.strike()
            if kill % 2:
                agent.launch()
                time.sleep(chance.uniform(0, STARTING_S))
            else:
                agent.start()
                time.sleep(chance.uniform(0, RUNNING_S))
        for pole in district.poles:
            pole.agent.kill()
            pole.agent.start()
        district.more(50)
        return district.settle(by_arrival=True)
