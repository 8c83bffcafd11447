# SPDX-License-Identifier: Apache-2.0
"""A payload into rows, fast: the shape of every event is checked in one native pass, the rest in plain loops."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, NotRequired

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic wants this one below Python 3.12

from edge.contract.batch import BatchError, batch_json
from edge.contract.blobs import BlobRef
from edge.contract.envelope import EventType, event_source
from edge.contract.words import Epoch, Lane

_MAX_SEQUENCE: Final = 2**48 - 1
_REF_KEYS: Final = frozenset(BlobRef.model_fields)
_REF_MARK: Final = b'"media_type"'


class EventRow(TypedDict):
    """One event as a plain dictionary; extension attributes of later versions are left out."""

    specversion: Literal["1.0"]
    id: str
    source: str
    epoch: Epoch
    lane: str
    sequence: Annotated[str, Field(pattern=r"^[0-9]{16}$")]
    time: Annotated[str, Field(max_length=40)]
    clock: Literal["synced", "held", "unset"]
    uptimems: Annotated[str, Field(pattern=r"^[0-9]+$")]
    type: EventType
    subject: NotRequired[str | None]
    data: dict[str, Any]


_ROWS = TypeAdapter(list[EventRow])


@dataclass(frozen=True, slots=True)
class Batch:
    """A payload that keeps the contract: one device, epoch and lane, rising sequences."""

    device: str
    epoch: str
    lane: Lane
    sequences: list[int]
    rows: list[EventRow]
    may_refer: bool
    """Whether any event may refer to a blob; spares the walk through most batches."""

    @property
    def place(self) -> tuple[str, str]:
        """Whose it is, and of which epoch."""
        return self.device, self.epoch

    @property
    def key(self) -> tuple[str, str, Lane]:
        """Device, epoch, lane."""
        return self.device, self.epoch, self.lane


def read_batch(device: str, lane: Lane, payload: bytes) -> Batch:
    """Read what `device` published on `lane`. Raises `BatchError`, whatever the payload is."""
    plain = batch_json(payload)
    try:
        rows = _ROWS.validate_json(plain)
    except ValidationError as wrong:
        raise BatchError(first_complaint(wrong)) from wrong
    if not rows:
        raise BatchError("no events in the batch")
    epoch = rows[0]["epoch"]
    sequences = [int(row["sequence"]) for row in rows]
    _check_identity(rows, sequences, device, epoch, lane)
    _check_order(sequences)
    _check_times(rows)
    return Batch(device, epoch, lane, sequences, rows, may_refer=_REF_MARK in plain)


def blob_refs(value: object) -> Iterator[BlobRef]:
    """Every reference to a blob anywhere in an event's data."""
    if isinstance(value, dict):
        if value.keys() == _REF_KEYS:
            yield from _as_ref(value)
        for inner in value.values():
            yield from blob_refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from blob_refs(inner)


def _as_ref(value: dict[str, Any]) -> Iterator[BlobRef]:
    try:
        ref = BlobRef.model_validate(value)
    except ValidationError:
        return  # looks like a reference and is none: data is the device's own business
    if ref.size <= _MAX_SEQUENCE:  # the same for one that no database could hold
        yield ref


def _check_identity(rows: list[EventRow], sequences: list[int], device: str, epoch: str, lane: Lane) -> None:
    source, name, stem = event_source(device), lane.value, f"{epoch}-{lane.value}-"
    for row, sequence in zip(rows, sequences, strict=True):
        if row["source"] != source:
            raise BatchError(f"source {row['source'][:80]!r} on a topic of {device}")
        if row["lane"] != name or row["epoch"] != epoch:
            raise BatchError("a batch holds one lane of one epoch, that of its topic")
        if row["id"] != f"{stem}{sequence}":
            raise BatchError(f"id {row['id'][:80]!r} is not {stem}{sequence}")


def _check_order(sequences: list[int]) -> None:
    if sequences[0] < 1 or sequences[-1] > _MAX_SEQUENCE:
        raise BatchError("sequences run from 1 to 2**48 - 1")
    if any(later <= earlier for earlier, later in pairwise(sequences)):
        raise BatchError("sequences must rise within a batch")


def _check_times(rows: list[EventRow]) -> None:
    for row in rows:
        try:
            aware = datetime.fromisoformat(row["time"]).tzinfo is not None
        except ValueError as wrong:
            raise BatchError(f"time {row['time']!r} is not RFC 3339") from wrong
        if not aware:
            raise BatchError(f"time {row['time']!r} has no offset")


def first_complaint(wrong: ValidationError) -> str:
    """The first thing that is wrong, and where; never the value itself, which is the sender's."""
    first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"
