# SPDX-License-Identifier: Apache-2.0
"""Which of two acknowledgements is the newer, by the hub's own clock, which may be set back."""

from typing import Final

from edge.sync.settings import NEVER

CLOCK_SET_BACK: Final = 4
SET_BACK_S: Final = 10.0
"""So many acknowledgements in a row, over so many seconds here, each later than the one before and all earlier than the
last heard: the hub's clock was set back, and it is its new time that counts. A broker that delivers again what it holds
does so in a burst, and begins anew with the oldest when it does so again."""


class HubClock:
    """The newest time the hub was heard to say."""

    def __init__(self, newest_s: float) -> None:
        """Go on from the newest ever heard."""
        self._newest_s = newest_s
        self._count = 0
        self._since_s = NEVER
        self._latest_s = -NEVER

    def is_old_news(self, said_s: float, now_s: float) -> bool:
        """Whether what the hub says it said at `said_s` is older than what was last heard.

        It was delivered late, unless the hub's clock was set back: late ones are followed by newer ones, and a clock
        that was set back goes on from there. `now_s` is any steady clock.
        """
        if said_s >= self._newest_s:
            self._newest_s = said_s
            self._forget()
            return False
        if said_s <= self._latest_s:
            self._forget()
        self._count += 1
        self._since_s = min(self._since_s, now_s)
        self._latest_s = said_s
        if self._count < CLOCK_SET_BACK or now_s - self._since_s < SET_BACK_S:
            return True
        self._newest_s = said_s
        self._forget()
        return False

    def _forget(self) -> None:
        self._count = 0
        self._since_s, self._latest_s = NEVER, -NEVER
