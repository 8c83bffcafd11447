# SPDX-License-Identifier: Apache-2.0
"""Whether a foot has crossed a line drawn on the ground: clearly, once, and between the line's ends.

What must always be true here: jitter about the line is no crossing, however long it lasts; of a path that goes over the
line and back, each way counts once; a path that goes round an end crosses nothing.
"""

import math
from dataclasses import dataclass, replace

from edge.core.geometry import Box, Point

CLEAR = 0.2
"""Part of an object's own footprint by which its foot must be off the line to be on one side of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """From one point of the picture to another. Looking along it, its right-hand side is +1, its left-hand side -1."""

    start: Point
    end: Point

    @classmethod
    def of(cls, start: tuple[float, float], end: tuple[float, float]) -> "Line":
        """Build from pairs of coordinates."""
        return cls(Point(*start), Point(*end))

    def off(self, point: Point) -> float:
        """Signed distance of a point, in fractions of the picture: positive on the right-hand side."""
        along_x, along_y = self.end.x - self.start.x, self.end.y - self.start.y
        across = along_x * (point.y - self.start.y) - along_y * (point.x - self.start.x)
        return across / math.hypot(along_x, along_y)

    def reach(self, box: Box) -> float:
        """How far a box's footprint extends across the line, in the same measure as `off`."""
        along_x, along_y = self.end.x - self.start.x, self.end.y - self.start.y
        ground = box.ground
        return (abs(along_y) * ground.width + abs(along_x) * ground.height) / math.hypot(along_x, along_y)

    def cut(self, here: Point, there: Point) -> Point | None:
        """Where the straight way between points on different sides passes between the line's ends, if it does."""
        near, far = self.off(here), self.off(there)
        part = near / (near - far)
        at = Point(here.x + part * (there.x - here.x), here.y + part * (there.y - here.y))
        along_x, along_y = self.end.x - self.start.x, self.end.y - self.start.y
        place = (at.x - self.start.x) * along_x + (at.y - self.start.y) * along_y
        return at if 0 <= place <= along_x**2 + along_y**2 else None


@dataclass(frozen=True, slots=True)
class Side:
    """Where an object was last clearly seen with respect to a line: `side` 0 until it was; `foot` where it was then.

    `looks` counts how often in a row it has been clearly on the other side since.
    """

    side: int
    foot: Point
    looks: int = 0


NOWHERE = Side(0, Point(0, 0))
"""Not seen yet."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A line was crossed at `at`, towards its side `to` (+1 or -1)."""

    to: int
    at: Point


def followed(line: Line, before: Side, box: Box, *, looks: int = 1) -> tuple[Side, Crossing | None]:
    """One look further, and the crossing it completes: it must be clear in so many looks in a row."""
    foot = box.foot
    off = line.off(foot)
    if abs(off) < CLEAR * line.reach(box):
        return (replace(before, looks=0) if before.looks else before), None
    side = 1 if off > 0 else -1
    if before.side in {0, side}:
        return Side(side, foot), None
    if before.looks + 1 < looks:
        return replace(before, looks=before.looks + 1), None
    at = line.cut(before.foot, foot)
    return Side(side, foot), None if at is None else Crossing(side, at)
