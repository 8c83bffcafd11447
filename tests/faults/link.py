# SPDX-License-Identifier: Apache-2.0
"""Devices under load, each behind a line on which everything goes wrong that can go wrong with TCP."""

from pathlib import Path
from typing import Final

from provisioning.bench.chaos.plan import STORM, draw
from tests.faults.district import District
from tests.faults.tally import Tally
from tests.scenarios.load import wait_until

NAME: Final = "link"
MEANING: Final = "lost acknowledgements, delays, resets, black holes and half-open lines, drawn for each of six devices"
DEVICES: Final = 6
ROUNDS: Final = 12
"""Of the plan, for each device; a round is about a hundred faults and takes about 20 s."""
_ROUND_WITHIN_S: Final = 90.0
_EVENTS_AT_LEAST: Final = 150
"""Of each device, meanwhile."""


def play(seed: int, scale: float, folder: Path) -> Tally:
    """Every fault of every plan strikes, then all must be at the hub."""
    devices = max(1, min(DEVICES, round(DEVICES * scale * 5)))
    rounds = max(1, round(ROUNDS * scale))
    with District(folder) as district:
        for device in range(devices):
            district.add(draw(seed * 100 + device, rounds, STORM))
        district.load()
        wait_until(
            lambda: not any(pole.proxy.left or pole.answered < _EVENTS_AT_LEAST for pole in district.poles),
            rounds * _ROUND_WITHIN_S,
            "every fault of the plans has struck",
        )
        return district.settle(by_arrival=True)
