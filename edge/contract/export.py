# SPDX-License-Identifier: Apache-2.0
"""A backlog in a file: what is written on its outside, on each of its frames, and at its signed end.

The file is `MAGIC`, the header, then frames; each part is preceded by its length, four bytes, the highest first. The
header is JSON in the clear. A frame is sealed; inside is a line of JSON (`FrameHead`) and behind it one batch exactly
as it would go over the wire. The last frame holds a JWS of the device over `ExportClaims`.
docs/decisions/0015 says why it is so.
"""

from datetime import UTC, datetime
from typing import Final

from pydantic import Field, ValidationError

from edge.contract.batch import MAX_BATCH_BYTES
from edge.contract.words import Base64Url, DeviceName, Epoch, Heard, Instant, Lane, Sequence, Sha256

MAGIC: Final = b"dongtou-edge/export/1\n"
SUFFIX: Final = ".dtx"
SIGNED_AS: Final = "export+jwt"
"""`typ` of the JWS at the end."""
SEALING_INFO: Final = b"dongtou-edge/1/export"
"""HPKE `info` of the wrapped content key: what was sealed for another purpose does not open here."""
MAX_HEADER_BYTES: Final = 4096
MAX_FRAME_BYTES: Final = MAX_BATCH_BYTES + 4096
"""A batch that did not deflate, and the line before it."""
_HEAD_END: Final = b"\n"


class ExportError(ValueError):
    """The bytes are not those of an export; the message says where they depart."""


class ExportHeader(Heard):
    """The outside: whose backlog, of when, and for whom."""

    device: DeviceName
    epoch: Epoch
    created: Instant
    agent: str = Field(max_length=64, description="version of the agent that wrote it")
    kid: str = Field(max_length=64, description="RFC 7638 thumbprint of the hub's sealing key")
    key: Base64Url = Field(max_length=512, description="content key sealed to it: HPKE enc followed by ciphertext")


class FrameHead(Heard):
    """What a frame carries."""

    lane: Lane
    first: Sequence
    last: Sequence
    rows: int = Field(ge=1)


class LaneExport(Heard):
    """One lane of an export. Fewer rows than `first`…`last` would hold: the others were gone before it was written."""

    first: Sequence
    last: Sequence
    rows: int = Field(ge=1)

    def and_then(self, frame: FrameHead) -> "LaneExport":
        """The same with one more frame."""
        return LaneExport(first=self.first, last=frame.last, rows=self.rows + frame.rows)


class ExportClaims(Heard):
    """What the device signs: the outside once more, what is inside, and the hash of all that stands before."""

    device: DeviceName
    epoch: Epoch
    created: Instant
    kid: str
    frames: int = Field(ge=1)
    lanes: dict[Lane, LaneExport]
    sha256: Sha256 = Field(description="of every byte of the file before the last frame")


class Contents:
    """Counts frames as they pass, and sees to it that the sequences of each lane only rise."""

    def __init__(self) -> None:
        """Nothing has passed."""
        self.frames = 0
        self.lanes: dict[Lane, LaneExport] = {}

    def add(self, frame: FrameHead) -> None:
        """One more frame. Raises `ExportError` if it cannot follow the ones before."""
        known = self.lanes.get(frame.lane)
        if frame.rows > frame.last - frame.first + 1 or (known is not None and frame.first <= known.last):
            msg = f"rows {frame.first} to {frame.last} of lane {frame.lane.value} cannot stand here"
            raise ExportError(msg)
        begun = LaneExport(first=frame.first, last=frame.last, rows=frame.rows)
        self.lanes[frame.lane] = begun if known is None else known.and_then(frame)
        self.frames += 1

    @property
    def rows(self) -> int:
        """Events in all lanes."""
        return sum(lane.rows for lane in self.lanes.values())


def pack_frame(head: FrameHead, payload: bytes) -> bytes:
    """A frame before it is sealed."""
    return head.model_dump_json().encode() + _HEAD_END + payload


def unpack_frame(frame: bytes) -> tuple[FrameHead, bytes]:
    """A frame taken apart again. Raises `ExportError`."""
    head, _, payload = frame.partition(_HEAD_END)
    try:
        return FrameHead.model_validate_json(head), payload
    except ValidationError as wrong:
        msg = f"a frame does not say what it carries: {wrong.errors(include_url=False)[0]['msg']}"
        raise ExportError(msg) from wrong


def read_header(raw: bytes) -> ExportHeader:
    """The header. Raises `ExportError`."""
    try:
        return ExportHeader.model_validate_json(raw)
    except ValidationError as wrong:
        msg = f"its header is not one: {wrong.errors(include_url=False)[0]['msg']}"
        raise ExportError(msg) from wrong


def export_name(device: str, epoch: str, created: datetime) -> str:
    """What the file is called; the time is in UTC."""
    return f"{device}-{epoch}-{created.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"
