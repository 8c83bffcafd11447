# SPDX-License-Identifier: Apache-2.0
"""What a technician writes under `[roles.illegal_parking]`: the place, and the zones in which nobody may stay."""

import re
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from edge.contract.evidence import Place
from edge.contract.words import DeviceName
from edge.core.geometry import Polygon
from edge.core.schedule import Hours, UtcOffset
from edge.core.tables import Closed, Drawn, ZoneOutline, names_differ
from edge.core.tracks import VEHICLES, Kind


def _plate_pattern(text: str) -> str:
    """Upper case, without the dot and the blanks that people write into plates."""
    plain = re.sub(r"[\s·.\-]", "", text).upper()
    if not re.fullmatch(r"[\u4e00-\u9fffA-Z0-9*?]+", plain):
        said = "a plate is written in Chinese characters, A-Z and 0-9; * stands for any, ? for one of them"
        raise PydanticCustomError("plate-pattern", said)
    if not re.search(r"[^*?]", plain):
        raise PydanticCustomError("plate-any", "a pattern without any character of a plate would exempt everybody")
    return plain


PlatePattern = Annotated[str, AfterValidator(_plate_pattern)]
PlateNeed = Literal["required", "wanted", "no"]


class Queue(Closed):
    """Traffic that queues in a zone, at a light or in a jam: who stands in line is not parking. 排队."""

    lane: ZoneOutline | None = Field(
        default=None, description="on whose ground vehicles queue; the whole picture, if left out"
    )
    red_s: float = Field(
        default=120.0, gt=0, le=3600, description="the longest that a queue stands at a time; then it is no queue"
    )
    vehicles: int = Field(default=2, ge=2, le=20, description="so many in line, one behind the other, are a queue")
    together_s: float = Field(default=30.0, gt=0, le=3600, description="neighbours in line stop within so long")

    @cached_property
    def outline(self) -> Polygon | None:
        """The lane as a shape."""
        return None if self.lane is None else Polygon.of(self.lane)


USUAL_QUEUE = Queue(vehicles=3, together_s=15.0)
"""Where nothing is said of queues: three in a row that stop one after the other, which parkers seldom do."""


class Zone(Drawn):
    """A part of one camera's picture where a vehicle may stay `limit_s` at most. 禁停区域."""

    name: DeviceName = Field(description="part of every case's name; no two zones share one")
    limit_s: float = Field(gt=0, le=86_400, description="the case goes out at this dwell")
    grace_s: float = Field(default=30.0, ge=0, le=86_400, description="nothing is said of who leaves sooner")
    photo_interval_s: float = Field(default=10.0, gt=0, le=86_400, description="between two whole scenes")
    photos: int = Field(default=3, ge=3, le=20, description="whole scenes a case needs")
    hours: tuple[Hours, ...] = Field(default=(), description="when the zone is in force; always, if left out")
    exempt: frozenset[Kind] = Field(default=frozenset(), description="kinds that may stay in this zone")
    queue: Queue = Field(default=USUAL_QUEUE, description="how traffic queues in it")
    plate: PlateNeed = Field(
        default="wanted", description="whether a case waits for a readable plate: for ever, for plate_wait_s, or not"
    )
    plate_wait_s: float = Field(
        default=30.0, ge=0, le=86_400, description="beyond the limit, where the camera reads plates at all"
    )
    preset: DeviceName | None = Field(
        default=None, description="of a camera that turns: counts while it stands there; always, if left out"
    )
    sign: str | None = Field(default=None, max_length=200, description="what the sign at the zone says, in its words")

    @model_validator(mode="after")
    def _grace_before_limit(self) -> Self:
        if self.grace_s > self.limit_s:
            said = "grace_s ({grace_s}) is longer than limit_s ({limit_s})"
            facts = {"grace_s": f"{self.grace_s:g}", "limit_s": f"{self.limit_s:g}"}
            raise PydanticCustomError("grace-over-limit", said, facts)
        return self


class Settings(Closed):
    """The role's whole table."""

    place: Place
    utc_offset: UtcOffset = "+08:00"
    kinds: frozenset[Kind] = Field(default=VEHICLES, description="who may not stay in any zone")
    reidentify_s: float = Field(
        default=300.0,
        ge=0,
        le=3600,
        description="out of sight for at most so long, a car in the same place is still the same",
    )
    device_number: str | None = Field(
        default=None, min_length=1, max_length=64, description="of the capturing device, as it is registered (设备编号)"
    )
    clock: Literal["synced", "held"] = Field(
        default="synced", description="the least a clock must be for evidence; held: also one that nobody vouches for"
    )
    plate_sure: float = Field(
        default=0.5, ge=0, le=1, description="least to count as read; the camera's own least comes first"
    )
    exempt_plates: tuple[PlatePattern, ...] = Field(
        default=("*警", "WJ*", "*应急"), description="plates that may stay everywhere; * for any characters, ? for one"
    )
    zones: tuple[Zone, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _zones_make_sense(self) -> Self:
        names_differ("zones", self.zones)
        for number, zone in enumerate(self.zones):
            if not self.counted(zone):
                said = "every kind of vehicle is exempt, so nothing can count in: {zone}"
                raise PydanticCustomError("idle", said, {"within": ("zones", number, "exempt"), "zone": zone.name})
        return self

    def counted(self, zone: Zone) -> frozenset[Kind]:
        """Kinds that may not stay in a zone."""
        return self.kinds - zone.exempt
