# SPDX-License-Identifier: Apache-2.0
"""What is asked of whoever draws on copies of a case's pictures, and runs in a process of its own for it.

The texts come ready, in whatever language; the drawer knows pictures and letters, and nothing of cases.
"""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from edge.contract.words import Said

CANNOT_DRAW: Final = 4
"""Exit code when a picture cannot be decoded; the reason is on stderr."""
MOST_TILES: Final = 12

Rgb = tuple[int, int, int]
NAVY: Final[Rgb] = (22, 46, 74)
INK: Final[Rgb] = (28, 36, 48)
SOFT: Final[Rgb] = (106, 116, 128)
LINE: Final[Rgb] = (210, 216, 222)
EMPTY: Final[Rgb] = (230, 233, 236)
GOLD: Final[Rgb] = (255, 214, 120)
"""What sheets and reports are coloured with, red, green and blue 0 to 255, so that all papers of a case look alike."""


class WithPictures(Said):
    """Bytes travel as base64."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


class Tile(WithPictures):
    """One picture of a sheet: the bytes as they were signed, and the line below it, or why there is none."""

    picture: bytes = b""
    caption: str
    note: str = Field(default="", description="small, at the other end of the line")


class SheetAsked(WithPictures):
    """A composite sheet (合成图): panoramas, close-ups and a panel of facts on one picture."""

    ask: Literal["sheet"] = "sheet"
    title: str
    code: str
    scenes: tuple[Tile, ...] = Field(min_length=1, max_length=MOST_TILES)
    no_scene: str = Field(description="said in the third place where there is no third panorama")
    closeups: tuple[Tile, ...] = Field(max_length=MOST_TILES)
    facts: tuple[tuple[str, str], ...] = Field(max_length=24)
    foot: tuple[str, ...] = Field(default=(), max_length=6)


class OverlayAsked(WithPictures):
    """A copy of one picture with what must be read beside it burnt in (叠加信息)."""

    ask: Literal["overlay"] = "overlay"
    picture: bytes
    lines: tuple[str, ...] = Field(min_length=1, max_length=8)
    code: str
    machine_line: str


Asked = Annotated[SheetAsked | OverlayAsked, Field(discriminator="ask")]
