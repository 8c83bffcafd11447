# SPDX-License-Identifier: Apache-2.0
"""Shapes in a picture. Coordinates are fractions of its width and height, so a zone outlives a change of resolution."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the picture: `x` to the right, `y` down, both 0 to 1."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Extent to the right, never negative."""
        return max(0.0, self.right - self.left)

    @property
    def height(self) -> float:
        """Extent down, never negative."""
        return max(0.0, self.bottom - self.top)

    @property
    def area(self) -> float:
        """Fraction of the picture it covers."""
        return self.width * self.height

    @property
    def centre(self) -> Point:
        """Its middle."""
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    @property
    def foot(self) -> Point:
        """Where it stands: the middle of its lower edge, raised by a tenth since tyres end above the box."""
        return Point((self.left + self.right) / 2, self.bottom - self.height / 10)

    def overlap(self, other: "Box") -> float:
        """Area in common."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else 0.0

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        common = self.overlap(other)
        union = self.area + other.area - common
        return common / union if union > 0 else 0.0

    def covered_by(self, other: "Box") -> float:
        """The part of this box that lies in the other, 0 to 1."""
        return self.overlap(other) / self.area if self.area > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed outline of three or more corners, given in order."""

    corners: tuple[Point, ...]

    @classmethod
    def of(cls, corners: Sequence[tuple[float, float]]) -> "Polygon":
        """Build from pairs of coordinates."""
        return cls(tuple(Point(x, y) for x, y in corners))

    def holds(self, point: Point) -> bool:
        """Whether a point lies inside (even-odd rule)."""
        inside = False
        corners = self.corners
        for here, there in zip(corners, corners[1:] + corners[:1], strict=True):
            if (here.y > point.y) != (there.y > point.y):
                crossing = here.x + (point.y - here.y) * (there.x - here.x) / (there.y - here.y)
                inside ^= point.x < crossing
        return inside
