# SPDX-License-Identifier: Apache-2.0
"""What happens now and then to a district that runs for days."""

import random
import time
from collections.abc import Callable
from typing import Final

from tests.faults.district import District

Mishap = Callable[[District, float], None]
"""Does it to the district; what stands still or is away is so for some seconds."""


def agent_restarted(district: District, _rest_s: float) -> None:
    """An update, or a technician: it ends politely and comes back."""
    agent = district.poles[-1].agent
    agent.stop()
    agent.start()


def agent_killed(district: District, _rest_s: float) -> None:
    """The power was away."""
    agent = district.poles[-1].agent
    agent.kill()
    agent.start()


def broker_restarted(district: District, rest_s: float) -> None:
    """It saves what it has, and is away for a while."""
    district.broker.stop()
    time.sleep(rest_s)
    district.broker.start()


def broker_killed(district: District, rest_s: float) -> None:
    """It loses what it had not saved."""
    district.broker.kill()
    time.sleep(rest_s)
    district.broker.start()


def broker_frozen(district: District, rest_s: float) -> None:
    """It stands still with its connections open."""
    with district.frozen(district.broker.pid):
        time.sleep(rest_s)


def hub_killed(district: District, rest_s: float) -> None:
    """In the middle of whatever it did."""
    district.hub.kill()
    time.sleep(rest_s)
    district.hub.start()


def hub_frozen(district: District, rest_s: float) -> None:
    """It stands still; the broker keeps what comes."""
    with district.frozen(district.hub.pid):
        time.sleep(rest_s)


MISHAPS: Final[tuple[Mishap, ...]] = (
    agent_restarted,
    agent_killed,
    broker_restarted,
    broker_killed,
    broker_frozen,
    hub_killed,
    hub_frozen,
)


class Fortune:
    """Which mishap comes when; the same seed gives the same ones."""

    def __init__(self, seed: int, every_s: float, longest_s: float) -> None:
        """One each `every_s` on the average, lasting up to `longest_s`."""
        self._chance = random.Random(seed)
        self._every_s = every_s
        self._longest_s = longest_s
        self._due_s = self._next_s(0.0)
        self._left: list[Mishap] = []

    def strike(self, district: District, now_s: float) -> str:
        """Do what is due; its name, or nothing. All kinds come before one comes again."""
        if now_s < self._due_s:
            return ""
        self._left = self._left or self._chance.sample(MISHAPS, len(MISHAPS))
        mishap = self._left.pop()
        if mishap not in {broker_frozen, hub_frozen}:
            district.strike()  # a freeze counts itself
        mishap(district, self._chance.uniform(0.1, 1.0) * self._longest_s)
        self._due_s = self._next_s(now_s)
        return mishap.__name__.replace("_", " ")

    def _next_s(self, now_s: float) -> float:
        return now_s + self._every_s * self._chance.uniform(0.5, 1.5)
