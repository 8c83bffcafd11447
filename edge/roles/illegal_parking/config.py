# SPDX-License-Identifier: Apache-2.0
"""What a technician writes under `[roles.illegal_parking]`: the place, and the zones in which nobody may stay."""

from functools import cached_property
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from edge.contract.evidence import Place
from edge.contract.words import DeviceName
from edge.core.geometry import Polygon
from edge.core.schedule import Hours, UtcOffset
from edge.core.tables import Closed, ZoneOutline
from edge.core.tracks import VEHICLES, Kind


class Zone(Closed):
    """A part of one camera's picture where a vehicle may stay `limit_s` at most. 禁停区域."""

    name: DeviceName = Field(description="part of every case's name; no two zones share one")
    camera: DeviceName = Field(description="one of [[cameras]]")
    polygon: ZoneOutline
    limit_s: float = Field(gt=0, le=86_400, description="the case goes out at this dwell")
    grace_s: float = Field(default=30.0, ge=0, le=86_400, description="nothing is said of who leaves sooner")
    photo_interval_s: float = Field(default=10.0, gt=0, le=86_400, description="between two whole scenes")
    photos: int = Field(default=3, ge=3, le=20, description="whole scenes a case needs")
    hours: tuple[Hours, ...] = Field(default=(), description="when the zone is in force; always, if left out")
    exempt: frozenset[Kind] = Field(default=frozenset(), description="kinds that may stay in this zone")

    @model_validator(mode="after")
    def _grace_before_limit(self) -> Self:
        if self.grace_s > self.limit_s:
            raise ValueError(f"grace_s ({self.grace_s:g}) is longer than limit_s ({self.limit_s:g})")
        return self

    @cached_property
    def outline(self) -> Polygon:
        """The polygon as a shape."""
        return Polygon.of(self.polygon)


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
    zones: tuple[Zone, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _zones_make_sense(self) -> Self:
        names = [zone.name for zone in self.zones]
        for number, zone in enumerate(self.zones):
            if zone.name in names[:number]:
                said = "zone names must differ, but there are several of: {found}"
                raise PydanticCustomError("twice", said, {"within": ("zones", number, "name"), "found": zone.name})
            if not self.counted(zone):
                said = "every kind of vehicle is exempt, so nothing can count in: {zone}"
                raise PydanticCustomError("idle", said, {"within": ("zones", number, "exempt"), "zone": zone.name})
        return self

    def counted(self, zone: Zone) -> frozenset[Kind]:
        """Kinds that may not stay in a zone."""
        return self.kinds - zone.exempt
