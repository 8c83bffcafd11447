# SPDX-License-Identifier: Apache-2.0
"""A broker that dies, forgets, freezes, and comes back with nothing of what it knew."""

import random
from pathlib import Path
from typing import Final

from tests.faults.district import District, is_connected, timed
from tests.faults.tally import Tally
from tests.scenarios.load import Pace, wait_until
from tests.scenarios.world import DEFAULT_TIMES

NAME: Final = "broker"
MEANING: Final = "a broker killed with and without its store, frozen half-open, and restarted empty, under load"
KILLS: Final = 60
FREEZES: Final = 12
DEVICES: Final = 3
FOUND_WITHIN_S: Final = 20.0
"""A broker that stands still with its connections open is given up within this time, as devices are delivered."""
FULL_SCALE: Final = 0.2
"""From here on the half-open line is played with the times that devices are delivered with."""
QUICK: Final = Pace(lines=6, rest_s=0.02)


def play(seed: int, scale: float, folder: Path) -> Tally:
    """Four stories, each with its own broker, hub and devices."""
    devices = max(1, min(DEVICES, round(DEVICES * scale * 5)))
    kills, freezes = max(2, round(KILLS * scale)), max(1, round(FREEZES * scale))
    return (
        _killed(random.Random(seed), kills, District(folder / "kept"), devices)
        + _killed(random.Random(seed + 1), kills, District(folder / "forgotten", persistent=False), devices)
        + _frozen(random.Random(seed + 2), freezes, District(folder / "frozen"), devices)
        + (_found(District(folder / "found", DEFAULT_TIMES)) if scale >= FULL_SCALE else Tally())
    )


def _killed(chance: random.Random, kills: int, made: District, devices: int) -> Tally:
    """Dead for as long as some events take; every third time its store is gone as well: sessions, retained, all."""
    with made as district:
        district.furnish(devices, QUICK)
        for kill in range(kills):
            district.more(chance.randrange(10, 150))
            district.broker.kill()
            district.strike()
            district.more(chance.randrange(10, 150))
            if kill % 3 == 1:
                (district.broker.folder / "mosquitto.db").unlink(missing_ok=True)
            district.broker.start()
        district.more(50)
        return district.settle()


def _frozen(chance: random.Random, freezes: int, made: District, devices: int) -> Tally:
    """It stands still long enough to be given up, and then goes on with all it held, old connections included."""
    with made as district:
        district.furnish(devices, QUICK)
        for _ in range(freezes):
            district.more(chance.randrange(10, 100))
            with district.frozen(district.broker.pid):
                wait_until(lambda: not any(map(is_connected, district.poles)), 30.0, "every line is given up")
        district.more(50)
        return district.settle()


def _found(made: District) -> Tally:
    """How long a line to a broker that stands still is believed in, by a device at work and by one at rest."""
    with made as district:
        busy = district.add()
        district.load(Pace(lines=2, rest_s=0.1))
        calm = district.add()
        district.more(20)
        with district.frozen(district.broker.pid):
            took_s = timed(
                lambda: not (is_connected(busy) or is_connected(calm)), FOUND_WITHIN_S, "both lines are given up"
            )
        assert took_s <= FOUND_WITHIN_S, f"a half-open line was given up only after {took_s:.1f} s"
        return district.settle()
