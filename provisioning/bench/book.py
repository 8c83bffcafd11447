# SPDX-License-Identifier: Apache-2.0
"""The hub's bookkeeping: messages go in, one commit of the store later the acks come out.

What must always be true: nothing is acked that is not committed; an event already here changes nothing but a counter;
a message that breaks the contract is written down as refused and never stands in the way of the next; no device is sent
an ack while the broker has not answered for the one before, so that few can be overtaken by another worker's.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Final

from pydantic import ValidationError

from edge.contract.acks import Ack, Resend
from edge.contract.batch import BatchError
from edge.contract.blobs import CHUNK_TYPE, BlobChunk
from edge.contract.outbox import SHED_TYPE, Shed
from edge.contract.presence import Presence, Reported
from edge.contract.topics import DEFAULT_ROOT, Topic, TopicError, Topics, Up
from edge.contract.words import Lane
from provisioning.bench.blob_files import ChunkError, read_piece
from provisioning.bench.intake import Batch, EventRow, blob_refs, first_complaint, read_batch
from provisioning.bench.ledger import Questions, Span
from provisioning.bench.posting import LaneKey, Place, Posting, RefNote, Refusal, Said, ShedNote, Store

_LOOK_EVERY_S: Final = 0.5
"""How often the store is asked for lanes with holes."""


class Book:
    """One worker's pen. `mine` tells whether this worker keeps a device's presence and asks for its holes."""

    def __init__(self, store: Store, root: str = DEFAULT_ROOT, mine: Callable[[str], bool] = lambda _: True) -> None:
        """Write into `store`."""
        self._store = store
        self._topics = Topics(root)
        self._mine = mine
        self._posting = Posting()
        self._owed: dict[Place, set[str]] = {}
        """Places where something was committed that no ack has said yet, with the blobs it shall name."""
        self._questions: Questions[LaneKey] = Questions()
        self._look_at_s = float("-inf")

    def take(self, topic: str, payload: bytes) -> None:
        """Enter one message into the next commit; whatever is wrong with it is recorded, not raised."""
        try:
            self._enter(self._topics.parse(topic), payload)
        except ValidationError as wrong:
            self._refuse(topic, first_complaint(wrong), payload)
        except (BatchError, TopicError) as wrong:
            self._refuse(topic, str(wrong), payload)

    def commit(self, now_s: float, unanswered: Collection[str] = ()) -> list[tuple[str, Ack]]:
        """Make all that was taken durable; the acks that may now be said, by device. `now_s` is any steady clock.

        `unanswered` are devices whose last ack the broker has not answered for: theirs is said by a later call. When
        the store fails nothing is forgotten, and the call may be repeated.
        """
        self._posting.asked |= {place for place in self._owed if place[0] not in unanswered}
        said = self._commit(self._posting) if self._posting.asked or not self._posting.empty else []
        self._posting = Posting()
        asked = self._questions_due(now_s, unanswered)
        more = asked.keys() - {one.place for one in said}
        if more:
            said += self._commit(Posting(asked=set(more)))
        # What cannot be said now is not said later either, but what is true then: another worker may have said more.
        return [self._ack(one, asked.get(one.place, ())) for one in said if one.place[0] not in unanswered]

    def close(self) -> None:
        """Let go of the store. What was taken and not committed is as if it had never come."""
        self._store.close()

    def _commit(self, posting: Posting) -> list[Said]:
        said = self._store.commit(posting)
        for one in said:
            self._owed.setdefault(one.place, set()).update(one.blobs)
        return said

    def _enter(self, heard: Topic, payload: bytes) -> None:
        if isinstance(heard.channel, Lane):
            self._batch(read_batch(heard.device, heard.channel, payload))
        elif not self._mine(heard.device):
            return
        elif heard.channel is Up.PRESENCE:
            said = Presence.model_validate_json(payload, extra="ignore")
            self._posting.presence[heard.device] = said
            if said.online:
                # An ack may have been lost with the last link; saying it again costs nothing.
                self._posting.asked.add((heard.device, said.epoch))
        elif heard.channel is Up.REPORTED:
            self._posting.reported[heard.device] = Reported.model_validate_json(payload, extra="ignore")

    def _batch(self, batch: Batch) -> None:
        if batch.lane is Lane.BLOB:
            self._pieces(batch)
        for row in batch.rows:
            if row["type"] == SHED_TYPE:
                self._shed(batch, row)
        if batch.may_refer:
            for row in batch.rows:
                self._posting.refs += [RefNote(batch.place, row["id"], ref) for ref in blob_refs(row["data"])]
        self._posting.batches.append(batch)

    def _pieces(self, batch: Batch) -> None:
        for row in batch.rows:
            if row["type"] != CHUNK_TYPE:
                continue
            try:
                chunk = BlobChunk.model_validate(row["data"], extra="ignore")
                self._posting.pieces.append((batch.place, read_piece(row["id"], chunk)))
            except ValidationError as wrong:
                self._refuse(row["id"], first_complaint(wrong))
            except ChunkError as wrong:
                self._refuse(row["id"], str(wrong))
            row["data"].pop("bytes", None)  # they are in the blob's file; twice on disk would be once too often

    def _shed(self, batch: Batch, row: EventRow) -> None:
        try:
            shed = Shed.model_validate(row["data"], extra="ignore")
        except ValidationError as wrong:
            self._refuse(row["id"], first_complaint(wrong))
            return
        if shed.to < shed.from_:
            self._refuse(row["id"], f"shed range {shed.from_} to {shed.to} runs backwards")
            return
        self._posting.sheds.append(ShedNote(batch.place, row["id"], shed))

    def _refuse(self, where: str, reason: str, payload: bytes = b"") -> None:
        self._posting.refused.append(Refusal(where, reason, payload))

    def _questions_due(self, now_s: float, unanswered: Collection[str]) -> dict[Place, list[Resend]]:
        if now_s < self._look_at_s:
            return {}
        self._look_at_s = now_s + _LOOK_EVERY_S
        standing = [
            (one.key, one.watermark, one.holes)
            for one in self._store.standing()
            if self._mine(one.key[0]) and one.key[0] not in unanswered
        ]
        asked: dict[Place, list[Resend]] = {}
        for key, holes in self._questions.due(standing, now_s).items():
            asked.setdefault(key[:2], []).extend(_resend(key[2], holes))
        return asked

    def _ack(self, said: Said, resend: Iterable[Resend]) -> tuple[str, Ack]:
        device, epoch = said.place
        blobs = tuple(sorted(self._owed.pop(said.place, ())))
        return device, Ack(epoch=epoch, acks=said.acks, time=said.at, resend=tuple(resend), blobs=blobs)


def _resend(lane: Lane, holes: list[Span]) -> list[Resend]:
    return [Resend.model_validate({"lane": lane, "from": first, "to": last}) for first, last in holes]
