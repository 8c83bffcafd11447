# SPDX-License-Identifier: Apache-2.0
"""Rows of the hub's record, written inside one transaction at a time by the one hub that holds the folder."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic_core import to_json

from edge.contract.blobs import BlobRef
from edge.contract.envelope import event_source
from edge.contract.outbox import Shed
from edge.contract.presence import Presence, Reported
from edge.contract.words import Lane
from provisioning.bench.folder_lock import hold
from provisioning.bench.intake import Batch
from provisioning.bench.ledger import Ledger
from provisioning.bench.record_schema import open_to_write

_REFUSED_KEPT: Final = 10_000
"""Refused messages on record at most: a device gone mad shall not fill the hub's disk."""
_HEAD_BYTES: Final = 1024
_INSERT_EVENTS: Final = (
    "INSERT OR IGNORE INTO events (source, id, epoch, lane, seq, type, subject, time, clock, received_at, data)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

LaneKey = tuple[str, str, Lane]
"""Device, epoch, lane."""


@dataclass(slots=True)
class LaneBook:
    """One lane's ledger with what is counted beside it."""

    ledger: Ledger
    stored: int = 0
    duplicates: int = 0


class RecordWriter:
    """The record of one folder, open for writing; every method but `begin` needs a transaction under way."""

    def __init__(self, folder: Path) -> None:
        """Take the folder. Raises `ProblemError` hub-folder-busy when another hub has it."""
        self.db = open_to_write(folder)
        self._lock = hold(folder, "hub.lock")
        self.received_at = ""

    def begin(self) -> None:
        """Start a transaction unless one is under way, and note the instant as that of receipt."""
        if not self.db.in_transaction:
            self.db.execute("BEGIN IMMEDIATE")
        self.received_at = datetime.now(UTC).isoformat(timespec="microseconds")

    def commit(self) -> None:
        """On disk when this returns."""
        self.db.execute("COMMIT")

    def close(self) -> None:
        """Let go of folder and file; a transaction under way is as if it had never begun."""
        self.db.close()
        os.close(self._lock)

    def events(self, batch: Batch) -> int:
        """Store the events that are not here yet; returns how many those were."""
        source, lane, received_at = event_source(batch.device), batch.lane.value, self.received_at
        values = [
            (
                source,
                row["id"],
                batch.epoch,
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
        return self.db.executemany(_INSERT_EVENTS, values).rowcount

    def shed(self, source: str, event: str, epoch: str, shed: Shed) -> None:
        """Note that a range will never come."""
        self.db.execute(
            "INSERT OR IGNORE INTO shed VALUES (?, ?, ?, ?, ?, ?, ?)",
            (source, event, epoch, shed.lane.value, shed.from_, shed.to, shed.reason),
        )

    def reference(self, source: str, event: str, ref: BlobRef) -> None:
        """Note that an event refers to a blob."""
        self.db.execute(
            "INSERT OR IGNORE INTO refs VALUES (?, ?, ?, ?, ?)", (source, event, ref.sha256, ref.size, ref.media_type)
        )

    def presence(self, device: str, said: Presence) -> None:
        """Keep the latest word on whether a device is there."""
        self.db.execute(
            "INSERT OR REPLACE INTO presence VALUES (?, ?, ?, ?)",
            (device, int(said.online), said.model_dump_json(), self.received_at),
        )

    def reported(self, device: str, said: Reported) -> None:
        """Keep the latest state a device reports."""
        self.db.execute(
            "INSERT OR REPLACE INTO reported VALUES (?, ?, ?)", (device, said.model_dump_json(), self.received_at)
        )

    def refuse(self, where: str, reason: str, payload: bytes = b"") -> None:
        """Keep the beginning of what broke the contract, and why."""
        self.db.execute(
            "INSERT INTO refused (topic, reason, head, received_at) VALUES (?, ?, ?, ?)",
            (where, reason[:_HEAD_BYTES], payload[:_HEAD_BYTES], self.received_at),
        )
        self.db.execute("DELETE FROM refused WHERE arrival <= (SELECT MAX(arrival) FROM refused) - ?", (_REFUSED_KEPT,))

    def lanes(self, books: Iterable[tuple[LaneKey, LaneBook]]) -> None:
        """Write ledgers back."""
        self.db.executemany(
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

    def lanes_on_record(self) -> dict[LaneKey, LaneBook]:
        """Every ledger as it was last committed."""
        rows = self.db.execute("SELECT source, epoch, lane, spans, stored, duplicates FROM lanes")
        return {
            (source.removeprefix("/devices/"), epoch, Lane(lane)): LaneBook(Ledger(json.loads(spans)), stored, twice)
            for source, epoch, lane, spans, stored, twice in rows
        }

    def online_on_record(self) -> frozenset[str]:
        """Devices that were there when last heard of."""
        return frozenset(device for (device,) in self.db.execute("SELECT device FROM presence WHERE online"))
