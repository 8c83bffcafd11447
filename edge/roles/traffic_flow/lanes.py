# SPDX-License-Identifier: Apache-2.0
"""A lane in metres: how far along it something is, which way it is crossed, and where its queue begins."""

import math
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from edge.core.crossing import Line
from edge.core.geometry import Box, Point, Polygon
from edge.core.ground import Ground, Metres
from edge.core.tracks import Kind

_Pair = tuple[float, float]
_Stroke = tuple[_Pair, _Pair]

LEAST_M = 3.0
"""A shorter lane, or two points of a direction nearer together, measure nothing."""
LENGTHS_M = {Kind.TWO_WHEELER: 2.0, Kind.VAN: 5.2, Kind.BUS: 11.0, Kind.TRUCK: 8.0}
CAR_M = 4.5
"""Usual lengths: a vehicle seen from behind shows none of its own."""


@dataclass(frozen=True, slots=True)
class LaneMap:
    """One lane on the ground. `along` runs in metres from `begin_m` to `end_m` in the lane's direction.

    `forward_to` is the side of the counting line (+1 or -1) that traffic in the lane's direction comes to.
    """

    name: str
    outline: Polygon
    line: Line
    forward_to: int
    ground: Ground
    origin: Metres
    towards: tuple[float, float]
    begin_m: float
    end_m: float
    stop_m: float

    @property
    def length_m(self) -> float:
        """How much of it is watched."""
        return self.end_m - self.begin_m

    def along(self, point: Point) -> float | None:
        """How far along a point of the picture is; None beyond the horizon."""
        at = self.ground.metres(point)
        if at is None:
            return None
        return _along(at, self.origin, self.towards)

    def reach(self, kind: Kind, box: Box) -> tuple[float, float]:
        """Rear and front of a vehicle along the lane: what its footprint shows, and at least its kind's length."""
        corners = (Point(box.left, box.foot.y), box.foot, Point(box.right, box.foot.y))
        places = [place for place in (self.along(corner) for corner in corners) if place is not None]
        if not places:
            return self.end_m, self.end_m
        length_m = LENGTHS_M.get(kind, CAR_M)
        spare_m = max(0.0, length_m - (max(places) - min(places))) / 2
        return min(places) - spare_m, max(places) + spare_m


def lane_map(
    ground: Ground, name: str, polygon: tuple[_Pair, ...], direction: _Stroke, line: _Stroke, stop: _Stroke | None
) -> LaneMap:
    """The lane as its settings describe it. Raises `PydanticCustomError`."""
    outline = ground.outline(polygon)
    ends = ground.outline(direction)
    if outline is None or ends is None:
        raise PydanticCustomError("beyond-horizon", "it reaches up to the horizon, where nothing can be measured")
    length_m = ends[0].to(ends[1])
    if length_m < LEAST_M:
        said = "the two points of direction are {metres} m apart on the ground; give them farther apart"
        raise PydanticCustomError("direction-short", said, {"metres": f"{length_m:.1f}"})
    towards = (ends[1].x - ends[0].x) / length_m, (ends[1].y - ends[0].y) / length_m
    places = [_along(place, ends[0], towards) for place in outline]
    shape, counting = Polygon.of(polygon), _line(line)
    stop_m = max(places) if stop is None else _stop(ground, _line(stop), ends[0], towards)
    return LaneMap(
        name, shape, counting, _forward(counting, direction), ground, ends[0], towards, min(places), max(places), stop_m
    )


def _along(at: Metres, origin: Metres, towards: tuple[float, float]) -> float:
    return (at.x - origin.x) * towards[0] + (at.y - origin.y) * towards[1]


def _line(stroke: _Stroke) -> Line:
    if stroke[0] == stroke[1]:
        raise PydanticCustomError("line-point", "both ends of a line are the same point")
    return Line.of(*stroke)


def _forward(line: Line, direction: _Stroke) -> int:
    """The side of the line that the direction leads to; it must lead across it, not along it."""
    here, there = Point(*direction[0]), Point(*direction[1])
    change = line.off(there) - line.off(here)
    if abs(change) < 0.2 * math.hypot(there.x - here.x, there.y - here.y):
        said = "the counting line runs along the lane; draw it across, from one side to the other"
        raise PydanticCustomError("line-along", said)
    return 1 if change > 0 else -1


def _stop(ground: Ground, line: Line, origin: Metres, towards: tuple[float, float]) -> float:
    middle = ground.metres(Point((line.start.x + line.end.x) / 2, (line.start.y + line.end.y) / 2))
    if middle is None:
        raise PydanticCustomError("beyond-horizon", "the stop line lies beyond the horizon")
    return _along(middle, origin, towards)
