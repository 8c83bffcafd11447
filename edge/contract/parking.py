# SPDX-License-Identifier: Apache-2.0
"""What a parking lot tells: each space, each zone, who stays too long or where he must not, and how an hour was."""

from typing import Literal

from pydantic import ConfigDict, Field

from edge.contract.evidence import Place, Plate
from edge.contract.words import ClockQuality, DeviceName, Instant, Said

OCCUPANCY_TYPE = "cn.dongtou.edge.parking.occupancy.v1"
ZONE_TYPE = "cn.dongtou.edge.parking.zone.v1"
OVERSTAY_TYPE = "cn.dongtou.edge.parking.overstay.v1"
WRONG_CLASS_TYPE = "cn.dongtou.edge.parking.wrongclass.v1"
STRADDLING_TYPE = "cn.dongtou.edge.parking.straddling.v1"
HOUR_TYPE = "cn.dongtou.edge.parking.hour.v1"
SNAPSHOT_TYPE = "cn.dongtou.edge.parking.snapshot.v1"

Occupancy = Literal["occupied", "free", "unknown"]
Use = Literal["car", "ev", "disabled", "van", "loading"]


class SpaceState(Said):
    """One space as it is; `since` is when it came to be so, by the times of the pictures that showed it."""

    space: DeviceName
    state: Occupancy
    since: Instant
    vehicle: str | None = Field(default=None, description="its kind, where a detector has told it")
    straddles: tuple[DeviceName, ...] = Field(default=(), description="further spaces that the same vehicle takes")


class MappedSpace(SpaceState):
    """One space as it is, and where it lies in its camera's picture, so that a hub can draw a map."""

    zone: DeviceName
    camera: str
    outline: tuple[tuple[float, float], ...] = Field(
        description="corners as fractions of the picture's width and height from the upper left"
    )


class SpaceOccupancy(SpaceState):
    """A space has become occupied, free, or cannot be judged any more; `subject` is the space."""

    place: Place
    device: str
    camera: str
    zone: DeviceName
    use: Use
    before: Occupancy
    stayed_s: float | None = Field(
        default=None, ge=0, description="of the vehicle that left, where its coming was seen"
    )
    clock: ClockQuality


class ZoneCount(Said):
    """How many spaces of a zone are free."""

    zone: DeviceName
    free: int = Field(ge=0)
    occupied: int = Field(ge=0)
    unknown: int = Field(ge=0)
    total: int = Field(ge=1)


class ZoneCounted(ZoneCount):
    """The counts of a zone have changed; `subject` is the zone."""

    place: Place
    device: str
    clock: ClockQuality


class Breach(Said):
    """A vehicle in a space, for a person to look at; nothing is decided here."""

    place: Place
    device: str
    camera: str
    zone: DeviceName
    space: DeviceName
    use: Use
    vehicle: str | None = None
    plate: Plate | None = None
    since: Instant
    stayed_s: float = Field(ge=0)
    clock: ClockQuality


class Overstay(Breach):
    """A vehicle has stood in a space for longer than it may; told once a stay."""

    max_stay_s: float = Field(gt=0)


class WrongClass(Breach):
    """A vehicle stands in a space that is kept for others; told once a stay and reason."""

    reason: Literal["kind", "plate-not-green", "no-green-plate-seen"] = Field(
        description="its kind; a plate of another colour in a space for electric cars; none that could be read there"
    )


class Straddling(Said):
    """One vehicle stands over two spaces or more; told once."""

    place: Place
    device: str
    camera: str
    spaces: tuple[DeviceName, ...] = Field(min_length=2)
    vehicle: str
    since: Instant
    clock: ClockQuality


class ParkingHour(Said):
    """What came and went in a zone within an hour, and how full it was; `subject` is the zone."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    place: Place
    device: str
    zone: DeviceName
    from_: Instant = Field(alias="from")
    to: Instant
    spaces: int = Field(ge=1)
    arrivals: int = Field(ge=0)
    departures: int = Field(ge=0)
    turnover: float = Field(ge=0, description="arrivals for each space")
    mean_stay_s: float | None = Field(default=None, ge=0, description="of those who left and had been seen to come")
    occupied_share: float | None = Field(
        default=None, ge=0, le=1, description="of the time in which it was known; none if it never was"
    )
    known_share: float = Field(ge=0, le=1, description="of the hour, over all spaces")


class ParkingSnapshot(Said):
    """Every space and every zone as they are, so that a hub that has lost its memory knows."""

    place: Place
    device: str
    spaces: tuple[MappedSpace, ...]
    zones: tuple[ZoneCount, ...]
    clock: ClockQuality
