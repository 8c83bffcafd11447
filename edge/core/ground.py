# SPDX-License-Identifier: Apache-2.0
"""From the picture to metres on the ground: the homography of a plane, fitted to points of which both are known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from edge.core.geometry import Point, Polygon
from edge.core.tables import Closed, Corner

LEAST_PIVOT = 1e-9
"""Below it, of coordinates scaled to 1, the points do not say where the plane lies."""
BEYOND = 0.02
"""Nearer to the horizon than this part of the way to the known points, a pixel is many metres."""
AMISS = 0.1
"""Part of the extent of all known points by which one may miss the plane before it is taken for a slip."""

_Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Metres:
    """A place on the ground, in the technician's own coordinates; which way they point is his choice."""

    x: float
    y: float

    def to(self, other: "Metres") -> float:
        """Distance in metres."""
        return math.hypot(other.x - self.x, other.y - self.y)


@dataclass(frozen=True, slots=True)
class Ground:
    """The plane of a road or a square as one fixed camera sees it: a 3 × 3 homography by rows, picture to metres.

    The last row is scaled so that its product is 1 in the middle of the points it was fitted to, 0 at the horizon.
    """

    matrix: _Matrix

    def metres(self, point: Point) -> Metres | None:
        """Where a point of the picture lies on the ground; None at the horizon and above it."""
        x, y, depth = (row[0] * point.x + row[1] * point.y + row[2] for row in self.matrix)
        return Metres(x / depth, y / depth) if depth > BEYOND else None

    def outline(self, corners: Sequence[tuple[float, float]]) -> tuple[Metres, ...] | None:
        """Corners on the ground; None if one of them lies beyond the horizon."""
        there = tuple(self.metres(Point(x, y)) for x, y in corners)
        known = tuple(place for place in there if place is not None)
        return known if len(known) == len(there) else None


class Pin(Closed):
    """A point whose place is known both in the picture and on the ground, such as a corner of a marking."""

    picture: Corner = Field(description="as fractions of the picture from its upper left")
    metres: tuple[float, float] = Field(description="on the ground, from an origin of your choice")


def fit_ground(pins: Sequence[Pin]) -> Ground:
    """The homography that fits four or more pins best, in least squares of the direct linear transformation.

    Both sides are centred and scaled first (Hartley, "In defense of the eight-point algorithm", 1997), so that a flat
    view is no worse than a steep one. Raises `PydanticCustomError`, a `ValueError` in words for a technician.
    """
    seen, there = _scaling([pin.picture for pin in pins]), _scaling([pin.metres for pin in pins])
    if len(pins) < 4 or seen is None or there is None:  # noqa: PLR2004  (eight unknowns, two from each)
        raise PydanticCustomError("ground-flat", _FLAT)
    rows, values = [], []
    for pin in pins:
        (x, y), (u, v) = seen.applied(pin.picture), there.applied(pin.metres)
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved = _least_squares(rows, values)
    if solved is None:
        raise PydanticCustomError("ground-flat", _FLAT)
    fitted = (solved[:3], solved[3:6], (*solved[6:], 1.0))
    ground = Ground(_product(_product(there.back, fitted), seen.forth))
    _check(ground, pins, there)
    return ground


def _fits(pins: tuple[Pin, ...]) -> tuple[Pin, ...]:
    fit_ground(pins)
    return pins


Pins = Annotated[
    tuple[Pin, ...],
    Field(
        min_length=4,
        max_length=64,
        description="four or more points known in the picture and in metres, no three of the first four in a line",
    ),
    AfterValidator(_fits),
]
"""What a technician measures of the ground before a camera."""


def area_m2(corners: Sequence[Metres]) -> float:
    """Area of an outline on the ground."""
    return Polygon.of([(place.x, place.y) for place in corners]).area


_FLAT = (
    "these points do not say where the ground lies: four of them must be the corners of a wide figure, both in the "
    "picture and in metres, with no three in a line and none given twice"
)


_EXCHANGED = "the points contradict each other: two of them seem to be exchanged, or x and y of one"
_OFF = "point {number} lies {miss_m} m from where the others would have it; measure it again"


@dataclass(frozen=True, slots=True)
class _Scaling:
    """Moves points to the origin and scales each axis to a mean distance of 1."""

    x: float
    y: float
    wide: float
    high: float

    def applied(self, point: tuple[float, float]) -> tuple[float, float]:
        return (point[0] - self.x) / self.wide, (point[1] - self.y) / self.high

    @property
    def forth(self) -> _Matrix:
        return (
            (1 / self.wide, 0.0, -self.x / self.wide),
            (0.0, 1 / self.high, -self.y / self.high),
            (0.0, 0.0, 1.0),
        )

    @property
    def back(self) -> _Matrix:
        return (self.wide, 0.0, self.x), (0.0, self.high, self.y), (0.0, 0.0, 1.0)


def _scaling(points: Sequence[tuple[float, float]]) -> _Scaling | None:
    """None if all points lie on one upright or level line, or there are none."""
    count = max(1, len(points))
    x, y = (sum(point[axis] for point in points) / count for axis in (0, 1))
    wide, high = (sum(abs(point[axis] - middle) for point in points) / count for axis, middle in enumerate((x, y)))
    return _Scaling(x, y, wide, high) if wide > LEAST_PIVOT and high > LEAST_PIVOT else None


def _least_squares(rows: Sequence[Sequence[float]], values: Sequence[float]) -> tuple[float, ...] | None:
    """The solution of the normal equations by elimination with pivoting; None if they have no single one."""
    size = len(rows[0])
    table = [
        [
            *(sum(row[i] * row[j] for row in rows) for j in range(size)),
            sum(row[i] * value for row, value in zip(rows, values, strict=True)),
        ]
        for i in range(size)
    ]
    for column in range(size):
        best = max(range(column, size), key=lambda row: abs(table[row][column]))
        if abs(table[best][column]) < LEAST_PIVOT:
            return None
        table[column], table[best] = table[best], table[column]
        for row in range(size):
            if row != column:
                part = table[row][column] / table[column][column]
                table[row] = [one - part * other for one, other in zip(table[row], table[column], strict=True)]
    return tuple(table[row][size] / table[row][row] for row in range(size))


def _product(one: _Matrix, other: _Matrix) -> _Matrix:
    return tuple(tuple(sum(row[k] * other[k][j] for k in range(3)) for j in range(3)) for row in one)


def _check(ground: Ground, pins: Sequence[Pin], there: _Scaling) -> None:
    """A point that is out of place by a slip of the pen twists the plane, or misses it."""
    limit_m = AMISS * (there.wide + there.high)
    for number, pin in enumerate(pins):
        at = ground.metres(Point(*pin.picture))
        if at is None:
            raise PydanticCustomError("ground-exchanged", _EXCHANGED)
        miss_m = at.to(Metres(*pin.metres))
        if miss_m > limit_m:
            facts = {"number": number + 1, "miss_m": f"{miss_m:.1f}"}
            raise PydanticCustomError("ground-off", _OFF, facts)
