# SPDX-License-Identifier: Apache-2.0
"""Which rows go when there is too little room: the oldest of the lane whose turn it is, never a piece of one.

What must always be true here: of lane record and urgent nothing goes while anything else can; among the others, and
between those two, a lane at or under its floor gives nothing while another is above its own, and of two lanes above
theirs, or two below, the less urgent gives first; a picture that a row of lane record or urgent still names
stays while another can go, and one that a role holds stays for good.
"""

from dataclasses import dataclass
from typing import Final

from edge.contract.outbox import ShedReason
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import Now
from edge.durable.blobs import BlobStore
from edge.durable.quota import GIVES_WAY, GIVES_WAY_LAST, Quota
from edge.durable.room import Room
from edge.durable.rows import ROW_OVERHEAD, SEQ_BITS, place_number
from edge.durable.transaction import Transaction

ROWS_AT_ONCE: Final = 4096
"""Rows that one step looks at: a few milliseconds' work, so that nobody's commit waits long for it."""
_LAST: Final = (1 << SEQ_BITS) - 1

_OLDEST = "SELECT place, length(body), time_us, clock FROM outbox WHERE place > ? AND place < ? ORDER BY place LIMIT ?"
_NAMED = """
 EXISTS (SELECT 1 FROM outbox WHERE place = :urgent + blobs.urgent_seq AND blobs.urgent_seq > 0)
 OR EXISTS (SELECT 1 FROM outbox WHERE place = :record + blobs.record_seq AND blobs.record_seq > 0)
"""
_OLDEST_BLOBS = """
SELECT sha256, size, last_seq FROM blobs
WHERE NOT EXISTS (SELECT 1 FROM kept_pictures WHERE kept_pictures.sha256 = blobs.sha256)
 AND last_seq > :acked AND {} ({}) ORDER BY last_seq LIMIT 64
"""
_FREE_BLOBS = _OLDEST_BLOBS.format("NOT", _NAMED)
_NAMED_BLOBS = _OLDEST_BLOBS.format("", _NAMED)
_NUMBERS = {"urgent": place_number(Lane.URGENT, 0), "record": place_number(Lane.RECORD, 0)}


@dataclass(frozen=True, slots=True)
class Loss:
    """Why rows go, and when."""

    reason: ShedReason
    now: Now


class Shedder:
    """Sheds inside transactions of the writer."""

    def __init__(self, quota: Quota, room: Room, blobs: BlobStore) -> None:
        """Shed by `quota`; what blobs take is in `room`."""
        self._quota = quota
        self._room = room
        self._blobs = blobs
        self.piece = min(max(quota.cap // 64, 64 * 1024), 1024 * 1024)
        """Bytes given up at least, once something must go: telling of less would cost too much."""
        self._low = {lane: share.ceiling * quota.cap for lane, share in quota.lanes.items() if share.ceiling < 1}

    def make_room(self, txn: Transaction, need: int, whole: int, loss: Loss, *, for_blobs: bool = False) -> int:
        """Give up rows of `need` bytes, shares being of `whole`. Gives how many went; 0 if nothing is left.

        `for_blobs` says that a picture wants the room: no row of record or urgent is worth less than that.
        """
        freed = 0
        turns = [GIVES_WAY] if for_blobs else [GIVES_WAY, GIVES_WAY_LAST]
        for lane, floor in [turn for lanes in turns for turn in self._turns(lanes, whole)]:
            while freed < need and (above := self.held(txn, lane) - floor) > 0:
                gone = self._give_up(txn, lane, min(need - freed, above), loss)
                if not gone:
                    break
                freed += gone
        return freed

    def _turns(self, lanes: tuple[Lane, ...], whole: int) -> list[tuple[Lane, float]]:
        """Each lane down to its floor, then each to nothing."""
        floors = [(lane, self._quota.lanes[lane].floor * whole) for lane in lanes]
        return [*floors, *((lane, 0.0) for lane in lanes)]

    def keep_ceilings(self, txn: Transaction, loss: Loss) -> None:
        """See to it that no lane has more than its ceiling, but for pictures that roles hold."""
        for lane, ceiling in self._low.items():
            over = self.held(txn, lane) - ceiling
            if over > 0:
                need = over + min(self.piece, ceiling / 8)
                while need > 0 and (gone := self._give_up(txn, lane, need, loss)):
                    need -= gone

    def expire(self, txn: Transaction, lane: Lane, keep_us: int, now: Now) -> int:
        """Give up rows older than `keep_us`, some at a time; gives how many went.

        A row without a clock is not judged: it goes with an expired one that was written after it.
        """
        before_us, loss = now.wall_us - keep_us, Loss("expired", now)
        first = last = 0
        for place, _, time_us, clock in txn.db.execute(
            _OLDEST, (place_number(lane, 0), place_number(lane, _LAST), ROWS_AT_ONCE)
        ):
            first = first or int(place) & _LAST
            if clock == ClockQuality.UNSET:
                continue
            if time_us >= before_us:
                break
            last = int(place) & _LAST
        if not last:
            return 0
        if lane is Lane.BLOB:
            return self._expire_blobs(txn, last, loss)
        txn.shed(lane, first, last, loss.reason, loss.now)
        return last - first + 1

    def held(self, txn: Transaction, lane: Lane) -> int:
        """What a lane has; of lane blob with the files, those of roles too."""
        files = self._room.blob_bytes - txn.blob_bytes_gone if lane is Lane.BLOB else 0
        account = txn.accounts[lane]
        # Rows that tell of gaps would be written again as soon as they were gone.
        telling = txn.rows_that_tell() if lane is Lane.RECORD else 0
        return account.bytes + files if account.rows > telling else 0

    def _give_up(self, txn: Transaction, lane: Lane, need: float, loss: Loss) -> int:
        return self._blobs_of(txn, need, loss) if lane is Lane.BLOB else self._rows_of(txn, lane, need, loss)

    def _rows_of(self, txn: Transaction, lane: Lane, need: float, loss: Loss) -> int:
        txn.flush()
        account = txn.accounts[lane]
        first = last = freed = 0
        for place, length, _, _ in txn.db.execute(
            _OLDEST, (place_number(lane, 0), place_number(lane, _LAST), ROWS_AT_ONCE)
        ):
            first, last = first or place & _LAST, place & _LAST
            freed += int(length) + ROW_OVERHEAD
            if freed >= need:
                break
        if not last:
            return 0
        before = account.bytes
        txn.shed(lane, first, last, loss.reason, loss.now)
        # Of lane record, less what had to be written again; whatever stood behind that has moved to the front.
        return max(1, before - account.bytes)

    def _blobs_of(self, txn: Transaction, need: float, loss: Loss) -> int:
        txn.flush()
        freed = 0
        account = txn.accounts[Lane.BLOB]
        for query in (_FREE_BLOBS, _NAMED_BLOBS):
            if freed:
                break
            for sha256, size, _ in txn.db.execute(query, {**_NUMBERS, "acked": account.acked_seq}).fetchall():
                before = account.bytes
                txn.skip_blob(sha256, loss.now, self._blobs.unlink, loss.reason, size)
                freed += before - account.bytes + int(size)
                if freed >= need:
                    break
        return freed

    def _expire_blobs(self, txn: Transaction, last: int, loss: Loss) -> int:
        """Blobs of which every chunk is among the rows up to `last`, but for those that roles or rows still need."""
        numbers = {**_NUMBERS, "acked": txn.accounts[Lane.BLOB].acked_seq}
        found = txn.db.execute(_FREE_BLOBS, numbers).fetchall()
        expired = [(sha256, size) for sha256, size, last_seq in found if last_seq <= last]
        for sha256, size in expired:
            txn.skip_blob(sha256, loss.now, self._blobs.unlink, loss.reason, size)
        return len(expired)
