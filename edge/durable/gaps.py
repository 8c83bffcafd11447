# SPDX-License-Identifier: Apache-2.0
"""Ranges that were given up: told to the hub once, remembered until it has acknowledged past them.

What must always be true here: every range that was shed beyond what the hub has acknowledged stands in the table
`gaps` with the row of lane record that tells of it, and that row is in the outbox or was acknowledged; a row that may
have been read for sending is never changed.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import cast

from edge.contract.envelope import event_body
from edge.contract.outbox import SHED_TYPE, Shed, ShedReason
from edge.contract.words import Lane
from edge.core.clock import Now
from edge.durable.rows import LANE_NUMBER, LANE_OF, NewRow, Place, place_number

_COLUMNS = "lane, first, last, bytes, reason, told"


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows `first`…`last` of a lane that will never come; the row `told` of lane record says so."""

    lane: Lane
    first: int
    last: int
    size: int
    reason: ShedReason
    told: int = 0

    def body(self) -> bytes:
        """The event that tells the hub."""
        count = self.last - self.first + 1
        told = Shed(lane=self.lane, from_=self.first, to=self.last, count=count, bytes=self.size, reason=self.reason)
        return event_body(SHED_TYPE, told.model_dump(mode="json"))


class ReadMark:
    """How far lane record may have been read for sending. `seq` is read and moved under `lock` only.

    It lives in memory: after a restart everything that is there counts as read.
    """

    def __init__(self, seq: int) -> None:
        """Rows up to `seq` may have been read."""
        self.lock = threading.RLock()
        self.seq = seq


def all_gaps(db: sqlite3.Connection) -> list[Gap]:
    """Every range that was told and is not acknowledged, by lane and sequence."""
    return [_gap(row) for row in db.execute(f"SELECT {_COLUMNS} FROM gaps ORDER BY lane, first")]  # noqa: S608  (our own words)


def forget_gaps(db: sqlite3.Connection, lane: Lane, through: int) -> None:
    """The hub has acknowledged past them."""
    db.execute("DELETE FROM gaps WHERE lane = ? AND last <= ?", (LANE_NUMBER[lane], through))


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of gaps inside one transaction whose rows are written by `write`.

    What it locks it leaves to `until_end`, which is closed when the transaction has ended in one way or the other.
    """

    db: sqlite3.Connection
    mark: ReadMark
    until_end: ExitStack
    write: Callable[[NewRow], Place]
    flush: Callable[[], None]
    grown: Callable[[int], None]
    """Called with how many bytes longer a row of lane record became."""

    def tell(self, gap: Gap, now: Now, acked: int) -> int:
        """Give the sequence of the row that tells of `gap`; `acked` is how far the hub has acknowledged its lane.

        If rows that told of earlier gaps went with this one, those are told once more.
        """
        orphans = self._orphans(gap.first, gap.last) if gap.lane is Lane.RECORD else []
        for orphan in orphans:
            gap = _joined(gap, orphan) or gap
        seq = self._told(gap, now, acked)
        for orphan in orphans:
            if not _covers(gap, orphan):
                self._told(orphan, now, 0)
        return seq

    def retell(self, after_record_seq: int, now: Now) -> list[int]:
        """The rows that tell of every gap whose row is beyond `after_record_seq`, new ones for those that are gone."""
        self.flush()
        seqs: dict[int, None] = {}
        for gap in all_gaps(self.db):
            if gap.told > after_record_seq:
                seqs[gap.told if self._held(gap.told) else self._told(gap, now, 0)] = None
        return list(seqs)

    def _told(self, gap: Gap, now: Now, acked: int) -> int:
        self.db.execute(
            "DELETE FROM gaps WHERE lane = ? AND first >= ? AND last <= ?",
            (LANE_NUMBER[gap.lane], gap.first, gap.last),
        )
        if (earlier := self._open_neighbour(gap)) is not None:
            return self._widened(earlier, gap)
        row = NewRow(Lane.RECORD, now.wall_us, now.uptime_ms, now.quality.value, gap.body())
        seq = self.write(row).seq
        if gap.last > acked:
            self._remember(replace(gap, told=seq))
        return seq

    def _remember(self, gap: Gap) -> None:
        figures = (LANE_NUMBER[gap.lane], gap.first, gap.last, gap.size, gap.reason, gap.told)
        self.db.execute("INSERT OR REPLACE INTO gaps VALUES (?, ?, ?, ?, ?, ?)", figures)

    def _open_neighbour(self, gap: Gap) -> Gap | None:
        """A gap that ends where this one begins, or the other way round, and whose row nobody has read yet."""
        found = self.db.execute(
            f"SELECT {_COLUMNS} FROM gaps WHERE lane = ? AND reason = ? AND (last = ? OR first = ?)"  # noqa: S608  (our own words)
            " ORDER BY first LIMIT 1",
            (LANE_NUMBER[gap.lane], gap.reason, gap.first - 1, gap.last + 1),
        ).fetchone()
        if found is None:
            return None
        earlier = _gap(found)
        # Readers of lane record wait until the transaction has ended.
        self.until_end.enter_context(self.mark.lock)
        self.flush()
        return earlier if earlier.told > self.mark.seq and self._held(earlier.told) else None

    def _widened(self, earlier: Gap, gap: Gap) -> int:
        whole = _joined(earlier, gap)
        assert whole is not None  # noqa: S101  (they are neighbours)
        body, place = whole.body(), place_number(Lane.RECORD, earlier.told)
        (before,) = self.db.execute("SELECT length(body) FROM outbox WHERE place = ?", (place,)).fetchone()
        self.db.execute("UPDATE outbox SET body = ? WHERE place = ?", (body, place))
        self.grown(len(body) - before)
        self.db.execute("DELETE FROM gaps WHERE lane = ? AND first = ?", (LANE_NUMBER[gap.lane], earlier.first))
        self._remember(whole)
        return earlier.told

    def _orphans(self, first: int, last: int) -> list[Gap]:
        """Gaps of which no row tells any more, taken out of the table."""
        found = self.db.execute(
            f"SELECT {_COLUMNS} FROM gaps WHERE told BETWEEN ? AND ? ORDER BY lane, first",  # noqa: S608  (our own words)
            (first, last),
        ).fetchall()
        if found:
            self.db.execute("DELETE FROM gaps WHERE told BETWEEN ? AND ?", (first, last))
        return [_gap(row) for row in found]

    def _held(self, told: int) -> bool:
        place = place_number(Lane.RECORD, told)
        return self.db.execute("SELECT 1 FROM outbox WHERE place = ?", (place,)).fetchone() is not None


def _gap(row: tuple[int, int, int, int, str, int]) -> Gap:
    lane, first, last, size, reason, told = row
    return Gap(LANE_OF[lane], first, last, size, cast("ShedReason", reason), told)


def _covers(whole: Gap, part: Gap) -> bool:
    return whole.lane is part.lane and whole.first <= part.first and part.last <= whole.last


def _joined(one: Gap, other: Gap) -> Gap | None:
    """Both as one, told by the row of the first; none where something lies between them."""
    if one.lane is not other.lane or one.first > other.last + 1 or other.first > one.last + 1:
        return None
    first, last = min(one.first, other.first), max(one.last, other.last)
    return replace(one, first=first, last=last, size=one.size + other.size)
