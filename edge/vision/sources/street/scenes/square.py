# SPDX-License-Identifier: Apache-2.0
"""A square by the water: people come in by a gate on the left, stand, and leave again; one stays on the gate's line.

Twice `cars` people come, in two rows; the first goes farthest, and the last to come is the first to leave, `stay_s`
after coming to a stand, so that nobody walks through anybody. All of it is known to the frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from edge.core.tracks import Kind
from edge.vision.sources.street.scenario import Scenario
from edge.vision.sources.street.stage import HEIGHT_PX, WIDTH_PX, Actor, chance

HORIZON_PX = -160.0
_FULL_PX = 784.0
"""The row in which a person would be drawn at scale 1."""
_PX_PER_M = 152.0 / 1.7
_DEPTH = 10_600.0
"""Metres from the camera times rows below the horizon."""
GATE_PX = 330.0
GATE = ((GATE_PX / WIDTH_PX, 0.55), (GATE_PX / WIDTH_PX, 0.99))
INSIDE = (0.6, 0.8)
AREA = ((0.30, 0.54), (0.99, 0.54), (0.99, 0.99), (0.30, 0.99))
"""The square itself, corners in order, fractions of the picture."""
LOITERER_ID = 31

_ROWS_PX = (430.0, 690.0)
_LOITER_PX = 557.0
_WALK_M_S = 1.25
_FARTHEST_PX, _APART_PX = 1190.0, 105.0
_EVERY_S, _FIRST_S = 6.0, 5.0
_OUT_PX = -70.0


@dataclass(frozen=True, slots=True)
class Visit:
    """One person's visit: the place, and when it is reached and left; `px_s` how fast he walks."""

    id: int
    place_px: float
    foot_px: float
    px_s: float
    stands_s: float
    leaves_s: float

    def x_px(self, at_s: float) -> float:
        """Where along the row he is."""
        return self.place_px - self.px_s * (max(0.0, self.stands_s - at_s) + max(0.0, at_s - self.leaves_s))

    @property
    def enters_s(self) -> float:
        """When he crosses the gate's line on his way in."""
        return self.stands_s - (self.place_px - GATE_PX) / self.px_s

    @property
    def goes_s(self) -> float:
        """When he crosses it on his way out."""
        return self.leaves_s + (self.place_px - GATE_PX) / self.px_s


def scale(y_px: float) -> float:
    """Of who stands on a row of the picture."""
    return (y_px - HORIZON_PX) / (_FULL_PX - HORIZON_PX)


def metres(x_px: float, y_px: float) -> tuple[float, float]:
    """Where a point of the picture lies on the ground: to the right of the camera, and away from it."""
    return (x_px - WIDTH_PX / 2) / (_PX_PER_M * scale(y_px)), _DEPTH / (y_px - HORIZON_PX)


def pins() -> tuple[dict[str, tuple[float, float]], ...]:
    """Four points of the square as a technician would write them."""
    spots = ((100.0, 390.0), (1180.0, 390.0), (1180.0, 700.0), (100.0, 700.0))
    return tuple(
        {"picture": (x / WIDTH_PX, y / HEIGHT_PX), "metres": (round(m[0], 3), round(m[1], 3))}
        for x, y in spots
        for m in (metres(x, y),)
    )


def visits(scenario: Scenario) -> tuple[Visit, ...]:
    """Everybody who comes in."""
    made = []
    for row, foot_px in enumerate(_ROWS_PX):
        px_s = _WALK_M_S * _PX_PER_M * scale(foot_px)
        begun = [
            _FIRST_S + _EVERY_S * (number + row / 2) + chance(scenario.seed, row, number, 71)
            for number in range(scenario.cars)
        ]
        stood_s = max((at_s + _way_px(number) / px_s for number, at_s in enumerate(begun)), default=0.0)
        for number, at_s in enumerate(begun):
            leaves_s = stood_s + scenario.stay_s + _EVERY_S * (scenario.cars - 1 - number)
            place_px = _FARTHEST_PX - number * _APART_PX
            made.append(
                Visit(100 * row + number + 41, place_px, foot_px, px_s, at_s + _way_px(number) / px_s, leaves_s)
            )
    return tuple(made)


def actors(scenario: Scenario, at_s: float) -> Iterator[Actor]:
    """Everybody in the picture, the loiterer among them."""
    for visit in visits(scenario):
        x_px = visit.x_px(at_s)
        if x_px > _OUT_PX:
            heading = -1 if at_s > visit.leaves_s else 1
            yield Actor(visit.id, Kind.PERSON, 0, x_px, visit.foot_px, scale(visit.foot_px), heading)
    x_px = min(GATE_PX + 6 * (chance(scenario.seed, int(at_s * 2), 72) - 0.5), _OUT_PX + 60 * (at_s - 4))
    if x_px > _OUT_PX:
        yield Actor(LOITERER_ID, Kind.PERSON, 0, x_px, _LOITER_PX, scale(_LOITER_PX), 1)


def present(scenario: Scenario, at_s: float) -> int:
    """How many are within the gate."""
    return sum(visit.enters_s <= at_s < visit.goes_s for visit in visits(scenario))


def _way_px(number: int) -> float:
    return _FARTHEST_PX - number * _APART_PX - _OUT_PX
