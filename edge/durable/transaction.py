# SPDX-License-Identifier: Apache-2.0
"""What may be done inside one commit. Every method acts on the writer's open transaction and nowhere else.

What must always be true here: sequences in a lane have no gaps that were not told; the lane accounts equal the rows on
disk when the commit returns; rows handed in together get their places together or not at all.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Final

from edge.contract.blobs import MAX_CHUNK_BYTES, BlobRef
from edge.contract.outbox import ShedReason
from edge.contract.words import Lane
from edge.core.clock import Now
from edge.durable.gaps import Gap, ReadMark, Teller, forget_gaps
from edge.durable.rows import (
    LANE_NUMBER,
    ROW_OVERHEAD,
    LaneAccount,
    NewRow,
    Place,
    place_number,
    place_of,
)

KEYS_KEPT = 100_000
"""A repeated key is recognised for so many further rows of its lane. Counted, not timed: clocks jump, senders lie."""
NO_LOSS: Final = frozenset[ShedReason]({"blob-at-hub", "blob-recut", "acked-before"})
"""Rows that go for these reasons are told, so that the hub moves over them, and nothing is lost with them here."""
_SWEEP_EVERY = 1000
_KEYED_ROW_BYTES = 4096
"""What a row with a key may add to the log besides itself: its key lands on a page of its own."""
_GONE_ROW_BYTES = 128
_GONE_BYTES_FOR_ONE = 64
"""What deleting adds to the log, as measured: so much for each row, and a byte for so many of a body."""
_NAMES = {Lane.URGENT: "urgent_seq", Lane.RECORD: "record_seq"}
"""Where a blob remembers the last row of a lane that names it."""
_NAMED_BLOB = re.compile(rb'"sha256":"([0-9a-f]{64})"')
_WANTED = (
    "SELECT 1 FROM blobs WHERE sha256 = :sha256 UNION ALL SELECT 1 FROM kept_pictures WHERE sha256 = :sha256 LIMIT 1"
)


class Transaction:
    """One commit in the making."""

    def __init__(
        self,
        db: sqlite3.Connection,
        accounts: dict[Lane, LaneAccount],
        boot: int,
        mark: ReadMark | None = None,
        until_end: ExitStack | None = None,
    ) -> None:
        """Act on `db`, which has begun, and on a private copy of the accounts.

        `mark` tells how far lane record may have been read; without one, all of it. `until_end` is closed by the
        caller when the transaction has ended.
        """
        self.db = db
        self.accounts = accounts
        self.after_commit: list[Callable[[], None]] = []
        self.gone: list[tuple[Lane, int, int]] = []
        """Ranges that were shed."""
        mark = mark or ReadMark(accounts[Lane.RECORD].last_seq)
        self._teller = Teller(db, mark, until_end or ExitStack(), self.append, self.flush, self._record_grew)
        self.weight = 0
        """About how many bytes this adds to the log."""
        self.blob_bytes_gone = 0
        """Bytes of blobs that were shed; their files go after the commit."""
        self.keys_kept = KEYS_KEPT
        self._boot = boot
        self._named: list[tuple[Lane, int, str]] = []
        self._inserts: list[tuple[int, int, int, str, int, bytes]] = []
        self._keys: dict[str, Place] = {}

    def append(self, row: NewRow) -> Place:
        """Give an event its place; a key seen before gives the place it got then."""
        if row.key is not None and (known := self._place_of_key(row.key)):
            return known
        account = self.accounts[row.lane]
        account.last_seq += 1
        account.rows += 1
        account.bytes += len(row.body) + ROW_OVERHEAD
        self.weight += len(row.body) + ROW_OVERHEAD
        place = Place(row.lane, account.last_seq)
        self._inserts.append((place.number, row.time_us, row.uptime_ms, row.clock, self._boot, row.body))
        if row.lane in _NAMES and b'"sha256"' in row.body:
            found = _NAMED_BLOB.findall(row.body)
            self._named += [(row.lane, place.seq, sha256.decode("ascii")) for sha256 in found]
        if row.key is not None:
            self._remember_key(row.key, place)
        return place

    def append_blob(self, blob: BlobRef, now: Now, chunk_bytes: int = MAX_CHUNK_BYTES) -> None:
        """Queue the chunks of a blob whose file is in the blob folder, unless they are queued already."""
        if self.db.execute("SELECT 1 FROM blobs WHERE sha256 = ?", (blob.sha256,)).fetchone():
            return
        first = self.accounts[Lane.BLOB].last_seq + 1
        for offset in range(0, max(blob.size, 1), chunk_bytes):
            chunk = {"sha256": blob.sha256, "offset": offset, "total": blob.size}
            if chunk_bytes != MAX_CHUNK_BYTES:
                chunk["size"] = chunk_bytes
            body = json.dumps(chunk).encode()
            self.append(NewRow(Lane.BLOB, now.wall_us, now.uptime_ms, now.quality.value, body))
        last = self.accounts[Lane.BLOB].last_seq
        self.db.execute(
            "INSERT INTO blobs (sha256, size, media_type, first_seq, last_seq) VALUES (?, ?, ?, ?, ?)",
            (blob.sha256, blob.size, blob.media_type, first, last),
        )

    def keep_picture(self, keeper: str, sha256: str) -> None:
        """Hold a file of the blob folder for `keeper`, whether or not it is on its way to the hub."""
        self.db.execute("INSERT OR IGNORE INTO kept_pictures VALUES (?, ?)", (keeper, sha256))

    def release_pictures(self, keeper: str, unlink_blob: Callable[[str], None]) -> None:
        """Let go of what `keeper` held; after the commit, files that nobody needs are gone."""
        gone = self.db.execute("DELETE FROM kept_pictures WHERE keeper = ? RETURNING sha256", (keeper,)).fetchall()
        self.after_commit.extend(self._unlinking(unlink_blob, sha256) for (sha256,) in gone)

    def forget(self, lane: Lane, through: int, unlink_blob: Callable[[str], None]) -> int:
        """Delete the rows the hub has, and after the commit the blobs that went with them. Gives the row count."""
        self.flush()
        account = self.accounts[lane]
        through = min(through, account.last_seq)
        count = self._delete(lane, account.acked_seq + 1, through)
        account.acked_seq = max(account.acked_seq, through)
        forget_gaps(self.db, lane, through)
        if lane is Lane.BLOB:
            gone = self.db.execute("DELETE FROM blobs WHERE last_seq <= ? RETURNING sha256", (through,)).fetchall()
            self.after_commit.extend(self._unlinking(unlink_blob, sha256) for (sha256,) in gone)
        return count

    def shed(self, lane: Lane, first: int, last: int, reason: ShedReason, now: Now, file_bytes: int = 0) -> int:
        """Give up rows `first`…`last` (held or not) and tell the hub by a row of lane record; gives its sequence.

        `file_bytes` go with them and are told as well. Neighbouring ranges may be told by one row.
        """
        self.flush()
        account = self.accounts[lane]
        size_before = account.bytes
        count = self._delete(lane, first, last)
        size = size_before - account.bytes + file_bytes
        if reason not in NO_LOSS:
            account.shed_rows += count
            account.shed_bytes += size
        self.gone.append((lane, first, last))
        return self._teller.tell(Gap(lane, first, last, size, reason), now, account.acked_seq)

    def retell_gaps(self, after_record_seq: int, now: Now) -> list[int]:
        """See to it that rows of lane record beyond `after_record_seq` tell of every gap the hub does not know.

        For a hub that went back in time and has lane record up to there. Gives the sequences of the rows that tell:
        those still in the outbox, and fresh ones for those that were acknowledged and are gone.
        """
        return self._teller.retell(after_record_seq, now)

    def rows_that_tell(self) -> int:
        """Rows of lane record that tell of gaps the hub is not past yet."""
        self.flush()
        acked = self.accounts[Lane.RECORD].acked_seq
        found = self.db.execute("SELECT count(DISTINCT told) FROM gaps WHERE told > ?", (acked,)).fetchone()
        return int(found[0])

    def skip_blob(
        self, sha256: str, now: Now, unlink_blob: Callable[[str], None], reason: ShedReason, file_bytes: int = 0
    ) -> tuple[int, int] | None:
        """Do not send what is left of a blob: the hub has it, its file is gone, or there is no room for it.

        Gives the rows that were shed. `file_bytes` are told as lost with them.
        """
        self.flush()
        found = self.db.execute("SELECT first_seq, last_seq FROM blobs WHERE sha256 = ?", (sha256,)).fetchone()
        if found is None:
            return None
        first, last = max(found[0], self.accounts[Lane.BLOB].acked_seq + 1), found[1]
        if first <= last:
            self.shed(Lane.BLOB, first, last, reason, now, file_bytes)
        self.blob_bytes_gone += file_bytes
        self.db.execute("DELETE FROM blobs WHERE sha256 = ?", (sha256,))
        self.after_commit.append(self._unlinking(unlink_blob, sha256))
        return (first, last) if first <= last else None

    def recut_blob(self, sha256: str, chunk_bytes: int, now: Now) -> None:
        """Queue a blob anew in chunks of `chunk_bytes`, since this broker takes no larger ones."""
        self.flush()
        found = self.db.execute(
            "SELECT size, media_type, first_seq, last_seq, urgent_seq, record_seq FROM blobs WHERE sha256 = ?",
            (sha256,),
        ).fetchone()
        if found is None:
            return
        size, media_type, first, last, *named_by = found
        self.shed(Lane.BLOB, max(first, self.accounts[Lane.BLOB].acked_seq + 1), last, "blob-recut", now)
        self.db.execute("DELETE FROM blobs WHERE sha256 = ?", (sha256,))
        self.append_blob(BlobRef(sha256=sha256, size=size, media_type=media_type), now, chunk_bytes)
        # Whose picture it is does not change with its chunks.
        self.db.execute("UPDATE blobs SET urgent_seq = ?, record_seq = ? WHERE sha256 = ?", (*named_by, sha256))

    def set_meta(self, key: str, value: str) -> None:
        """Remember one small fact about the store."""
        self.db.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )

    def set_role_state(self, role: str, state: bytes, at_us: int) -> None:
        """Replace a role's committed state."""
        self.db.execute(
            "INSERT INTO role_states VALUES (?, ?, ?)"
            " ON CONFLICT (role) DO UPDATE SET state = excluded.state, at_us = excluded.at_us",
            (role, state, at_us),
        )

    def flush(self) -> None:
        """Write buffered rows, so that what follows in this transaction sees them."""
        if self._inserts:
            self.db.executemany("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)", self._inserts)
            self._inserts.clear()
        for lane, seq, sha256 in self._named:
            self.db.execute(f"UPDATE blobs SET {_NAMES[lane]} = ? WHERE sha256 = ?", (seq, sha256))  # noqa: S608  (our own words)
        self._named.clear()

    def seal(self, before: dict[Lane, LaneAccount]) -> None:
        """Write what is still buffered and the accounts that changed; the commit follows."""
        self.flush()
        for lane, account in self.accounts.items():
            if account != before[lane]:
                self._sweep_keys(lane, before[lane].last_seq)
                self.db.execute(
                    "UPDATE lanes SET last_seq = ?, acked_seq = ?, rows = ?, bytes = ?, shed_rows = ?, shed_bytes = ?"
                    " WHERE lane = ?",
                    (*_figures(account), LANE_NUMBER[lane]),
                )

    def _delete(self, lane: Lane, first: int, last: int) -> int:
        between = (place_number(lane, first), place_number(lane, last))
        count, size = self.db.execute(
            "SELECT count(*), coalesce(sum(length(body)), 0) FROM outbox WHERE place BETWEEN ? AND ?", between
        ).fetchone()
        if count:
            self.weight += count * _GONE_ROW_BYTES + size // _GONE_BYTES_FOR_ONE
            self.db.execute("DELETE FROM outbox WHERE place BETWEEN ? AND ?", between)
        account = self.accounts[lane]
        account.rows -= count
        account.bytes -= size + count * ROW_OVERHEAD
        return int(count)

    def _record_grew(self, more: int) -> None:
        self.accounts[Lane.RECORD].bytes += more

    def _place_of_key(self, key: str) -> Place | None:
        if place := self._keys.get(key):
            return place
        found = self.db.execute("SELECT place FROM emit_keys WHERE key = ?", (key,)).fetchone()
        return place_of(found[0]) if found else None

    def _remember_key(self, key: str, place: Place) -> None:
        self._keys[key] = place
        self.weight += _KEYED_ROW_BYTES
        self.db.execute("INSERT INTO emit_keys VALUES (?, ?)", (key, place.number))

    def _sweep_keys(self, lane: Lane, last_before: int) -> None:
        """Now and then, forget keys of rows that are out of mind."""
        last, every = self.accounts[lane].last_seq, min(_SWEEP_EVERY, self.keys_kept)
        if last // every > last_before // every:
            out_of_mind = (place_number(lane, 0), place_number(lane, max(0, last - self.keys_kept)))
            self.db.execute("DELETE FROM emit_keys WHERE place BETWEEN ? AND ?", out_of_mind)

    def _unlinking(self, unlink: Callable[[str], None], sha256: str) -> Callable[[], None]:
        """Remove a blob's file, unless it still is to be sent or somebody keeps it."""

        def act() -> None:
            if not self.db.execute(_WANTED, {"sha256": sha256}).fetchone():
                unlink(sha256)

        return act


def read_accounts(db: sqlite3.Connection) -> dict[Lane, LaneAccount]:
    """The lane accounts as committed."""
    found = db.execute("SELECT name, last_seq, acked_seq, rows, bytes, shed_rows, shed_bytes FROM lanes")
    return {Lane(name): LaneAccount(*figures) for name, *figures in found}


def _figures(account: LaneAccount) -> Sequence[int]:
    return (
        account.last_seq,
        account.acked_seq,
        account.rows,
        account.bytes,
        account.shed_rows,
        account.shed_bytes,
    )
