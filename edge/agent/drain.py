# SPDX-License-Identifier: Apache-2.0
"""How fast an outbox empties, from looks at it one after another. No clock here: each look brings its time."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from edge.contract.local import LaneDepth, Outbox
from edge.contract.words import Lane

WINDOW_S: Final = 5.0
"""What happened longer ago says little of now."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What leaves and what comes in a second. `left_s` is none while the outbox does not shrink."""

    rows_per_s: float
    bytes_per_s: float
    rows_in_per_s: float
    left_s: float | None


class Drain:
    """Looks of the last seconds."""

    def __init__(self) -> None:
        """None yet."""
        self._looks: deque[tuple[float, Outbox]] = deque()

    def saw(self, at_s: float, outbox: Outbox) -> None:
        """One more look."""
        if self._looks and self._looks[-1][1].epoch != outbox.epoch:
            self._looks.clear()
        self._looks.append((at_s, outbox))
        while len(self._looks) > 2 and at_s - self._looks[1][0] >= WINDOW_S:  # noqa: PLR2004  (two make a rate)
            self._looks.popleft()

    def rate(self) -> Rate:
        """Between the first and the last look that count."""
        (begun_s, before), (now_s, now) = self._looks[0], self._looks[-1]
        passed_s = max(now_s - begun_s, 1e-9)
        left = {lane: _left(before.lanes[lane], now.lanes[lane]) for lane in Lane}
        rows, size = sum(left.values()), sum(left[lane] * _bytes_a_row(before.lanes[lane]) for lane in Lane)
        came = sum(now.lanes[lane].last_seq - before.lanes[lane].last_seq for lane in Lane)
        waiting, shrinks = rows_of(now), rows - came
        left_s = 0.0 if not waiting else waiting * passed_s / shrinks if shrinks > 0 else None
        return Rate(rows / passed_s, size / passed_s, came / passed_s, left_s)


def rows_of(outbox: Outbox) -> int:
    """All that waits."""
    return sum(depth.rows for depth in outbox.lanes.values())


def bytes_of(depth: LaneDepth) -> int:
    """What a lane takes, with the files its rows stand for."""
    return depth.bytes + depth.blob_bytes


def _left(before: LaneDepth, now: LaneDepth) -> int:
    """Rows that the hub took over: all that is not there any more and was not given up."""
    came = now.last_seq - before.last_seq
    given_up = now.shed_rows - before.shed_rows
    return max(0, before.rows + came - now.rows - given_up)


def _bytes_a_row(depth: LaneDepth) -> float:
    return bytes_of(depth) / depth.rows if depth.rows else 0.0
