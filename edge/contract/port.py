# SPDX-License-Identifier: Apache-2.0
"""A quay under the typhoon plan at the hub: the level in force, who is there though nobody may be, and who left.

台风应急响应：IV（蓝色）、III（黄色）、II（橙色）、I（红色）。
"""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from edge.contract.blobs import BlobRef
from edge.contract.evidence import Place
from edge.contract.words import ClockQuality, Heard, Instant, Said

PLAN_TYPE = "cn.dongtou.edge.port.plan.v1"
ALARM_TYPE = "cn.dongtou.edge.port.alarm.v1"
CLEARED_TYPE = "cn.dongtou.edge.port.cleared.v1"
PRESENCE_TYPE = "cn.dongtou.edge.port.presence.v1"
BLIND_TYPE = "cn.dongtou.edge.port.blind.v1"
SIGHTED_TYPE = "cn.dongtou.edge.port.sighted.v1"


class PlanLevel(StrEnum):
    """Levels of the typhoon plan, from none to the gravest; `iv` is blue, `iii` yellow, `ii` orange, `i` red."""

    NONE = "none"
    BLUE = "iv"
    YELLOW = "iii"
    ORANGE = "ii"
    RED = "i"

    @property
    def rank(self) -> int:
        """0 for none, 4 for red."""
        return list(PlanLevel).index(self)


Party = Literal["people", "vehicles"]


class TyphoonPlan(Heard):
    """Arguments of the command `run-plan` for the typhoon plan. The one issued last holds, in whatever order they come.

    With `until` the level falls back to none at that instant; without it holds until another is ordered.
    """

    plan: Literal["typhoon"]
    level: PlanLevel
    issued: AwareDatetime
    until: AwareDatetime | None = None


class PlanInForce(Said):
    """Another level of the typhoon plan holds on this device from now on."""

    place: Place
    level: PlanLevel
    was: PlanLevel
    why: Literal["ordered", "expired"]
    issued: Instant
    until: Instant | None = None


class IntrusionFacts(Said):
    """What the words of one incident have in common; `incident` is the same in all of them."""

    incident: str
    place: Place
    device: str
    camera: str
    area: str
    party: Party
    level: PlanLevel
    since: Instant
    last_seen: Instant
    clock: ClockQuality


class PortAlarm(IntrusionFacts):
    """People or vehicles are on a quay where nobody may be; said again, with `reminder` counting, while they stay."""

    count: int = Field(ge=1, description="how many are there now")
    kinds: dict[str, int] = Field(description="how many of each kind")
    reminder: int = Field(ge=0, description="0 when the alarm is new")
    photographs: tuple[BlobRef, ...]


class PortCleared(IntrusionFacts):
    """The quay is empty again, or may be entered again."""

    most: int = Field(ge=1, description="the most that were there at once")
    why: Literal["left", "allowed"]


class PortPresence(Said):
    """How many are in a closed area, when that has changed."""

    place: Place
    camera: str
    area: str
    party: Party
    level: PlanLevel
    count: int = Field(ge=0)


class PortBlind(Said):
    """A camera gives no pictures while areas it watches are closed: nobody watches them."""

    place: Place
    camera: str
    areas: tuple[str, ...]
    level: PlanLevel
    blind_s: float = Field(ge=0)


class PortSighted(Said):
    """A camera whose closed areas nobody watched gives pictures again, or they are not closed any more."""

    place: Place
    camera: str
    blind_s: float = Field(ge=0)
