# SPDX-License-Identifier: Apache-2.0
"""The smallest words of the wire: names, lanes, clock qualities, and how strict a message is.

What we say is closed (`Said`, an unknown field is our own mistake). What we hear is open (`Heard`), because the
contract grows by adding fields and an older device must not refuse a newer hub.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer


class Said(BaseModel):
    """A message this side composes: frozen, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Heard(BaseModel):
    """A message the other side composes: frozen, and blind to fields that came with a later version."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Lane(StrEnum):
    """The five queues of a device, in order of urgency: the order in which they are drained."""

    URGENT = "urgent"
    RECORD = "record"
    STATE = "state"
    METRIC = "metric"
    BLOB = "blob"


class ClockQuality(StrEnum):
    """How far the wall clock behind an event's time may be trusted."""

    SYNCED = "synced"
    HELD = "held"
    UNSET = "unset"


DeviceName = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
GroupName = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
Epoch = Annotated[
    str, Field(pattern=r"^[a-z0-9]{1,32}$", description="changes when the device's store is new; part of every id")
]
Sequence = Annotated[
    int, Field(strict=True, ge=1, le=2**48 - 1, description="starts at 1, rises by 1 in each (epoch, lane)")
]
Watermark = Annotated[int, Field(strict=True, ge=0, le=2**48 - 1, description="a sequence, or 0 for nothing yet")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the bytes, lower-case hexadecimal")]
Base64Url = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]*$", description="base64url without padding")]
Jws = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+$", description="JWS compact, EdDSA (Ed25519)")
]
Instant = Annotated[
    AwareDatetime,
    PlainSerializer(lambda at: at.isoformat(timespec="microseconds"), return_type=str, when_used="json"),
    Field(description="RFC 3339 with offset"),
]
