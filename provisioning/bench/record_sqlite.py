# SPDX-License-Identifier: Apache-2.0
"""The hub's record in SQLite: a worker that is alone keeps its ledgers in memory, one of several reads them anew."""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic_core import to_json

from edge.contract.envelope import event_source
from edge.contract.words import Lane
from provisioning.bench.blob_files import BlobFiles, Growth
from provisioning.bench.folder_lock import hold
from provisioning.bench.intake import Batch
from provisioning.bench.ledger import Ledger, Spans
from provisioning.bench.posting import (
    HEAD_BYTES,
    REFUSED_KEPT,
    LaneKey,
    Posting,
    Refusal,
    Said,
    Standing,
    StoreAwayError,
    here_before,
    named_blobs,
    said_after,
)
from provisioning.bench.record_rows import Row
from provisioning.bench.record_schema import HOLED, open_to_read, open_to_write

_INSERT_EVENTS: Final = (
    "INSERT OR IGNORE INTO events (source, id, epoch, lane, seq, type, subject, time, clock, received_at, data)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(slots=True)
class LaneBook:
    """One lane's ledger with what is counted beside it."""

    ledger: Ledger
    stored: int = 0
    duplicates: int = 0


class SqliteStore:
    """The record of one folder, open for writing."""

    def __init__(self, folder: Path, worker: int = 0, workers: int = 1) -> None:
        """Take the place of `worker` in the folder. Raises `ProblemError` hub-folder-busy when another has it."""
        self._db = open_to_write(folder)
        self._files = BlobFiles(folder)
        self._alone = workers == 1
        # Several share the first lock and hold one each of their own; one that is alone shares with nobody.
        self._locks = [hold(folder, "hub.lock", shared=not self._alone), hold(folder, f"hub-{worker}.lock")]
        self._lanes: dict[LaneKey, LaneBook] = {}

    def commit(self, posting: Posting) -> list[Said]:
        """See `Store`. Everything happens behind SQLite's one write lock, so commits have one order."""
        with self._transaction():
            now = datetime.now(UTC)
            received_at = now.isoformat(timespec="microseconds")
            for batch in posting.batches:
                self._events(batch, received_at)
            touched = posting.settled()
            for key, spans in touched.items():
                ledger = self._lane(key).ledger
                for first, last in spans:
                    ledger.take(first, last)
            self._write_lanes((key, self._lanes[key]) for key in touched)
            here = here_before(posting, self._whole_blobs({sha256 for _, sha256 in named_blobs(posting)}))
            refused = [*posting.refused, *self._grow(posting, received_at)]
            self._notes(posting)
            self._words(posting, received_at)
            self._refuse(refused, received_at)
            at = self._instant(now)
            said = []
            for place in posting.places():
                acks = {lane: book.ledger.watermark for lane in Lane if (book := self._known((*place, lane)))}
                if acks:
                    said.append(Said(place, acks, at, frozenset(here.get(place, ()))))
        return said

    def standing(self) -> Iterable[Standing]:
        """See `Store`."""
        rows = self._db.execute(
            "SELECT substr(source, 10), epoch, lane, watermark, spans FROM lanes"  # noqa: S608  our own constant
            f" JOIN presence ON device = substr(source, 10) WHERE online AND {HOLED}"
        )
        for device, epoch, lane, watermark, spans in rows:
            yield Standing((device, epoch, Lane(lane)), watermark, Spans(json.loads(spans)).holes(1))

    def devices(self) -> list[str]:
        """See `Store`."""
        rows = self._db.execute("SELECT substr(source, 10) FROM lanes UNION SELECT device FROM presence")
        return [device for (device,) in rows]

    def close(self) -> None:
        """Let go of folder and file."""
        self._db.close()
        for lock in self._locks:
            os.close(lock)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as wrong:
            raise StoreAwayError(f"the record is held by others: {wrong}") from wrong
        if not self._alone:
            self._lanes.clear()  # what another worker committed since
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._lanes.clear()
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _events(self, batch: Batch, received_at: str) -> None:
        source, epoch, lane = event_source(batch.device), batch.epoch, batch.lane.value
        values = [
            (
                source,
                row["id"],
                epoch,
                lane,
                sequence,
                row["type"],
                row.get("subject"),
                row["time"],
                row["clock"],
                received_at,
                to_json(row["data"], inf_nan_mode="strings").decode(),
            )
            for row, sequence in zip(batch.rows, batch.sequences, strict=True)
        ]
        stored = self._db.executemany(_INSERT_EVENTS, values).rowcount
        book = self._lane(batch.key)
        book.stored += stored
        book.duplicates += len(values) - stored

    def _lane(self, key: LaneKey) -> LaneBook:
        book = self._known(key)
        if book is None:
            book = self._lanes[key] = LaneBook(Ledger())
        return book

    def _known(self, key: LaneKey) -> LaneBook | None:
        """From memory, or from the record; a lane that nobody wrote in is asked for again each time."""
        book = self._lanes.get(key)
        if book is not None:
            return book
        row = self._db.execute(
            "SELECT spans, stored, duplicates FROM lanes WHERE source = ? AND epoch = ? AND lane = ?",
            (event_source(key[0]), key[1], key[2].value),
        ).fetchone()
        if row is None:
            return None
        book = self._lanes[key] = LaneBook(Ledger(json.loads(row[0])), row[1], row[2])
        return book

    def _write_lanes(self, books: Iterable[tuple[LaneKey, LaneBook]]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO lanes VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    event_source(device),
                    epoch,
                    lane.value,
                    kept.ledger.watermark,
                    json.dumps(kept.ledger.spans),
                    kept.stored,
                    kept.duplicates,
                )
                for (device, epoch, lane), kept in books
            ],
        )

    def _grow(self, posting: Posting, received_at: str) -> list[Refusal]:
        refused = []
        for sha256, pieces in posting.by_blob().items():
            row = self._db.execute("SELECT total, spans, verified_at FROM blobs WHERE sha256 = ?", (sha256,)).fetchone()
            if row and row[2]:
                continue
            known = Growth(row[0], Spans(json.loads(row[1]))) if row else Growth(pieces[0].total, Spans())
            refused += [Refusal(*wrong) for wrong in self._files.grow(sha256, known, pieces)]
            if known.broken:
                self._db.execute("DELETE FROM blobs WHERE sha256 = ?", (sha256,))
            else:
                values = (sha256, known.total, json.dumps(list(known.spans)), received_at if known.whole else None)
                self._db.execute("INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?)", values)
        return refused

    def _whole_blobs(self, asked: set[str]) -> set[str]:
        query = "SELECT 1 FROM blobs WHERE sha256 = ? AND verified_at IS NOT NULL"
        return {sha256 for sha256 in asked if self._db.execute(query, (sha256,)).fetchone()}

    def _notes(self, posting: Posting) -> None:
        self._db.executemany(
            "INSERT OR IGNORE INTO shed VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (event_source(note.place[0]), note.id, note.place[1], shed.lane.value, shed.from_, shed.to, shed.reason)
                for note in posting.sheds
                for shed in (note.shed,)
            ],
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO refs VALUES (?, ?, ?, ?, ?)",
            [
                (event_source(note.place[0]), note.id, note.ref.sha256, note.ref.size, note.ref.media_type)
                for note in posting.refs
            ],
        )

    def _words(self, posting: Posting, received_at: str) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO presence VALUES (?, ?, ?, ?)",
            [
                (device, int(said.online), said.model_dump_json(), received_at)
                for device, said in posting.presence.items()
            ],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO reported VALUES (?, ?, ?)",
            [(device, said.model_dump_json(), received_at) for device, said in posting.reported.items()],
        )

    def _refuse(self, refused: list[Refusal], received_at: str) -> None:
        if not refused:
            return
        self._db.executemany(
            "INSERT INTO refused (topic, reason, head, received_at) VALUES (?, ?, ?, ?)",
            [(one.where, one.reason[:HEAD_BYTES], one.head[:HEAD_BYTES], received_at) for one in refused],
        )
        self._db.execute("DELETE FROM refused WHERE arrival <= (SELECT MAX(arrival) FROM refused) - ?", (REFUSED_KEPT,))

    def _instant(self, now: datetime) -> datetime:
        row = self._db.execute("SELECT at FROM said").fetchone()
        at = said_after(now, datetime.fromisoformat(row[0]) if row else None)
        self._db.execute("INSERT OR REPLACE INTO said VALUES (1, ?)", (at.isoformat(timespec="microseconds"),))
        return at


class SqliteReader:
    """The record of one folder, read beside the hub that writes it."""

    def __init__(self, folder: Path) -> None:
        """Open it."""
        self._db = open_to_read(folder)

    def rows(self, query: str, *values: str | int) -> list[Row]:
        """See `Reader`."""
        return [dict(row) for row in self._db.execute(query, values)]

    def gaps(self) -> int:
        """See `Reader`."""
        rows = self._db.execute(f"SELECT spans FROM lanes WHERE {HOLED}")  # noqa: S608  our own constant
        return sum(last - first + 1 for (spans,) in rows for first, last in Spans(json.loads(spans)).holes(1))

    def close(self) -> None:
        """See `Reader`."""
        self._db.close()
