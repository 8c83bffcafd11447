# SPDX-License-Identifier: Apache-2.0
"""Which broker to go to, and when: the first of the list if it can be had, another within seconds if not.

What must always be true here: devices that fell together rise apart; a broker that turns a device away is not asked
again at once; while a later broker serves, the first is looked for.
"""

from typing import Final

from edge.sync.backoff import Backoff
from edge.sync.reasons import Ending
from edge.sync.settings import NEVER, SessionSettings

FAIL_OVER_S: Final = 8.0
"""Where there is another broker, devices that lost theirs go to it within this time."""
AGAIN: Final = 0.6
"""Share of the spread that lies at least between two calls to a dead broker: a thousand devices that called it every
second would greet it with a storm when it is back. With half of it, one outage in twenty brings 10 % in a second."""
LASTING_S: Final = 30.0
"""A link that held so long was a good one."""
SHORT_S: Final = 60.0
SHORTEST_S: Final = 10.0
FLAPS: Final = 3
"""So many links in a row that ended within `SHORT_S`: somebody ends them on purpose, perhaps a device of our name, and
after as many that ended within `SHORTEST_S` it is left to the other for a while. Few brokers say why (reason 0x8E)."""
_LOOKS_DOUBLE: Final = 4
"""A first broker that can be reached and does not serve is looked for ever more seldom, up to 16 times as much."""
_LEAST_WAIT_S: Final = {
    Ending.BUSY: 5.0,
    Ending.TOO_FAST: 5.0,
    Ending.REFUSED: 20.0,
    Ending.TAKEN_OVER: 30.0,
}


class Roads:
    """The way to the hub: one broker at a time out of `settings.brokers`."""

    def __init__(self, settings: SessionSettings) -> None:
        """Begin at the first, at once."""
        self._settings = settings
        least_s = max(settings.backoff_min_s, settings.spread_s * AGAIN)
        self._backoff = Backoff(least_s, max(least_s, settings.backoff_max_s))
        self._tried = 0
        """Brokers that were tried in vain since one last worked."""
        self._up_s = 0.0
        self._proven = False
        self._short = self._shortest = 0
        self._look_s = NEVER
        self._in_vain = 0
        self._going_back = False
        self.at = 0
        """The broker to go to, or that serves."""
        self.due_s = settings.begin_s
        """When to go to it."""

    @property
    def flaps(self) -> bool:
        """Whether links end again and again soon after they came up."""
        return self._short >= FLAPS

    def hurry(self) -> None:
        """Do not wait for the next try."""
        self.due_s = -NEVER

    def came_up(self, now_s: float) -> None:
        """This broker serves."""
        self._tried = 0
        self._up_s = now_s
        self._proven = False
        away_s = self._settings.return_after_s * 2 ** min(self._in_vain, _LOOKS_DOUBLE)
        self._look_s = now_s + away_s if self.at else NEVER

    def prove(self) -> None:
        """A batch was answered. A greeting is no proof: who greets and then hangs up must not be called at once."""
        self._proven = True
        self._backoff = self._backoff.after_success()
        if self.at == 0:
            self._in_vain = 0

    def failed(self, now_s: float, chance: float, ending: Ending) -> None:
        """This broker could not be reached, or turned us away."""
        self._tried += 1
        if self._tried % self._settings.brokers:
            self.at = (self.at + 1) % self._settings.brokers
            self.due_s = now_s
            return
        self.at = 0
        self._backoff = self._backoff.after_failure(chance)
        self._wait(now_s, self._backoff.last_s, chance, ending)

    def lost(self, now_s: float, chance: float, ending: Ending) -> None:
        """The link is gone."""
        if self._going_back:
            self._going_back = False
            self.at = self._tried = 0
            self.hurry()
            return
        lasted_s = now_s - self._up_s
        self._short = self._short + 1 if lasted_s < SHORT_S else 0
        self._shortest = self._shortest + 1 if lasted_s < SHORTEST_S else 0
        good = self._proven or lasted_s >= LASTING_S
        if good:
            self._backoff = self._backoff.after_success()
        spread_s = self._settings.spread_s
        if self._settings.brokers > 1:
            self._tried = 1
            self.at = (self.at + 1) % self._settings.brokers
            wait_s = 0.0 if ending is Ending.SILENT else chance * min(spread_s, FAIL_OVER_S)
        elif good and spread_s:
            wait_s = self._settings.backoff_min_s + chance * spread_s
        else:
            self._backoff = self._backoff.after_failure(chance)
            wait_s = self._backoff.last_s
        self._wait(now_s, wait_s, chance, Ending.TAKEN_OVER if self._shortest >= FLAPS else ending)

    def look_due(self, now_s: float) -> bool:
        """Whether to look for the first broker now; each asking starts a new wait."""
        if now_s < self._look_s:
            return False
        self._look_s = now_s + self._settings.return_after_s
        return True

    def go_back(self) -> None:
        """The first broker can be reached: go to it next, as soon as this link is ended."""
        self._in_vain += 1
        self._going_back = True

    @property
    def look_s(self) -> float:
        """When the first broker is to be looked for."""
        return self._look_s

    def _wait(self, now_s: float, wait_s: float, chance: float, ending: Ending) -> None:
        least_s = min(_LEAST_WAIT_S.get(ending, 0.0) * (1 + chance), self._settings.backoff_max_s)
        self.due_s = now_s + max(wait_s, least_s)
