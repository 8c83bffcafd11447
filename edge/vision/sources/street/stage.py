# SPDX-License-Identifier: Apache-2.0
"""What all simulated scenes share: the size of the picture, its lanes, whoever is on them, and chance by key."""

from dataclasses import dataclass
from hashlib import blake2b

from edge.core.geometry import Box
from edge.core.tracks import Kind

WIDTH_PX, HEIGHT_PX = 1280, 720
SIZES_PX = {Kind.CAR: (250, 98), Kind.VAN: (262, 134), Kind.BUS: (470, 176), Kind.PERSON: (58, 152)}
"""Length and height of each kind at scale 1, which is the kerb lane."""
CRUISE_PX_S = 250.0


@dataclass(frozen=True, slots=True)
class Lane:
    """A strip of the picture that things move along; `heading` is 1 to the right, -1 to the left."""

    number: int
    foot_px: float
    scale: float
    heading: int
    speed_px_s: float


FAR = Lane(1, 338.0, 0.70, -1, 215.0)
NEAR = Lane(2, 432.0, 0.85, 1, CRUISE_PX_S)
KERB = Lane(3, 548.0, 1.0, 1, CRUISE_PX_S)
PAVEMENT_FOOT_PX = 612.0


@dataclass(frozen=True, slots=True)
class Actor:
    """One thing as the painter needs it: middle and lower edge in pixels, its look, and whether it parks."""

    id: int
    kind: Kind
    look: int
    x_px: float
    foot_px: float
    scale: float
    heading: int
    parked: bool = False

    @property
    def box(self) -> Box:
        """Where it is, in fractions; reaches beyond 0 to 1 while it enters or leaves."""
        length, height = (side * self.scale for side in SIZES_PX[self.kind])
        left, right = (self.x_px + side * length / 2 for side in (-1, 1))
        return Box(left / WIDTH_PX, (self.foot_px - height) / HEIGHT_PX, right / WIDTH_PX, self.foot_px / HEIGHT_PX)


def chance(*key: int) -> float:
    """A number in [0, 1) that is always the same for the same key."""
    return int.from_bytes(blake2b(repr(key).encode(), digest_size=7).digest()) / 2**56
