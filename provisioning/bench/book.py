# SPDX-License-Identifier: Apache-2.0
"""The hub's bookkeeping: messages go in, one transaction later the acks come out.

What must always be true: nothing is acked that is not committed; an event already here changes nothing but a counter;
a message that breaks the contract is written down as refused and never stands in the way of the next.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from edge.contract.acks import Ack, Resend
from edge.contract.batch import BatchError
from edge.contract.blobs import CHUNK_TYPE, BlobChunk
from edge.contract.outbox import SHED_TYPE, Shed
from edge.contract.presence import Presence, Reported
from edge.contract.topics import DEFAULT_ROOT, Topic, TopicError, Topics, Up
from edge.contract.words import Lane
from provisioning.bench.blob_store import BlobStore, ChunkError
from provisioning.bench.intake import Batch, EventRow, blob_refs, first_complaint, read_batch
from provisioning.bench.ledger import Ledger, runs
from provisioning.bench.record_writer import LaneBook, LaneKey, RecordWriter

Place = tuple[str, str]
"""Device and epoch: what one ack speaks of."""


@dataclass(slots=True)
class Gathered:
    """What one transaction touches: lanes to write back, and per place the blobs to say `already here` of."""

    lanes: set[LaneKey] = field(default_factory=set)
    acks: dict[Place, set[str]] = field(default_factory=dict)


class Book:
    """The one writer of a hub's record."""

    def __init__(self, folder: Path, root: str = DEFAULT_ROOT) -> None:
        """Open the record in `folder` and go on from where it stands."""
        self._record = RecordWriter(folder)
        self._topics = Topics(root)
        self._blobs = BlobStore(folder, self._record.db)
        self._lanes = self._record.lanes_on_record()
        self._online = self._record.online_on_record()
        self._gathered = Gathered()

    def take(self, topic: str, payload: bytes) -> None:
        """Enter one message into the transaction under way; whatever is wrong with it is recorded, not raised."""
        self._record.begin()
        try:
            self._enter(self._topics.parse(topic), payload)
        except ValidationError as wrong:
            self._record.refuse(topic, first_complaint(wrong), payload)
        except (BatchError, TopicError) as wrong:
            self._record.refuse(topic, str(wrong), payload)

    def commit(self, now_s: float) -> list[tuple[str, Ack]]:
        """Make all that was taken durable; the acks that may now be said, by device. `now_s` is any steady clock."""
        if self._record.db.in_transaction:
            for complaint in self._blobs.settle(self._record.received_at):
                self._record.refuse("blob", complaint)
            self._record.lanes((key, self._lanes[key]) for key in self._gathered.lanes)
            self._record.commit()
        acks, self._gathered = self._gathered.acks, Gathered()
        holes = self._standing_holes(now_s)
        places = dict.fromkeys([*acks, *holes])
        return [(place[0], self._ack(place, acks.get(place, ()), holes.get(place, ()))) for place in places]

    def close(self) -> None:
        """Let go of the record. What was taken and not committed is as if it had never come."""
        self._record.close()

    def _enter(self, heard: Topic, payload: bytes) -> None:
        if isinstance(heard.channel, Lane):
            self._batch(read_batch(heard.device, heard.channel, payload))
        elif heard.channel is Up.PRESENCE:
            self._presence(heard.device, payload)
        elif heard.channel is Up.REPORTED:
            self._record.reported(heard.device, Reported.model_validate_json(payload, extra="ignore"))

    def _batch(self, batch: Batch) -> None:
        here = self._gathered.acks.setdefault((batch.device, batch.epoch), set())
        if batch.lane is Lane.BLOB:
            here.update(self._chunks(batch.rows))
        stored = self._record.events(batch)
        book = self._lane((batch.device, batch.epoch, batch.lane))
        book.stored += stored
        book.duplicates += len(batch.rows) - stored
        for first, last in runs(batch.sequences):
            book.ledger.take(first, last)
        for row in batch.rows:
            if row["type"] == SHED_TYPE:
                self._shed(batch, row)
        if batch.may_refer:
            here.update(self._references(batch.rows))

    def _chunks(self, rows: list[EventRow]) -> Iterable[str]:
        for row in rows:
            if row["type"] != CHUNK_TYPE:
                continue
            try:
                chunk = BlobChunk.model_validate(row["data"], extra="ignore")
                if self._blobs.has(chunk.sha256):
                    yield chunk.sha256
                self._blobs.put(chunk)
            except ValidationError as wrong:
                self._record.refuse(row["id"], first_complaint(wrong))
            except ChunkError as wrong:
                self._record.refuse(row["id"], str(wrong))
            row["data"].pop("bytes", None)  # they are in the blob's file; twice on disk would be once too often

    def _shed(self, batch: Batch, row: EventRow) -> None:
        try:
            shed = Shed.model_validate(row["data"], extra="ignore")
        except ValidationError as wrong:
            self._record.refuse(row["id"], first_complaint(wrong))
            return
        if shed.to < shed.from_:
            self._record.refuse(row["id"], f"shed range {shed.from_} to {shed.to} runs backwards")
            return
        self._lane((batch.device, batch.epoch, shed.lane)).ledger.take(shed.from_, shed.to)
        self._record.shed(row["source"], row["id"], batch.epoch, shed)

    def _references(self, rows: list[EventRow]) -> Iterable[str]:
        for row in rows:
            for ref in blob_refs(row["data"]):
                self._record.reference(row["source"], row["id"], ref)
                if self._blobs.has(ref.sha256):
                    yield ref.sha256

    def _presence(self, device: str, payload: bytes) -> None:
        said = Presence.model_validate_json(payload, extra="ignore")
        self._record.presence(device, said)
        self._online = self._online | {device} if said.online else self._online - {device}
        if said.online and any((device, said.epoch, lane) in self._lanes for lane in Lane):
            # An ack may have been lost with the last link; saying it again costs nothing.
            self._gathered.acks.setdefault((device, said.epoch), set())

    def _lane(self, key: LaneKey) -> LaneBook:
        self._gathered.lanes.add(key)
        return self._lanes.setdefault(key, LaneBook(Ledger()))

    def _standing_holes(self, now_s: float) -> dict[Place, list[Resend]]:
        standing: dict[Place, list[Resend]] = {}
        for (device, epoch, lane), book in self._lanes.items():
            # A device that is away would find one question for every few seconds of its absence.
            for first, last in book.ledger.wanted(now_s) if device in self._online else ():
                wanted = Resend.model_validate({"lane": lane, "from": first, "to": last})
                standing.setdefault((device, epoch), []).append(wanted)
        return standing

    def _ack(self, place: Place, blobs: Iterable[str], resend: Iterable[Resend]) -> Ack:
        known = {lane: self._lanes[*place, lane].ledger.watermark for lane in Lane if (*place, lane) in self._lanes}
        return Ack(epoch=place[1], acks=known, time=datetime.now(UTC), resend=tuple(resend), blobs=tuple(sorted(blobs)))
