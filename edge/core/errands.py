# SPDX-License-Identifier: Apache-2.0
"""What a role asks a camera to look for beside tracks. Outlines are fractions of the picture, as in zones."""

from dataclasses import dataclass
from typing import Literal

from edge.core.tracks import Kind

Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class ReadSpaces:
    """Say of each space how sure it is that something stands in it, about every `every_s`, moving or not."""

    camera: str
    spaces: tuple[tuple[str, Corners], ...]
    """Name and outline on the ground."""
    every_s: float
    errand: Literal["spaces"] = "spaces"


@dataclass(frozen=True, slots=True)
class ReadPlates:
    """Read the plates of vehicles whose foot stands in one of `areas`; of all vehicles if there are none.

    If it is not `needed`, a device that cannot read plates does without.
    """

    camera: str
    areas: tuple[Corners, ...] = ()
    needed: bool = True
    errand: Literal["plates"] = "plates"


@dataclass(frozen=True, slots=True)
class WatchSurface:
    """Say what has changed on a surface and stays changed when nobody stands on it."""

    camera: str
    name: str
    outline: Corners
    errand: Literal["surface"] = "surface"


@dataclass(frozen=True, slots=True)
class TakePictures:
    """Take whole scenes while one of these kinds is there; where vehicles are, they are taken anyway."""

    camera: str
    kinds: frozenset[Kind]
    errand: Literal["pictures"] = "pictures"


Errand = ReadSpaces | ReadPlates | WatchSurface | TakePictures
