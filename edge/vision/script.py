# SPDX-License-Identifier: Apache-2.0
"""The words of a script from which a replay is drawn: JSON lines, `Showing` first, then entries by their times."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from edge.contract.words import Said
from edge.core.outlines import Outline
from edge.core.tracks import Sighting


class Showing(Said):
    """What is drawn: `camera` is a dumped camera table, `first_us` the time its first frame had when it was seen."""

    line: Literal["showing"] = "showing"
    camera: dict[str, object]
    out: str
    outlines: tuple[Outline, ...]
    first_us: int


class Shown(Said):
    """A sighting."""

    line: Literal["shown"] = "shown"
    sighting: Sighting


class Decided(Said):
    """Something a role said, in words for the picture."""

    line: Literal["decided"] = "decided"
    at_us: int
    text: str


Entry = Shown | Decided
SCRIPT_LINE: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="line")])
