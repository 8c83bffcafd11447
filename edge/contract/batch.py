# SPDX-License-Identifier: Apache-2.0
"""Batches: a JSON array of events of one lane and one epoch, deflated when that is shorter."""

import zlib
from collections.abc import Sequence
from itertools import pairwise

from pydantic import TypeAdapter, ValidationError

from edge.contract.envelope import CloudEvent

MAX_BATCH_BYTES = 256 * 1024
"""Contract: a batch before deflation; keeps a small broker's packets and a small hub's memory bounded."""

BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"
DEFLATE = ("content-encoding", "deflate")
"""The MQTT 5 user property that says what the first byte also says."""

_ZLIB_MARK = 0x78
_ARRAY_MARK = ord("[")
_EVENTS = TypeAdapter(list[CloudEvent])


class BatchError(ValueError):
    """The payload is not a batch of this contract; the message says why."""


def encode_batch(framed: Sequence[bytes], level: int = 1) -> bytes:
    """Join framed events into a payload. `level` 0 leaves it plain; 1 is the fastest deflate."""
    plain = b"[%b]" % b",".join(framed)
    if level == 0:
        return plain
    packed = zlib.compress(plain, level)
    return packed if len(packed) < len(plain) else plain


def batch_json(payload: bytes, limit: int = MAX_BATCH_BYTES) -> bytes:
    """The JSON of a payload, inflated if need be; never more than `limit` bytes. Raises `BatchError`."""
    if not payload:
        msg = "empty payload"
        raise BatchError(msg)
    if payload[0] == _ARRAY_MARK:
        plain = payload
    elif payload[0] == _ZLIB_MARK:
        plain = _inflate(payload, limit)
    else:
        msg = f"first byte 0x{payload[0]:02x} is neither 0x78 (zlib) nor '['"
        raise BatchError(msg)
    if len(plain) > limit:
        msg = f"batch is larger than {limit} bytes before deflation"
        raise BatchError(msg)
    return plain


def decode_batch(payload: bytes) -> list[CloudEvent]:
    """Read a payload whole: one lane, one epoch, one source, rising sequences. Raises `BatchError`."""
    try:
        events = _EVENTS.validate_json(batch_json(payload))
    except ValidationError as wrong:
        msg = f"not a list of events: {wrong.errors(include_url=False)[0]['msg']}"
        raise BatchError(msg) from wrong
    if len({(event.source, event.epoch, event.lane) for event in events}) > 1:
        msg = "a batch holds one lane of one epoch of one device"
        raise BatchError(msg)
    if any(later.seq <= earlier.seq for earlier, later in pairwise(events)):
        msg = "sequences must rise within a batch"
        raise BatchError(msg)
    return events


def _inflate(payload: bytes, limit: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(payload, limit + 1)
    except zlib.error as wrong:
        msg = f"broken zlib stream: {wrong}"
        raise BatchError(msg) from wrong
    if not stream.eof and len(plain) <= limit:
        msg = "zlib stream ends too early"
        raise BatchError(msg)
    return plain
