# SPDX-License-Identifier: Apache-2.0
"""A road on which something is lost behind a bus at `stop_s`, and taken away after `stay_s`; traffic passes over it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.core.geometry import Box
from edge.core.tracks import Kind
from edge.vision.sources.street.scenario import Matter, Scenario
from edge.vision.sources.street.stage import HEIGHT_PX, NEAR, WIDTH_PX, Actor

CARRIAGEWAY = ((0.0, 0.40), (1.0, 0.40), (1.0, 0.78), (0.0, 0.78))
"""The asphalt, corners in order, fractions of the picture."""
CARRIER_ID = 21
PLACE_PX = (700.0, 436.0)
SIZES_PX = {
    Matter.OIL: (150.0, 26.0),
    Matter.SAND: (120.0, 30.0),
    Matter.LOAD: (64.0, 36.0),
    Matter.BRANCH: (130.0, 34.0),
}
_HALF_A_BUS_PX = 210.0


@dataclass(frozen=True, slots=True)
class Lying:
    """Something on the road: what it is, its middle and its size in pixels."""

    matter: Matter
    x_px: float
    y_px: float
    wide_px: float
    high_px: float

    @property
    def box(self) -> Box:
        """Where it is, in fractions of the picture."""
        left, right = (self.x_px + side * self.wide_px / 2 for side in (-1, 1))
        top, bottom = (self.y_px + side * self.high_px / 2 for side in (-1, 1))
        return Box(left / WIDTH_PX, top / HEIGHT_PX, right / WIDTH_PX, bottom / HEIGHT_PX)


def lying(scenario: Scenario, at_s: float) -> Lying | None:
    """What lies on the road now."""
    if scenario.matter is Matter.NONE or not scenario.stop_s <= at_s < scenario.leave_s:
        return None
    return Lying(scenario.matter, *PLACE_PX, *SIZES_PX[scenario.matter])


def actors(scenario: Scenario, at_s: float, traffic: Sequence[Actor]) -> Iterator[Actor]:
    """Traffic, and the bus that loses it: its rear passes the place at `stop_s`."""
    x_px = PLACE_PX[0] + _HALF_A_BUS_PX + (at_s - scenario.stop_s) * NEAR.speed_px_s
    if scenario.matter is Matter.NONE or not -300 < x_px < WIDTH_PX + 300:  # noqa: PLR2004 - a bus and its shadow
        yield from traffic
        return
    for one in traffic:
        if one.foot_px != NEAR.foot_px or abs(one.x_px - x_px) > NEAR.speed_px_s * 2:
            yield one
    yield Actor(CARRIER_ID, Kind.BUS, 0, x_px, NEAR.foot_px, NEAR.scale, NEAR.heading)
