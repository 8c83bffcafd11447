# SPDX-License-Identifier: Apache-2.0
"""From an event another program hands over to a row of the outbox."""

import re

from pydantic import ValidationError

from edge.contract.cameras import PRESET_TYPE, CameraPreset
from edge.contract.envelope import TYPE_PREFIX, event_body, event_id
from edge.contract.events import EVENTS
from edge.contract.local import MAX_EVENT_BYTES, Emitted, EventLine, Refused
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.core.clock import Now, wall_us
from edge.durable.rows import NewRow, Place
from edge.durable.store import Store

_OUR_OWN = frozenset(event.type for event in EVENTS) - {PRESET_TYPE}
"""Types that mean something to the hub's bookkeeping, or are signed: no other program may speak them."""
_SHORT_TYPE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\.v[0-9]+")


def row_of(event: EventLine, now: Now) -> NewRow:
    """The row an event becomes. Raises `ProblemError` event-invalid or event-too-large."""
    if event.lane is Lane.BLOB:
        raise ProblemError("event-invalid", reason="lane blob carries pictures and documents, not events")
    short = event.type.removeprefix(TYPE_PREFIX)
    if not _SHORT_TYPE.fullmatch(short):
        raise ProblemError("event-invalid", reason=f"type {event.type!r} is not subject.fact.vN")
    if TYPE_PREFIX + short in _OUR_OWN:
        raise ProblemError("event-invalid", reason=f"type {event.type!r} is the agent's own")
    try:
        body = event_body(TYPE_PREFIX + short, event.data, event.subject)
    except ValueError as wrong:
        raise ProblemError("event-invalid", reason=str(wrong)) from wrong
    if len(body) > MAX_EVENT_BYTES:
        raise ProblemError("event-too-large", size=len(body), limit=MAX_EVENT_BYTES)
    time_us = now.wall_us if event.time is None else wall_us(event.time)
    return NewRow(event.lane, time_us, now.uptime_ms, now.quality.value, body, event.key)


def preset_in(event: EventLine) -> CameraPreset | None:
    """Where a camera stands, if the event says so. Raises `ProblemError` event-invalid if it says so wrongly."""
    if event.type.removeprefix(TYPE_PREFIX) != PRESET_TYPE.removeprefix(TYPE_PREFIX):
        return None
    try:
        return CameraPreset.model_validate(event.data)
    except ValidationError as wrong:
        raise ProblemError("event-invalid", reason=str(wrong.errors(include_url=False)[0]["msg"])) from wrong


def emitted(store: Store, place: Place) -> Emitted:
    """The answer for an event that is on disk."""
    return Emitted(id=event_id(store.epoch, place.lane, place.seq))


def refused(failed: ProblemError) -> Refused:
    """The answer for one that is not."""
    return Refused(problem=failed.problem)
