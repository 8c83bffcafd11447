# SPDX-License-Identifier: Apache-2.0
"""What to do when the broker takes our batches and the hub does not acknowledge them: wait, subscribe anew, move on.

The hub may be down, or its word may not reach us: a broker that forgot our subscription takes everything and tells us
nothing. Each remedy is harmless to a hub that is only slow.
"""

from typing import Final

from edge.sync.actions import Disconnect, Resubscribe
from edge.sync.backoff import Backoff
from edge.sync.settings import NEVER, SessionSettings

MOVE_AGAIN_S: Final = 300.0
"""A new link for a silent hub's sake at most this often: if the hub is down, no link mends that."""


class Silence:
    """How long the hub is left in peace, and what else to try."""

    def __init__(self, settings: SessionSettings) -> None:
        """Nobody is silent yet."""
        self._several = settings.brokers > 1
        self._quiet = Backoff(settings.backoff_min_s, settings.backoff_max_s)
        self._stalls = 0
        self._moved_s = -NEVER
        self._remedy: Resubscribe | Disconnect | None = None
        self.reigns = False
        self.until_s = -NEVER
        """When to offer something again."""

    def strike(self, now_s: float, chance: float, *, deaf: bool) -> None:
        """What was sent was not acknowledged. `deaf` says that the broker knows of nobody who listens."""
        self.reigns = True
        self._quiet = self._quiet.after_failure(chance)
        self.until_s = now_s + self._quiet.last_s
        self._stalls += 1
        if self._stalls == 1 and not deaf:
            self._remedy = Resubscribe()
        elif self._stalls > 1 and now_s - self._moved_s >= MOVE_AGAIN_S and (self._several or not deaf):
            self._moved_s = now_s
            self._remedy = Disconnect("the hub does not answer")

    def broken(self) -> None:
        """The hub has spoken."""
        self.reigns = False
        self._quiet = self._quiet.after_success()
        self.until_s = -NEVER

    def moved(self) -> None:
        """Something was acknowledged that was not before."""
        self._stalls = 0

    def take_remedy(self) -> Resubscribe | Disconnect | None:
        """What to try now, once."""
        remedy, self._remedy = self._remedy, None
        return remedy
