# SPDX-License-Identifier: Apache-2.0
"""Batches as a device would write them, for tests of the hub."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from edge.contract.batch import encode_batch
from edge.contract.blobs import CHUNK_TYPE
from edge.contract.envelope import EventFrame, event_body
from edge.contract.outbox import SHED_TYPE
from edge.contract.words import Lane

DEVICE = "cam-7"
EPOCH = "e1"
FACT = "cn.dongtou.edge.parking.occupancy.v1"
START_US = 1_790_000_000_000_000


def topic(lane: Lane, device: str = DEVICE) -> str:
    return f"dt/1/{device}/up/{lane.value}"


def event(lane: Lane, seq: int, data: Mapping[str, Any], kind: str = FACT, epoch: str = EPOCH) -> bytes:
    return EventFrame(DEVICE, epoch, lane).frame(seq, START_US + seq, "synced", seq, event_body(kind, data, "slot-1"))


def batch(lane: Lane, numbers: Iterable[int], epoch: str = EPOCH) -> bytes:
    return encode_batch([event(lane, seq, {"lane": lane, "n": seq}, epoch=epoch) for seq in numbers])


def shed(seq: int, lane: Lane, first: int, last: int, reason: str = "disk-full") -> bytes:
    told = {"lane": lane.value, "from": first, "to": last, "count": last - first + 1, "bytes": 9, "reason": reason}
    return encode_batch([event(Lane.RECORD, seq, told, SHED_TYPE)])


def name_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def chunk(seq: int, content: bytes, offset: int, size: int, name: str | None = None) -> bytes:
    part = base64.urlsafe_b64encode(content[offset : offset + size]).decode().rstrip("=")
    data = {"sha256": name or name_of(content), "offset": offset, "total": len(content), "bytes": part}
    return encode_batch([event(Lane.BLOB, seq, data, CHUNK_TYPE)])


def reference(content: bytes) -> dict[str, Any]:
    return {"sha256": name_of(content), "size": len(content), "media_type": "image/jpeg"}
