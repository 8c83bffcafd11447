# SPDX-License-Identifier: Apache-2.0
"""The backlog of one device as a sealed stream: every row the hub has not acknowledged, lane by lane, in order.

Rows may leave while this goes on: the hub acknowledges, the cap sheds. Those are not missed, for the hub has them, or
is told by a row of lane record, and rows of that kind are taken in at the end.
"""

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from edge.contract.export import (
    MAGIC,
    SEALING_INFO,
    SIGNED_AS,
    Contents,
    ExportClaims,
    ExportHeader,
    FrameHead,
    pack_frame,
)
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable.backlog import Backlog, Waiting
from edge.identity.keystore import KeyStore
from edge.identity.sealed_stream import KEY_BYTES, SealedWriter, Sink
from edge.identity.sealing import SealingKey
from edge.link.batches import Batch, Batcher, Missing, Nothing, TooLarge

Settle = Callable[[], int]
"""How far lane record will stay as it is from now on."""
Progress = Callable[[float], None]
"""Told how much is done, 0 to 1."""
_LOOKS: Final = 5
"""How often what was shed meanwhile is looked for again; each look takes in all that there was until then."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who writes and for whom."""

    device: str
    agent: str
    keys: KeyStore
    hub: SealingKey


class Exporter:
    """Writes one export. `blobs_gone` counts chunks whose file is not there any more."""

    def __init__(self, backlog: Backlog, parties: Parties, file: Sink, created: datetime, settle: Settle) -> None:
        """Write the header at once."""
        key = os.urandom(KEY_BYTES)
        sealed = base64.urlsafe_b64encode(parties.hub.seal(key, SEALING_INFO)).rstrip(b"=").decode()
        self._header = ExportHeader(
            device=parties.device,
            epoch=backlog.epoch,
            created=created,
            agent=parties.agent,
            kid=parties.hub.kid,
            key=sealed,
        )
        self._backlog = backlog
        self._keys = parties.keys
        self._settle = settle
        self._batcher = Batcher(backlog, parties.device, deflate=True, times=backlog)
        self._contents = Contents()
        self._stream = SealedWriter(file, MAGIC, self._header.model_dump_json().encode(), key)
        self.blobs_gone = 0

    def write(self, progress: Progress) -> ExportClaims:
        """Write every lane and the signed end. Raises `ProblemError` event-too-large, `OSError` of the file."""
        begun = self._backlog.waiting()
        weights = {lane: _weight(waiting) for lane, waiting in begun.items()}
        total, done = sum(weights.values()) or 1, 0
        for lane in Lane:
            account, share = begun[lane].account, weights[lane] / total
            before = done / total

            def told(part: float, before: float = before, share: float = share) -> None:
                progress(before + share * part)

            through = self._settle() if lane is Lane.RECORD else account.last_seq
            self._lane(lane, account.acked_seq, through, told)
            done += weights[lane]
        self._what_was_shed_meanwhile(begun)
        return self._finish()

    def _what_was_shed_meanwhile(self, begun: dict[Lane, Waiting]) -> None:
        shed = sum(waiting.account.shed_rows for waiting in begun.values())
        for _ in range(_LOOKS):
            accounts = self._backlog.accounts()
            now_shed = sum(account.shed_rows for account in accounts.values())
            if now_shed == shed:
                return
            known = self._contents.lanes.get(Lane.RECORD)
            after = known.last if known else begun[Lane.RECORD].account.acked_seq
            self._lane(Lane.RECORD, after, self._settle(), lambda _: None)
            shed = now_shed

    def _lane(self, lane: Lane, after: int, through: int, told: Progress) -> None:
        first = after
        self._backlog.bound(lane, through)
        while after < through:
            with self._backlog.moment():
                made = self._batcher.make(lane, after)
                rows = self._backlog.count(lane, made.first, made.last) if isinstance(made, Batch) else 0
            match made:
                case Batch(payload, begin, end):
                    self._frame(FrameHead(lane=lane, first=begin, last=end, rows=rows), payload)
                    after = end
                case Missing(_, seq):
                    self.blobs_gone += 1
                    after = seq
                case Nothing():
                    return
                case TooLarge(size, limit):
                    raise ProblemError("event-too-large", size=size, limit=limit)
                case other:
                    assert_never(other)
            told(min(1.0, (after - first) / (through - first)))

    def _frame(self, head: FrameHead, payload: bytes) -> None:
        self._contents.add(head)
        self._stream.write(pack_frame(head, payload))

    def _finish(self) -> ExportClaims:
        if not self._contents.frames:
            raise ProblemError("export-empty", device=self._header.device)
        claims = ExportClaims(
            device=self._header.device,
            epoch=self._header.epoch,
            created=self._header.created,
            kid=self._header.kid,
            frames=self._contents.frames,
            lanes=self._contents.lanes,
            sha256=self._stream.digest,
        )
        signed = self._keys.sign(claims.model_dump(mode="json"), SIGNED_AS)
        self._stream.write(signed.encode("ascii"), last=True)
        return claims


def _weight(waiting: Waiting) -> int:
    return waiting.account.bytes + waiting.blob_bytes
