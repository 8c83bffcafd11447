# SPDX-License-Identifier: Apache-2.0
"""A quay: water behind, boats that sway at its edge, gulls over it, and at `stop_s` a person, then a van, for `stay_s`.

Without a stay (`cars=0`) nobody comes, and only boats and gulls are left to deceive.
"""

import math
from collections.abc import Iterator

from edge.core.tracks import Kind
from edge.vision.sources.street.scenario import Scenario
from edge.vision.sources.street.stage import HEIGHT_PX, WIDTH_PX, Actor, chance

EDGE_PX = 330.0
"""Where the water ends and the quay begins."""
QUAY_AREA = ((0.02, 0.50), (0.98, 0.50), (0.98, 0.97), (0.02, 0.97))
"""The apron, corners in order, fractions of the picture."""
PERSON_ID, VAN_ID = 11, 12
VAN_AFTER_S = 12.0
"""The van comes so long after the person."""

_STAND_PX, _STAND_FOOT_PX = 520.0, 560.0
_VAN_PX, _VAN_FOOT_PX = 860.0, 600.0
_WALK_PX_S, _DRIVE_PX_S = 90.0, 220.0
_OUT_PX = 700.0


def actors(scenario: Scenario, at_s: float) -> Iterator[Actor]:
    """Whoever is on the quay."""
    if not scenario.cars:
        return
    walked_px = _way(scenario.stop_s - at_s, at_s - scenario.leave_s, _WALK_PX_S)
    if abs(walked_px) < _OUT_PX:
        yield Actor(PERSON_ID, Kind.PERSON, 0, _STAND_PX + walked_px, _STAND_FOOT_PX, 1.0, 1)
    driven_px = _way(scenario.stop_s + VAN_AFTER_S - at_s, at_s - scenario.leave_s, _DRIVE_PX_S)
    if abs(driven_px) < _OUT_PX:
        yield Actor(VAN_ID, Kind.VAN, 3, _VAN_PX + driven_px, _VAN_FOOT_PX, 1.0, 1)


def boats(at_s: float) -> Iterator[tuple[float, float, float]]:
    """Middle, waterline and roll (radians) of each boat at the quay's edge."""
    for number, x_px in enumerate((210.0, 640.0, 1080.0)):
        phase = 2 * math.pi * (at_s / (4.0 + 0.7 * number) + number / 3)
        yield x_px + 9 * math.sin(phase), EDGE_PX + 3 + 7 * math.sin(1.3 * phase + 1), 0.05 * math.sin(phase)


def gulls(scenario: Scenario, at_s: float) -> Iterator[tuple[float, float, float]]:
    """Place and wing, -1 to 1, of each gull; now and then one stands on the apron for a while."""
    for number in range(4):
        turn, phase = divmod(at_s / 18 + number / 4, 1)
        y_px = 240 + 330 * chance(scenario.seed, number, int(turn), 21)
        yield phase * (WIDTH_PX + 80) - 40, y_px, math.sin(2 * math.pi * at_s * 2.5 + number)
    if at_s % 90 > 50:  # noqa: PLR2004 - forty seconds of each minute and a half
        yield 350.0, HEIGHT_PX * 0.8, 0.0


def _way(before_s: float, after_s: float, px_s: float) -> float:
    """How far from its place somebody is who comes from the left, stands, and goes on to the right."""
    return px_s * (max(0.0, after_s) - max(0.0, before_s))
