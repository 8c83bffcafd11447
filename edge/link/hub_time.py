# SPDX-License-Identifier: Apache-2.0
"""The hub's time out of its acknowledgements, where one surely answers what was sent on this connection.

An acknowledgement may have lain at the broker for hours. It cannot have been there before the rows it speaks of were
sent for the first time; so only those count whose newest row was never sent before this connection.
"""

from collections.abc import Mapping, Sequence

from edge.contract.acks import Ack
from edge.contract.words import Lane
from edge.core.clock import Now, wall_us
from edge.core.timekeeping import Word
from edge.sync.actions import Forget, Verdict

OPEN_MOST = 64
"""Batches whose answer is waited for; a hub that never acknowledges must not cost memory for ever."""


class HubTime:
    """Remembers when rows went out first, until they are acknowledged."""

    def __init__(self, written_before: Mapping[Lane, int]) -> None:
        """`written_before`: the newest row of each lane that a former life may have sent."""
        self._known = dict(written_before)
        self._sent: dict[Lane, dict[int, int]] = {lane: {} for lane in Lane}

    def connected(self) -> None:
        """A new connection: what was sent on the last one may be answered on it."""
        for lane, sent in self._sent.items():
            self._known[lane] = max(self._known.get(lane, 0), *sent, 0)
            sent.clear()

    def sent(self, lane: Lane, last: int, now: Now) -> None:
        """A batch that ends with `last` went out; for its time only the first sending counts."""
        sent = self._sent[lane]
        if last > self._known.get(lane, 0) and len(sent) < OPEN_MOST:
            sent.setdefault(last, now.uptime_ms)

    def answered(self, verdicts: Sequence[Verdict], ack: Ack, now: Now) -> Word | None:
        """The hub's time, and between which moments of ours it was said."""
        asked = [moment for verdict in verdicts if (moment := self._asked(verdict)) is not None]
        if not asked:
            return None
        return Word(wall_us(ack.time), max(asked) * 1_000, (now.uptime_ms + 1) * 1_000)

    def _asked(self, verdict: Verdict) -> int | None:
        if not isinstance(verdict, Forget):
            return None
        sent = self._sent[verdict.lane]
        asked = sent.get(verdict.through)
        for last in [last for last in sent if last <= verdict.through]:
            del sent[last]
        self._known[verdict.lane] = max(self._known.get(verdict.lane, 0), verdict.through)
        return asked
