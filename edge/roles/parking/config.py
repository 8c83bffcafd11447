# SPDX-License-Identifier: Apache-2.0
"""What a technician writes under `[roles.parking]`: spaces as outlines, and the zones they belong to."""

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from edge.contract.evidence import Place
from edge.contract.parking import Use
from edge.contract.words import DeviceName
from edge.core.tables import Closed, Drawn, names_differ
from edge.core.tracks import Kind

MAY_STAND: dict[Use, frozenset[Kind]] = {
    "car": frozenset({Kind.CAR}),
    "ev": frozenset({Kind.CAR, Kind.VAN}),
    "disabled": frozenset({Kind.CAR, Kind.VAN}),
    "van": frozenset({Kind.VAN, Kind.TRUCK}),
    "loading": frozenset({Kind.VAN, Kind.TRUCK}),
}
"""Who a space is for. A vehicle whose kind no detector can tell is not judged."""


class Space(Drawn):
    """One space, drawn on the ground. 车位."""

    name: DeviceName = Field(description="as it is painted on the ground or listed; no two spaces share one")
    zone: DeviceName = Field(description="one of the role's zones")
    use: Use = Field(default="car", description="who it is kept for")
    max_stay_s: float | None = Field(
        default=None, gt=0, le=31_536_000, description="longer is an overstay; none if free"
    )


class Zone(Closed):
    """Spaces that are counted together. 车位区域."""

    name: DeviceName = Field(description="what its counts are told under")
    sign: DeviceName | None = Field(default=None, description="one of [[signs]], which shows how many are free")


class Settings(Closed):
    """The role's whole table."""

    place: Place
    every_s: float = Field(default=2.0, ge=0.2, le=600, description="each space is looked at so often")
    occupied_after_s: float = Field(default=6.0, ge=0, le=600, description="agreeing looks for so long: occupied")
    free_after_s: float = Field(default=10.0, ge=0, le=600, description="agreeing looks for so long: free")
    unknown_after_s: float = Field(default=60.0, ge=0, le=3600, description="looks contradict each other for so long")
    away_after_s: float = Field(default=30.0, ge=0, le=3600, description="a lost camera's spaces are then unknown")
    class_after_s: float = Field(default=20.0, ge=0, le=3600, description="a vehicle's kind holds for so long")
    plate_sure: float = Field(default=0.8, ge=0, le=1, description="a plate is believed from here on")
    plate_wait_s: float | None = Field(
        default=None, gt=0, le=86_400, description="an electric car's space without a readable green plate for so long"
    )
    zone_every_s: float = Field(default=5.0, ge=0, le=3600, description="a zone's counts are told this often at most")
    snapshot_s: float = Field(default=900.0, ge=10, le=86_400, description="every space is told this often")
    zones: tuple[Zone, ...] = Field(min_length=1)
    spaces: tuple[Space, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_hold_together(self) -> Self:
        names_differ("spaces", self.spaces)
        names_differ("zones", self.zones)
        zones = {zone.name for zone in self.zones}
        for number, space in enumerate(self.spaces):
            if space.zone not in zones:
                said = "there is no zone {zone}; zones are {known}"
                facts = {"within": ("spaces", number, "zone"), "zone": space.zone, "known": ", ".join(sorted(zones))}
                raise PydanticCustomError("no-zone", said, facts)
        used = {space.zone for space in self.spaces}
        for number, zone in enumerate(self.zones):
            if zone.name not in used:
                facts = {"within": ("zones", number, "name"), "zone": zone.name}
                raise PydanticCustomError("zone-empty", "no space belongs to {zone}", facts)
        return self

    def of_zone(self, zone: str) -> tuple[Space, ...]:
        """Its spaces."""
        return tuple(space for space in self.spaces if space.zone == zone)

    def of_camera(self, camera: str) -> tuple[Space, ...]:
        """The spaces that a camera sees."""
        return tuple(space for space in self.spaces if space.camera == camera)

    def reads_plates(self, space: Space) -> bool:
        """Whether a plate says something about a stay there."""
        return space.use == "ev" or space.max_stay_s is not None
