# SPDX-License-Identifier: Apache-2.0
"""What a technician writes under `[roles.spill]`: the surfaces to watch, and how sure to be before speaking."""

from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from edge.contract.evidence import Place
from edge.contract.words import DeviceName
from edge.core.ground import Ground, Pins, fit_ground
from edge.core.schedule import Hours, UtcOffset
from edge.core.tables import Closed, Drawn, names_differ


class Surface(Drawn):
    """A part of a road, square or pavement in one camera's picture. 路面."""

    name: DeviceName = Field(description="part of every spill's name; no two surfaces share one")
    carriageway: bool = Field(default=True, description="vehicles drive here, so whatever lies here is urgent")
    pins: Pins | None = Field(default=None, description="measured points of the ground; then areas are told in m²")
    hours: tuple[Hours, ...] = Field(default=(), description="when it is watched; always, if left out")

    @cached_property
    def ground(self) -> Ground | None:
        """From the picture to metres, where it was measured."""
        return None if self.pins is None else fit_ground(self.pins)


class Settings(Closed):
    """The role's whole table."""

    place: Place
    utc_offset: UtcOffset = "+08:00"
    confirm_s: float = Field(default=60.0, ge=5, le=86_400, description="a change that stays for so long is told…")
    passes: int = Field(default=3, ge=0, le=100, description="…if so many have gone over it or close by meanwhile…")
    lonely_s: float = Field(
        default=900.0, ge=5, le=86_400, description="…or, on an empty road, when it has stayed for so long"
    )
    clear_s: float = Field(default=30.0, ge=1, le=3600, description="not seen in its place for so long, it is gone")
    least_share: float = Field(default=0.0005, ge=0, le=1, description="of the surface; smaller changes are not heeded")
    most_share: float = Field(default=0.3, gt=0, le=1, description="larger ones are the weather, and are not told")
    surfaces: tuple[Surface, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names_differ("surfaces", self.surfaces)
        return self
