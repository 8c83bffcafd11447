# SPDX-License-Identifier: Apache-2.0
"""Rows of lane record that tell a restored hub what is gone, and that go ahead of whatever waits for them.

The hub cannot acknowledge over a gap before it has read of it: no full window, and no backlog on lane record itself,
may keep that out.
"""

from typing import Final

from edge.sync.settings import NEVER

TELL_AGAIN: Final = 4
"""What a restored hub must be told is sent ahead so often within one acknowledgement time-out: it may be lost."""


class Telling:
    """The rows that are to go ahead, in turn."""

    def __init__(self, ack_timeout_s: float) -> None:
        """Nothing is to be told."""
        self._every_s = ack_timeout_s / TELL_AGAIN
        self._rows: list[int] = []
        self._due: list[int] = []
        """Those that have not gone in this round."""
        self._sent_s = -NEVER
        self.again = False
        """Whether gaps that the hub once knew of are told anew."""

    def told(self, seq: int) -> None:
        """The row `seq` tells of a gap."""
        if seq not in self._rows:
            self._rows.append(seq)
            self._due.append(seq)

    def hurry(self) -> None:
        """All may go at once."""
        self._due = list(self._rows)

    def sent(self, now_s: float) -> None:
        """The first of them went ahead; once all have, the round begins anew after a while."""
        self._due = self._due[1:]
        self._sent_s = now_s

    def put_off(self, now_s: float) -> None:
        """They cannot go now."""
        self._due = []
        self._sent_s = now_s

    def read_through(self, seq: int) -> None:
        """The hub has lane record up to `seq`."""
        self._rows = [row for row in self._rows if row > seq]
        self._due = [row for row in self._due if row > seq]
        self.again = self.again and bool(self._rows)

    def over(self) -> None:
        """Nobody waits for any of them any more."""
        self._rows.clear()
        self._due.clear()

    def next(self, now_s: float) -> int | None:
        """The row to send ahead now."""
        if not self._due and now_s - self._sent_s >= self._every_s:
            self.hurry()
        return self._due[0] if self._due else None

    @property
    def next_s(self) -> float:
        """When one is due again."""
        return self._sent_s + self._every_s if self._rows else NEVER
