# SPDX-License-Identifier: Apache-2.0
"""Shapes in a picture. Coordinates are fractions of its width and height, so a zone outlives a change of resolution."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

RIM = 0.01
"""Boxes of detectors end so near the picture's edge, seldom quite at it, when the edge cuts what they hold."""


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
        width, height = self.right - self.left, self.bottom - self.top
        return width * height if width > 0 and height > 0 else 0.0

    @property
    def centre(self) -> Point:
        """Its middle."""
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    @property
    def foot(self) -> Point:
        """Where it stands: the middle of its lower edge, raised by a tenth since tyres end above the box."""
        return Point((self.left + self.right) / 2, self.bottom - self.height / 10)

    def step_to(self, other: "Box") -> tuple[float, float]:
        """How far the other's foot lies from this one's: to the right, and down."""
        return (
            (other.left + other.right) / 2 - (self.left + self.right) / 2,
            0.9 * (other.bottom - self.bottom) + 0.1 * (other.top - self.top),
        )

    @property
    def ground(self) -> "Box":
        """What of it stands on the ground: its lower third, since the rest of a box is height, not road."""
        return Box(self.left, self.bottom - self.height / 3, self.right, self.bottom)

    @property
    def cut_off(self) -> bool:
        """Whether the picture's side or lower edge cuts it, so that its foot is not where it seems to be."""
        return self.left < RIM or self.right > 1 - RIM or self.bottom > 1 - RIM

    def overlap(self, other: "Box") -> float:
        """Area in common."""
        # Most boxes lie apart, and a tracker asks this hundreds of times a frame: comparing alone tells them apart.
        if other.left >= self.right or self.left >= other.right:
            return 0.0
        if other.top >= self.bottom or self.top >= other.bottom:
            return 0.0
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else 0.0

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        common = self.overlap(other)
        return common / (self.area + other.area - common) if common > 0 else 0.0

    def covered_by(self, other: "Box") -> float:
        """The part of this box that lies in the other, 0 to 1."""
        common = self.overlap(other)
        return common / self.area if common > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed outline of three or more corners, given in order."""

    corners: tuple[Point, ...]

    @classmethod
    def of(cls, corners: Sequence[tuple[float, float]]) -> "Polygon":
        """Build from pairs of coordinates."""
        return cls(tuple(Point(x, y) for x, y in corners))

    @property
    def area(self) -> float:
        """Fraction of the picture it covers; what it is for an outline that crosses itself is not defined."""
        return _area(self.corners)

    @property
    def simple(self) -> bool:
        """Whether its edges meet at their common corners only."""
        edges = tuple(zip(self.corners, self.corners[1:] + self.corners[:1], strict=True))
        return len(set(self.corners)) == len(self.corners) and not any(
            _folds(one, other) if _chained(one, other) else _meet(one, other) for one, other in combinations(edges, 2)
        )

    def share_of(self, box: Box) -> float:
        """The part of a box that lies inside, 0 to 1."""
        part: Sequence[Point] = self.corners
        sides: tuple[Callable[[Point], float], ...] = (
            lambda at: at.x - box.left,
            lambda at: box.right - at.x,
            lambda at: at.y - box.top,
            lambda at: box.bottom - at.y,
        )
        for side in sides:
            part = _cut(part, side)
        return min(1.0, _area(part) / box.area) if box.area > 0 else 0.0

    def holds(self, point: Point) -> bool:
        """Whether a point lies inside (even-odd rule)."""
        inside = False
        corners = self.corners
        for here, there in zip(corners, corners[1:] + corners[:1], strict=True):
            if (here.y > point.y) != (there.y > point.y):
                crossing = here.x + (point.y - here.y) * (there.x - here.x) / (there.y - here.y)
                inside ^= point.x < crossing
        return inside


_Edge = tuple[Point, Point]


def _area(corners: Sequence[Point]) -> float:
    """Area of an outline by the shoelace formula; bridges of no width that cutting leaves behind cancel out."""
    rotated = (*corners[1:], *corners[:1])
    return abs(sum(here.x * there.y - there.x * here.y for here, there in zip(corners, rotated, strict=True))) / 2


def _cut(corners: Sequence[Point], side: Callable[[Point], float]) -> list[Point]:
    """The part of an outline where `side` is not negative (one pass of Sutherland and Hodgman's clipping)."""
    part: list[Point] = []
    for here, there in zip(corners, (*corners[1:], *corners[:1]), strict=True):
        near, far = side(here), side(there)
        if near >= 0:
            part.append(here)
        if (near >= 0) != (far >= 0):
            along = near / (near - far)
            part.append(Point(here.x + along * (there.x - here.x), here.y + along * (there.y - here.y)))
    return part


def _turn(one: Point, two: Point, three: Point) -> float:
    """Positive, negative or zero as the path turns to one side, to the other, or not at all."""
    return (two.x - one.x) * (three.y - one.y) - (two.y - one.y) * (three.x - one.x)


def _chained(one: _Edge, other: _Edge) -> bool:
    """Whether two edges of an outline without repeated corners follow each other."""
    return one[1] == other[0] or other[1] == one[0]


def _folds(one: _Edge, other: _Edge) -> bool:
    """Whether two edges that share a corner run back over each other."""
    (start, corner), (_, end) = (one, other) if one[1] == other[0] else (other, one)
    back = (start.x - corner.x) * (end.x - corner.x) + (start.y - corner.y) * (end.y - corner.y)
    return _turn(start, corner, end) == 0 and back > 0


def _meet(one: _Edge, other: _Edge) -> bool:
    """Whether two edges have a point in common."""
    (a, b), (c, d) = one, other
    if _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0:
        return True
    return any(_lies_on(point, edge) for point, edge in ((a, other), (b, other), (c, one), (d, one)))


def _lies_on(point: Point, edge: _Edge) -> bool:
    one, two = edge
    within = min(one.x, two.x) <= point.x <= max(one.x, two.x) and min(one.y, two.y) <= point.y <= max(one.y, two.y)
    return within and _turn(one, two, point) == 0
