# SPDX-License-Identifier: Apache-2.0
"""One event on the wire: a CloudEvents 1.0 envelope, and the two ways to write one.

What must always be true here: `frame_event` writes byte for byte what `CloudEvent` would, because the outbox stores
only the part that is known before the sequence is (the *body*) and the courier frames a million of them a minute.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from edge.contract.words import ClockQuality, Epoch, Heard, Instant, Lane

TYPE_PREFIX = "cn.dongtou.edge."
"""Every event type begins so; the rest is `{subject}.{fact}.v{n}`."""

EventType = Annotated[str, Field(pattern=r"^cn\.dongtou\.edge\.[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z0-9-]+\.v[0-9]+$")]


class CloudEvent(Heard):
    """An event as the hub reads it. Open, since a later device may carry further extension attributes."""

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, Field(pattern=r"^[a-z0-9]+-[a-z]+-[0-9]+$", description="{epoch}-{lane}-{seq}")]
    source: Annotated[str, Field(pattern=r"^/devices/[a-z0-9-]{1,64}$")]
    epoch: Epoch
    lane: Lane
    sequence: Annotated[str, Field(pattern=r"^[0-9]{16}$", description="decimal, padded to 16 digits")]
    time: Instant
    clock: ClockQuality
    uptimems: Annotated[str, Field(pattern=r"^[0-9]+$", description="milliseconds since boot, decimal")]
    type: EventType
    subject: str | None = None
    traceparent: str | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, JsonValue]

    @property
    def device(self) -> str:
        """Name of the device that wrote it."""
        return self.source.removeprefix("/devices/")

    @property
    def seq(self) -> int:
        """Place in its (epoch, lane)."""
        return int(self.sequence)


def event_body(kind: str, data: Mapping[str, Any], subject: str | None = None, traceparent: str | None = None) -> bytes:
    """The part of an event that does not depend on its place in a lane: JSON members without the opening brace."""
    members: dict[str, Any] = {"type": kind}
    if subject is not None:
        members["subject"] = subject
    if traceparent is not None:
        members["traceparent"] = traceparent
    members["datacontenttype"] = "application/json"
    members["data"] = data
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()[1:]


def event_source(device: str) -> str:
    """The CloudEvents `source` of a device."""
    return f"/devices/{device}"


def event_id(epoch: str, lane: Lane, seq: int) -> str:
    """The CloudEvents `id`: unique together with the source."""
    return f"{epoch}-{lane.value}-{seq}"


class EventFrame:
    """Writes the envelopes of one device, epoch and lane around stored bodies."""

    __slots__ = ("_between", "_head", "_minute", "_stamp")

    def __init__(self, device: str, epoch: str, lane: Lane) -> None:
        """Prepare the bytes that all events of the lane share."""
        self._head = f'{{"specversion":"1.0","id":"{epoch}-{lane.value}-'.encode()
        source = event_source(device)
        self._between = f'","source":"{source}","epoch":"{epoch}","lane":"{lane.value}","sequence":"'.encode()
        self._minute = 0
        self._stamp = b"1970-01-01T00:00:"

    def frame(self, seq: int, time_us: int, clock: str, uptime_ms: int, body: bytes) -> bytes:
        """One event. `time_us` is microseconds since 1970 UTC, `uptime_ms` milliseconds since boot."""
        minute, within_us = divmod(time_us, 60_000_000)
        if minute != self._minute:
            # Events come in order of time, or nearly so: most share the calendar work of the one before.
            self._minute, self._stamp = minute, _to_the_minute(minute)
        return b'%b%d%b%016d","time":"%b%02d.%06d+00:00","clock":"%b","uptimems":"%d",%b' % (
            self._head,
            seq,
            self._between,
            seq,
            self._stamp,
            within_us // 1_000_000,
            within_us % 1_000_000,
            clock.encode(),
            uptime_ms,
            body,
        )


def _to_the_minute(minute: int) -> bytes:
    """RFC 3339 in UTC up to the seconds, of so many minutes since 1970."""
    return datetime.fromtimestamp(minute * 60, UTC).isoformat(timespec="seconds")[:17].encode()
