# SPDX-License-Identifier: Apache-2.0
"""Whose plate it is: it must lie where a plate can be on a vehicle, and of several vehicles on the nearest."""

from collections.abc import Sequence
from typing import Final

from edge.core.geometry import Box
from edge.core.tracks import VEHICLES, Track

LOWEST_PART: Final = 0.25
"""A plate's middle lies below this part of its vehicle's height."""
WIDTHS: Final = (0.06, 0.65)
"""Width of a plate to that of its vehicle's box: seen from the side a lorry is long, a car from behind is narrow."""
SPARE: Final = 0.04
"""Part of a box by which a plate may stick out."""
AS_NEAR: Final = 0.02
"""Parts of the picture by which one foot must lie lower than another to be told to be nearer."""


def owner(plate: Box, tracks: Sequence[Track]) -> Track | None:
    """The vehicle whose plate this is; None if it is nobody's, or if two vehicles have an equal claim.

    A vehicle whose box reaches lower stands in front of the other, so the other's plate would be hidden behind it.
    Vehicles that are only remembered have their claim as well: a passing car must not be given a parked one's plate.
    """
    claims = sorted((one for one in tracks if _may_own(plate, one)), key=lambda one: -one.box.bottom)
    if len(claims) > 1 and claims[0].box.bottom - claims[1].box.bottom < AS_NEAR:
        return None
    return claims[0] if claims and claims[0].seen else None


def _may_own(plate: Box, track: Track) -> bool:
    box = track.box
    if track.kind not in VEHICLES or box.width <= 0.0 or box.height <= 0.0:
        return False
    x, y = (plate.centre.x - box.left) / box.width, (plate.centre.y - box.top) / box.height
    inside = -SPARE < x < 1 + SPARE and LOWEST_PART < y < 1 + SPARE
    return inside and WIDTHS[0] <= plate.width / box.width <= WIDTHS[1]
