# SPDX-License-Identifier: Apache-2.0
"""What the hub asks: signed commands and desired state, and the result every command comes to."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue, model_validator

from edge.contract.problems import Problem
from edge.contract.words import Heard, Instant, Said

LEEWAY_S = 60
"""Contract: how far the hub's and the device's clocks may differ before a command is early or late."""
MAX_VALIDITY_S = 30 * 24 * 3600
"""Contract: `exp` lies at most 30 days ahead."""
CLIP_AT_MOST_S = 600
"""Longer ones are asked for in parts: a device must not be kept busy by one command."""
RESULT_TYPE = "cn.dongtou.edge.command.result.v1"


class CommandName(StrEnum):
    """Commands of this version."""

    STATUS = "status"
    COLLECT_LOGS = "collect-logs"
    SNAPSHOT = "snapshot"
    CLIP = "clip"
    SET_LAMP = "set-lamp"
    RUN_PLAN = "run-plan"
    NOTICE = "notice"
    PRINT_DOCUMENT = "print-document"
    UPDATE = "update"
    RESTART = "restart"
    ROTATE_CERTIFICATE = "rotate-certificate"
    RESYNC = "resync"


HARMLESS = frozenset({CommandName.STATUS})
"""Accepted even while the clock is unset; everything else waits for trusted time."""

Audience = Annotated[str, Field(pattern=r"^@?[a-z0-9-]{1,64}$", description="a device, or @group")]


class JwsHeader(Heard):
    """Protected header of a command or of desired state."""

    alg: Literal["EdDSA"]
    kid: str
    typ: Literal["command+jwt", "desired+jwt"]


class CommandClaims(Heard):
    """Claims of one command; `iat` and `exp` in seconds since 1970."""

    iss: str
    aud: Audience
    iat: int
    exp: int
    jti: Annotated[str, Field(min_length=1, max_length=128)]
    cmd: CommandName
    args: dict[str, JsonValue] = Field(default_factory=dict)


class DesiredClaims(Heard):
    """Claims of the desired state; the higher `revision` wins, never the later clock."""

    iss: str
    aud: Audience
    iat: int
    exp: int
    jti: Annotated[str, Field(min_length=1, max_length=128)]
    revision: int = Field(ge=0)
    state: dict[str, JsonValue]


class CommandStatus(StrEnum):
    """Where a command stands; all but `accepted` are final."""

    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"


class CommandResult(Said):
    """`data` of a result event."""

    jti: str
    cmd: str
    status: CommandStatus
    problem: Problem | None = None
    output: dict[str, JsonValue] | None = None


class SnapshotArgs(Heard):
    """`args` of `snapshot`: a picture of now. Faces are blurred unless the hub says otherwise."""

    camera: str
    blur: bool = True
    plates: bool = Field(default=False, description="whether number plates are blurred as well")


class ClipArgs(Heard):
    """`args` of `clip`: what a camera saw between two instants, as far as its recording reaches."""

    model_config = ConfigDict(populate_by_name=True)

    camera: str
    from_: Instant = Field(alias="from")
    to: Instant
    blur: bool = True
    plates: bool = Field(default=False, description="whether number plates are blurred as well")

    @model_validator(mode="after")
    def _short(self) -> "ClipArgs":
        if not 0 < (self.to - self.from_).total_seconds() <= CLIP_AT_MOST_S:
            raise ValueError(f"a clip lasts from its beginning to its end, and {CLIP_AT_MOST_S} s at most")
        return self
