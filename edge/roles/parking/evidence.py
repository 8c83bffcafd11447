# SPDX-License-Identifier: Apache-2.0
"""What one look says of each space: its own pixels and the vehicles that stand on its ground, weighed together.

A vehicle belongs to the ground it covers, not to where the middle of its box falls: the lower part of the box is laid
over the outlines. One that covers two spaces alike stands over both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from edge.contract.parking import Occupancy
from edge.core.geometry import Box, Polygon

STANDS = 0.3
"""So much of a space under a vehicle's ground, or of that ground in the space, is one that stands there."""
GROUND = 0.62
"""The part of a box, from below, that lies over the ground a vehicle covers, seen from a mast."""
OVER = 0.6
"""A second space that is covered this much as the first is covered too."""
EVIDENT = (0.35, 0.65)
"""Between these the evidence contradicts itself."""
EDGE = 1e-4
FOUND, MISSED = 0.9, -0.5
"""What a vehicle on the ground of a space, or none, adds to the log odds of its pixels. A detector misses more cars
than it makes up, so its silence weighs less than its word; and a neighbour's box reaches over, so neither outweighs
pixels that are sure."""


@dataclass(frozen=True, slots=True)
class Footing:
    """A vehicle by its place among `vehicles`, and the spaces it stands in, the surest first."""

    vehicle: int
    spaces: tuple[str, ...]


def footings(outlines: Mapping[str, Polygon], boxes: Sequence[Box]) -> tuple[Footing, ...]:
    """Which vehicle stands where. Each outline is given to the vehicle that covers most of it, if that is enough."""
    covers = {
        (name, index): _cover(outline, box) for name, outline in outlines.items() for index, box in enumerate(boxes)
    }
    owners: dict[str, int] = {}
    for name in outlines:
        best = max(range(len(boxes)), key=lambda index: covers[name, index], default=None)
        if best is not None and covers[name, best] >= STANDS:
            owners[name] = best
    found = []
    for index in range(len(boxes)):
        mine = sorted((name for name, owner in owners.items() if owner == index), key=lambda name: -covers[name, index])
        if mine:
            most = covers[mine[0], index]
            found.append(Footing(index, tuple(name for name in mine if covers[name, index] >= OVER * most)))
    return tuple(found)


def weighed(pixels: float | None, score: float | None) -> float:
    """How sure it is that a space is occupied, from its pixels (None: not looked at) and the best vehicle on it."""
    odds = 0.0 if pixels is None else log((pixels + EDGE) / (1 - pixels + EDGE))
    odds += MISSED if score is None else FOUND * score
    return 1 / (1 + exp(-odds))


def judged(sure: float) -> Occupancy:
    """What that means; `unknown` where the evidence contradicts itself."""
    low, high = EVIDENT
    return "free" if sure <= low else "occupied" if sure >= high else "unknown"


def _cover(outline: Polygon, box: Box) -> float:
    """The greater of two parts: of the outline under the vehicle's ground, and of that ground in the outline."""
    ground = Box(box.left, box.bottom - GROUND * box.height, box.right, box.bottom)
    common = outline.share_of(ground) * ground.area
    return max(common / outline.area if outline.area > 0 else 0.0, common / ground.area if ground.area > 0 else 0.0)
