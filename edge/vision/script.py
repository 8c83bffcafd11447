# SPDX-License-Identifier: Apache-2.0
"""The words of a script from which a replay is drawn: JSON lines, `Showing` first, then entries by their times."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from edge.contract.problems import Language
from edge.contract.words import Said
from edge.core.outlines import Outline
from edge.core.tracks import Sighting


class Showing(Said):
    """What is drawn: `camera` is a dumped camera table, `first_us` the time its first frame had when it was seen.

    `language` is that of the words on the film.
    """

    line: Literal["showing"] = "showing"
    camera: dict[str, object]
    out: str
    outlines: tuple[Outline, ...]
    first_us: int
    language: Language


class Shown(Said):
    """A sighting."""

    line: Literal["shown"] = "shown"
    sighting: Sighting


class Decided(Said):
    """Something a role said, in words for the picture, and the zone, space or lane it is about."""

    line: Literal["decided"] = "decided"
    at_us: int
    text: str
    where: str = ""


Entry = Shown | Decided
SCRIPT_LINE: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="line")])
