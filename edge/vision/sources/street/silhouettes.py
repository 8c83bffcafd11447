# SPDX-License-Identifier: Apache-2.0
"""The outlines of vehicles: seen from the right side, heading right, in units of which their size is `SIZES_PX`."""

from collections.abc import Sequence
from dataclasses import dataclass

Corners = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Silhouette:
    """One body. `belt` is the height of the line below the panes; doors end at `seams`."""

    outline: Corners
    panes: tuple[Corners, ...]
    wheels: tuple[float, ...]
    wheel_radius: float
    belt: float
    seams: tuple[float, ...]


def _corners(text: str) -> Corners:
    """Corners as a drawing programme writes them: `x,y x,y`."""
    pairs = (corner.split(",") for corner in text.split())
    return tuple((float(x), float(y)) for x, y in pairs)


SEDAN = Silhouette(
    outline=_corners(
        "1,66 3,46 12,39 34,36 66,9 84,3 140,3 158,8 190,35 232,40 246,50 249,66 247,78 238,82 10,82 2,78"
    ),
    panes=(_corners("48,35 70,13 84,9 106,8 106,36"), _corners("112,36 112,8 138,8 153,13 178,36")),
    wheels=(50, 199),
    wheel_radius=19.5,
    belt=40,
    seams=(109, 174),
)
HATCH = Silhouette(
    outline=_corners("2,68 3,40 10,30 26,8 44,2 136,2 156,8 188,34 230,40 246,50 249,66 247,78 238,83 10,83 3,79"),
    panes=(_corners("20,33 34,12 48,8 94,7 94,35"), _corners("100,35 100,7 134,7 151,12 176,35")),
    wheels=(48, 200),
    wheel_radius=20,
    belt=40,
    seams=(97, 172),
)
VAN = Silhouette(
    outline=_corners("2,100 2,22 8,6 22,2 176,2 194,8 226,54 252,64 260,82 260,104 254,116 8,116 2,110"),
    panes=(_corners("150,50 150,14 176,14 188,20 212,54 160,54"), _corners("98,48 98,14 142,14 142,48")),
    wheels=(54, 206),
    wheel_radius=22,
    belt=70,
    seams=(94, 146),
)
BUS = Silhouette(
    outline=_corners("2,150 2,12 10,3 24,1 446,1 460,8 467,60 468,140 464,156 10,156 3,154"),
    panes=(
        *(_corners(f"{x},74 {x},24 {x + 62},24 {x + 62},74") for x in (16, 84, 152, 220, 288)),
        _corners("358,138 358,24 404,24 404,138"),
        _corners("412,84 412,20 452,20 462,60 464,84"),
    ),
    wheels=(104, 330),
    wheel_radius=25,
    belt=92,
    seams=(351, 408),
)
