# SPDX-License-Identifier: Apache-2.0
"""Which of two acknowledgements is the newer, by the hub's own clock, which may be set back."""

from typing import Final

CLOCK_SET_BACK: Final = 4
"""So many acknowledgements in a row, each later than the one before and all earlier than the last heard: the hub's
clock was set back, and it is its new time that counts."""


class HubClock:
    """The newest time the hub was heard to say."""

    def __init__(self, newest_s: float) -> None:
        """Go on from the newest ever heard."""
        self._newest_s = newest_s
        self._earlier: list[float] = []

    def is_old_news(self, said_s: float) -> bool:
        """Whether the hub said it before what was last heard: delivered late, unless its clock was set back.

        Late ones are followed by newer ones; a clock that was set back goes on from there.
        """
        if said_s >= self._newest_s:
            self._newest_s, self._earlier = said_s, []
            return False
        self._earlier = [*self._earlier, said_s] if not self._earlier or said_s > self._earlier[-1] else [said_s]
        if len(self._earlier) < CLOCK_SET_BACK:
            return True
        self._newest_s, self._earlier = said_s, []
        return False
