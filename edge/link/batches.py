# SPDX-License-Identifier: Apache-2.0
"""From rows on disk to a payload: framing, chunk bytes, and how much fits."""

import base64
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from edge.contract.batch import MAX_BATCH_BYTES, encode_batch
from edge.contract.blobs import CHUNK_TYPE
from edge.contract.envelope import EventFrame, event_body
from edge.contract.words import ClockQuality, Lane
from edge.durable.rows import Row
from edge.durable.store import chunk_of
from edge.link.outbox import Rows
from edge.link.times import AsWritten, Times

ROWS_PER_READ = 512
"""Rows read for one batch at most; small events fill a batch, large ones stop it earlier."""
ALONE_MOST = 16
"""So many rows of an unset clock go out alone on a connection, in the hope that the hub's answer dates the rest."""
_UNSET, _HELD = ClockQuality.UNSET.value, ClockQuality.HELD.value
_ROOM_FOR_HEADERS = 1024
_ROOM_FOR_ENVELOPE = 1024
_BLOCK = 1024
"""Left free below the broker's Maximum Packet Size for topic and properties."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One payload and the rows it carries."""

    payload: bytes
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Missing:
    """The next chunk's file is gone: its blob can never be completed."""

    sha256: str
    seq: int


@dataclass(frozen=True, slots=True)
class TooLarge:
    """The next row alone is more than this broker takes, deflated or not.

    `recut` names the blob whose chunk it is, and the bytes of a chunk that would fit.
    """

    size: int
    limit: int
    recut: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """No row is left in the lane."""


class Batcher:
    """Makes the batches of one device's store."""

    def __init__(self, store: Rows, device: str, *, deflate: bool, times: Times | None = None) -> None:
        """Prepare the frames of every lane. `times` dates rows that were written while the clock was unset."""
        self._store = store
        self._times = times or AsWritten()
        self._alone_left = ALONE_MOST
        self._frames = {lane: EventFrame(device, store.epoch, lane) for lane in Lane}
        self._level = 1 if deflate else 0
        self._limit = MAX_BATCH_BYTES
        self._most = MAX_BATCH_BYTES

    def obey(self, maximum_packet_size: int) -> None:
        """Keep payloads within what the broker takes."""
        self._most = maximum_packet_size - _ROOM_FOR_HEADERS
        self._limit = min(MAX_BATCH_BYTES, self._most)
        self._alone_left = ALONE_MOST

    def make(self, lane: Lane, after: int, most: int = ROWS_PER_READ) -> Batch | Missing | TooLarge | Nothing:
        """The next batch of `lane` behind `after`, of `most` rows at most."""
        with contextlib.closing(self._store.rows(lane, after, most)) as rows:
            return self._next_chunk(rows) if lane is Lane.BLOB else self._pack(lane, rows)

    def _next_chunk(self, rows: Iterator[Row]) -> Batch | Missing | TooLarge | Nothing:
        """A chunk nearly fills a batch by itself."""
        row = next(rows, None)
        if row is None:
            return Nothing()
        chunk, sha256 = self._chunk(row), chunk_of(row).sha256
        if chunk is None:
            return Missing(sha256, row.seq)
        made = self._pack(Lane.BLOB, iter((chunk,)))
        # Bytes whose base64 and envelope this broker takes for certain.
        fits = (self._most - _ROOM_FOR_ENVELOPE) * 3 // 4 // _BLOCK * _BLOCK
        if isinstance(made, TooLarge) and 0 < fits < chunk_of(row).size:
            return replace(made, recut=(sha256, fits))
        return made

    def _pack(self, lane: Lane, rows: Iterator[Row]) -> Batch | TooLarge | Nothing:
        framed: list[bytes] = []
        size = 2
        first = last = 0
        frame = self._frames[lane].frame
        for row in rows:
            time_us, clock, alone = row.time_us, row.clock, False
            if clock == _UNSET:
                time_us, clock, alone = self._dated(row)
            event = frame(row.seq, time_us, clock, row.uptime_ms, row.body)
            size += len(event) + 1
            if framed and (alone or size > self._limit):
                break
            framed.append(event)
            first, last = first or row.seq, row.seq
            if alone:
                self._alone_left -= 1
                break
        if not framed:
            return Nothing()
        payload = encode_batch(framed, self._level)
        if len(payload) > self._most:
            return TooLarge(len(payload), self._most)
        return Batch(payload, first, last)

    def _dated(self, row: Row) -> tuple[int, str, bool]:
        """Time and quality of a row that was written without a clock, and whether it should go alone.

        Its right time is its uptime after the zero of its boot, as soon as that is known; no better than `held`, since
        the crystal ran by itself. If the hub's answer will tell it, only few rows go out before that.
        """
        offset_us = self._times.offset_us(row.boot)
        if offset_us is not None:
            return offset_us + row.uptime_ms * 1_000, _HELD, False
        return row.time_us, row.clock, self._alone_left > 0 and self._times.expected(row.boot)

    def _chunk(self, row: Row) -> Row | None:
        chunk = chunk_of(row)
        data = self._store.blobs.read(chunk.sha256, chunk.offset, chunk.size)
        if data is None or len(data) != min(chunk.size, chunk.total - chunk.offset):
            return None
        body = event_body(
            CHUNK_TYPE,
            {
                "sha256": chunk.sha256,
                "offset": chunk.offset,
                "total": chunk.total,
                "bytes": base64.urlsafe_b64encode(data).rstrip(b"=").decode(),
            },
            subject=chunk.sha256,
        )
        return Row(row.seq, row.time_us, row.uptime_ms, row.clock, body, row.boot)
