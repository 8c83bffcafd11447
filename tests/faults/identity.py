# SPDX-License-Identifier: Apache-2.0
"""Two devices of one name, as after a careless copy of a disk: each takes the other's place at the broker."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.faults.district import SHORT_TIMES, District, Pole
from tests.faults.tally import Tally
from tests.scenarios.load import Pace, wait_until

NAME: Final = "identity"
MEANING: Final = "two devices of one name, which take each other's place at the broker, both under load"
TURNS: Final = 60
"""So often each is put out by the other."""
PATIENCE_S: Final = 1.5
"""The longest wait between two tries; a minute where devices are delivered."""
MOST_A_SECOND: Final = 3.0
"""Connections of both together, on the average; one that is put out and calls at once makes dozens."""
TOLD: Final = ("identity-twice", "link-flaps")
"""What a device says that is put out: mosquitto 2.0 gives no reason, and then it says only what it sees."""


def play(seed: int, scale: float, folder: Path) -> Tally:
    """Both are served in turns, by short visits, until each was put out so often and has said what is wrong."""
    turns = max(3, round(TURNS * scale))
    times = replace(SHORT_TIMES, backoff_max_s=PATIENCE_S)
    with District(folder, times) as district:
        first = district.add(name="pole-1", folder="first")
        second = district.add(name="pole-1", folder="second")
        district.load(Pace(lines=2, rest_s=0.05))
        wait_until(lambda: _calls(first) > turns and _calls(second) > turns, 30.0 + turns * 10, "each was put out")
        wait_until(lambda: _says_twice(first) and _says_twice(second), 60.0, "both say that their name is taken")
        assert _rate(first) + _rate(second) <= MOST_A_SECOND, "a storm of connections"
        district.strike(_calls(first) + _calls(second) - 2)
        district.more(20)
        return district.settle(within_s=120.0, by_arrival=True)


def _calls(pole: Pole) -> int:
    return len(pole.proxy.accepted_s)


def _rate(pole: Pole) -> float:
    """Connections a second, from the first to the last."""
    calls = pole.proxy.accepted_s
    return (len(calls) - 1) / (calls[-1] - calls[0])


def _says_twice(pole: Pole) -> bool:
    return any(map(pole.agent.has_problem, TOLD))
