# SPDX-License-Identifier: Apache-2.0
"""A thousand sessions that fall together: how many call the broker in any one second until all are back."""

import heapq
import random
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from edge.config.layers import default_layer
from edge.config.models import Link
from edge.contract.words import Lane
from edge.sync.actions import Connect, Wait
from edge.sync.session import Session
from edge.sync.settings import NEVER, Limits, session_settings

DEVICES = 1000
MOST = DEVICES // 10
FELL_S = 100.0
LINK = Link.model_validate({**default_layer().values["link"], "brokers": [{"host": "broker", "port": 1883}]})
"""As devices have it by default."""


@dataclass(slots=True)
class Herd:
    """Sessions and a broker that is away until `back_s`; `calls` are the instants at which it was called."""

    chance: random.Random
    back_s: float
    begin_s: Callable[[random.Random], float] = lambda _: -NEVER
    calls: list[float] = field(default_factory=list)
    _due: list[tuple[float, int]] = field(default_factory=list)
    _sessions: list[Session] = field(default_factory=list)

    def gather(self) -> None:
        """All are there, and none has called yet."""
        rows = dict.fromkeys(Lane, 1)
        nothing = dict.fromkeys(Lane, 0)
        for _ in range(DEVICES):
            settings = session_settings(LINK, "e1", self.begin_s(self.chance))
            self._sessions.append(Session(settings, rows, nothing, 0.0))

    def work_for_a_while(self) -> None:
        """Each has a link that has carried something, and loses it within the same twentieth of a second."""
        for number, session in enumerate(self._sessions):
            assert isinstance(session.next(0.0, self.chance.random()), Connect)
            session.link_up(Limits(), 0.0)
            session.published(1, Lane.URGENT, 1, 1, 1.0)
            session.delivered(1, code=0, now_s=1.0, chance=self.chance.random())
            at_s = FELL_S + self.chance.random() / 20
            session.link_down(at_s, self.chance.random())
            self._due.append((at_s, number))

    def come_back(self) -> None:
        """Until every one has its link again."""
        due = self._due or [(FELL_S, number) for number in range(DEVICES)]
        heapq.heapify(due)
        while due:
            now_s, number = heapq.heappop(due)
            session = self._sessions[number]
            match session.next(now_s, self.chance.random()):
                case Wait(until_s):
                    assert until_s is not None
                    heapq.heappush(due, (until_s, number))
                case Connect():
                    self.calls.append(now_s)
                    if now_s < self.back_s:
                        session.link_down(now_s, self.chance.random())
                        heapq.heappush(due, (now_s, number))
                    else:
                        session.link_up(Limits(), now_s)
                case other:
                    raise AssertionError(other)

    @property
    def most_in_a_second(self) -> int:
        """In any second, wherever it begins."""
        return max(bisect_left(self.calls, at_s + 1.0) - place for place, at_s in enumerate(self.calls))


@pytest.mark.parametrize(
    ("outage_s", "seed"), [(0.2, 1), (1.0, 2), (3.0, 3), (10.0, 4), (20.0, 5), (60.0, 6), (300.0, 7)]
)
def test_a_thousand_never_call_at_once(outage_s: float, seed: int) -> None:
    """Whatever the outage lasts, no second sees more than a tenth of the devices that fell together call again."""
    herd = Herd(random.Random(seed), FELL_S + outage_s)
    herd.gather()
    herd.work_for_a_while()
    herd.come_back()
    assert herd.most_in_a_second <= MOST
    assert herd.calls[-1] <= FELL_S + outage_s + LINK.backoff_max_s + 1.0


@pytest.mark.parametrize("outage_s", [0.0, 10.0, 60.0])
def test_a_thousand_boots_are_spread(outage_s: float) -> None:
    """Devices whose power came back together call as seldom, also where the broker needs longer than they do."""
    herd = Herd(random.Random(3), FELL_S + outage_s, lambda chance: FELL_S + chance.random() * LINK.spread_s)
    herd.gather()
    herd.come_back()
    assert herd.most_in_a_second <= MOST
