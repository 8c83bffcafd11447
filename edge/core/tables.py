# SPDX-License-Identifier: Apache-2.0
"""What tables of roles' settings are made of: closed to misspelt keys, and outlines checked so that slips are told."""

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from edge.contract.words import DeviceName
from edge.core.geometry import Polygon

MIN_AREA = 0.0005
"""Smaller than about 1000 pixels of a full-HD picture: no car stands in that; it is a slip of the pen."""

Fraction = Annotated[float, Field(ge=0, le=1)]
Corner = tuple[Fraction, Fraction]


class Closed(BaseModel):
    """A table of a role's settings: frozen, and closed so that a misspelt key is found."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Named(Protocol):
    """An entry of a list that others refer to by its name."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...


def names_differ(where: str, entries: Iterable[Named]) -> None:
    """Raises `PydanticCustomError` twice, placed at the later one, if two entries of the list `where` share a name."""
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        if entry.name in seen:
            said = "names must differ, but there are several of: {found}"
            raise PydanticCustomError("twice", said, {"within": (where, number, "name"), "found": entry.name})
        seen.add(entry.name)


def _plain(corners: tuple[Corner, ...]) -> tuple[Corner, ...]:
    if len(set(corners)) < len(corners):
        said = "a corner is given twice; the outline closes by itself, leave the last one out"
        raise PydanticCustomError("corner-twice", said)
    outline = Polygon.of(corners)
    if not outline.simple:
        said = "the outline crosses or touches itself; give the corners in order, as a pen would draw them"
        raise PydanticCustomError("outline-crosses", said)
    if outline.area < MIN_AREA:
        said = "the zone is too small to hold a vehicle; corners are fractions of the picture, 0 to 1"
        raise PydanticCustomError("zone-small", said)
    return corners


ZoneOutline = Annotated[
    tuple[Corner, ...],
    Field(
        min_length=3,
        max_length=64,
        description="corners on the ground, in order, as fractions of the picture from its upper left",
    ),
    AfterValidator(_plain),
]
"""A part of a camera's picture."""


class Drawn(Closed):
    """A part of one camera's picture, under a name of its own."""

    name: DeviceName
    camera: DeviceName = Field(description="one of [[cameras]]")
    polygon: ZoneOutline

    @cached_property
    def outline(self) -> Polygon:
        """The polygon as a shape."""
        return Polygon.of(self.polygon)
