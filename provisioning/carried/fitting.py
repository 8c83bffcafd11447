# SPDX-License-Identifier: Apache-2.0
"""Batches for a broker that takes only small packets: the same events, in as many batches as it needs."""

import json
from collections.abc import Iterator
from typing import Any, Final

from edge.contract.batch import batch_json, encode_batch
from edge.contract.problems import ProblemError
from edge.contract.words import Lane

_ROOM_FOR_HEADERS: Final = 1024


def fitting(payload: bytes, most: int, lane: Lane) -> Iterator[bytes]:
    """The payload as it is, or halved until each piece fits. Raises `ProblemError` import-batch-too-large."""
    if len(payload) + _ROOM_FOR_HEADERS <= most:
        yield payload
        return
    yield from _halved(json.loads(batch_json(payload)), most, lane)


def _halved(events: list[dict[str, Any]], most: int, lane: Lane) -> Iterator[bytes]:
    framed = [json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() for event in events]
    payload = encode_batch(framed)
    if len(payload) + _ROOM_FOR_HEADERS <= most:
        yield payload
    elif len(events) == 1:
        raise ProblemError("import-batch-too-large", limit=most, lane=lane.value, size=len(payload))
    else:
        half = len(events) // 2
        yield from _halved(events[:half], most, lane)
        yield from _halved(events[half:], most, lane)
