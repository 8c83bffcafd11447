# SPDX-License-Identifier: Apache-2.0
"""What programs on the same device say to the agent over its Unix socket: one JSON object a line, answered by one.

An emitted event may carry a `key` of its sender's choice. The same key again is answered with the same id and stored
once, so a sender that was cut off between asking and hearing simply asks again.
"""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter

from edge.contract.clock import ClockState
from edge.contract.problems import Problem
from edge.contract.words import Instant, Lane, Said

MAX_LINE_BYTES = 256 * 1024
"""A peer that sends a longer line is cut off: the agent's memory is not the sender's to spend."""
MAX_EVENT_BYTES = 192 * 1024
"""An event larger than this could not travel in one batch with its envelope; bytes belong in blobs."""


class EventLine(Said):
    """One event another program hands over. `type` may leave out the `cn.dongtou.edge.` prefix."""

    type: Annotated[str, Field(min_length=1, max_length=128)]
    lane: Lane = Lane.RECORD
    subject: Annotated[str, Field(max_length=256)] | None = None
    data: dict[str, JsonValue]
    time: Instant | None = None
    key: Annotated[str, Field(min_length=1, max_length=128)] | None = None


class EmitAsked(Said):
    """Ask: make this event durable."""

    ask: Literal["emit"] = "emit"
    event: EventLine


class Emitted(Said):
    """Answer to `emit`: the event is on disk under this id."""

    answer: Literal["emitted"] = "emitted"
    id: str


class StatusAsked(Said):
    """Ask: how are you."""

    ask: Literal["status"] = "status"


class LaneDepth(Said):
    """One lane of the outbox."""

    rows: int
    bytes: int
    last_seq: int
    acked_seq: int
    oldest: Instant | None = None
    shed_rows: int = 0
    shed_bytes: int = 0
    blob_bytes: int = Field(default=0, description="files that rows of lane blob stand for")


class LinkState(Said):
    """The line to the hub."""

    connected: bool
    broker: str
    since: Instant | None = None
    hub_heard: Instant | None = None
    skew_ms: int | None = None


class CameraState(Said):
    """One camera as its vision worker reports it."""

    name: str
    online: bool
    frames: int
    dropped: int
    restarts: int
    tracks: int


class Status(Said):
    """Answer to `status`: the agent in one page."""

    answer: Literal["status"] = "status"
    device: str
    agent: str
    pid: int
    boot: str
    epoch: str
    uptime_s: float
    clock: str
    time: ClockState | None = None
    roles: tuple[str, ...]
    link: LinkState
    lanes: dict[Lane, LaneDepth]
    cameras: tuple[CameraState, ...] = ()
    problems: tuple[Problem, ...] = ()


class OutboxAsked(Said):
    """Ask: what waits for the hub."""

    ask: Literal["outbox"] = "outbox"
    settle: bool = Field(default=False, description="somebody carries rows away: change none that is there now")


class Outbox(Said):
    """Answer to `outbox`: what waits, lane by lane, what it takes on the disk, and whether it is under way."""

    answer: Literal["outbox"] = "outbox"
    device: str
    epoch: str
    lanes: dict[Lane, LaneDepth]
    disk_bytes: int = Field(description="database, log and blobs as they lie on the disk")
    link: LinkState | None = Field(default=None, description="none if no agent runs")
    problems: tuple[Problem, ...] = ()
    settled: int | None = Field(default=None, description="how far rows of lane record stay as they are, if asked for")


class Refused(Said):
    """Answer to anything that could not be done."""

    answer: Literal["refused"] = "refused"
    problem: Problem


Asked = EmitAsked | StatusAsked | OutboxAsked
Answered = Emitted | Status | Outbox | Refused
Ask = Annotated[Asked, Field(discriminator="ask")]
Answer = Annotated[Answered, Field(discriminator="answer")]
ASK: TypeAdapter[Asked] = TypeAdapter(Ask)
ANSWER: TypeAdapter[Answered] = TypeAdapter(Answer)
