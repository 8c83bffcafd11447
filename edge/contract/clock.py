# SPDX-License-Identifier: Apache-2.0
"""How a device came to know the time, and what it tells the hub once it does."""

from enum import StrEnum

from pydantic import ConfigDict, Field

from edge.contract.words import Instant, Lane, Said, Sequence

OFFSET_TYPE = "cn.dongtou.edge.clock.offset.v1"


class TimeSource(StrEnum):
    """Who stands behind a device's time: its system's time service (NTP), the hub, the bare system clock, or nobody."""

    TIME_SERVICE = "time-service"
    HUB = "hub"
    SYSTEM = "system"
    NONE = "none"


class ClockState(Said):
    """The device's clock: who stands behind it, how far off it may be, and when it was last known to be right."""

    source: TimeSource
    error_ms: int | None = Field(default=None, ge=0, description="how far off it may be; null if nobody knows")
    right_at: Instant | None = Field(default=None, description="when somebody last stood behind it, in this boot")
    system_off_ms: int = Field(default=0, description="what the system's own clock is ahead of the device's time")


class LaneRange(Said):
    """Rows `from`…`to` of a lane."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    lane: Lane
    from_: Sequence = Field(alias="from")
    to: Sequence


class ClockOffset(Said):
    """The time has become known: for `rows` it is `zero` plus `uptimems`, whatever `time` they came with."""

    boot: str = Field(description="the kernel's name for the boot in which the rows were written")
    zero: Instant = Field(description="the right time at which uptime was zero in that boot")
    source: TimeSource
    error_ms: int = Field(ge=0, description="how far off `zero` may be")
    moved_ms: int = Field(description="what the device's own time was set ahead by, when it learnt the right one")
    rows: tuple[LaneRange, ...]
