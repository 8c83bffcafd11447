# SPDX-License-Identifier: Apache-2.0
"""A road of three lanes with known counts and speeds: flowing, jammed, with a car that drives the wrong way or stands.

Traffic comes in from 4 s to `leave_s`.

The ground is a plane: what is at row `y` is drawn at scale `(y - HORIZON_PX) / (scale 1 - HORIZON_PX)`, so that a
homography fits it without error. No two lanes overlap in the picture, since cars are all that drive in the nearer ones.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from edge.core.tracks import Kind
from edge.vision.sources.street.scenario import Play, Scenario
from edge.vision.sources.street.stage import HEIGHT_PX, WIDTH_PX, Actor, chance

HORIZON_PX = -160.0
_FULL_PX = 548.0
"""The row in which things are drawn at scale 1."""
_PX_PER_M = 250.0 / 4.5
"""At scale 1, by the length of a car."""
_DEPTH = 9600.0
"""Metres from the camera times rows below the horizon."""

KMH = 3.6
COUNT_PX = 640.0
"""Where every lane's counting line stands."""
STOP_LINE_PX = 1150.0
QUEUE = 4
SPACING_PX = 280.0
"""From car to car in the queue of `jam`."""
_MARGIN_PX = 260.0
_SLOT_S = 2.5
_FIRST_S = 4.0
_BRAKE_S = 2.0
_ARRIVE_S, _DEPART_S = 4.0, 1.5
_JAM_CAR, _ODD_CAR = 600, 700


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: its foot line in rows of the picture, which way it leads (1 is to the right) and how fast."""

    name: str
    number: int
    foot_px: float
    heading: int
    kmh: float

    @property
    def scale(self) -> float:
        """Of what drives in it."""
        return scale(self.foot_px)

    @property
    def px_s(self) -> float:
        """Pixels a second at the lane's usual speed."""
        return self.kmh / KMH * _PX_PER_M * self.scale


WEST, EAST, KERB = Lane("west", 1, 318.0, -1, 36.0), Lane("east", 2, 432.0, 1, 50.0), Lane("kerb", 3, 556.0, 1, 27.0)
LANES = (WEST, EAST, KERB)
WRONG_KMH = 22.0
"""Of the car in `wrongway`, which comes up the kerb lane against its direction."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A vehicle's middle is over its lane's counting line."""

    lane: str
    at_s: float
    kmh: float
    forward: bool


def scale(y_px: float) -> float:
    """Of what stands on a row of the picture."""
    return (y_px - HORIZON_PX) / (_FULL_PX - HORIZON_PX)


def metres(x_px: float, y_px: float) -> tuple[float, float]:
    """Where a point of the picture lies on the ground: to the right of the camera, and away from it."""
    return (x_px - WIDTH_PX / 2) / (_PX_PER_M * scale(y_px)), _DEPTH / (y_px - HORIZON_PX)


def pins() -> tuple[dict[str, tuple[float, float]], ...]:
    """Four points of the road as a technician would write them."""
    spots = ((100.0, 290.0), (1180.0, 290.0), (1180.0, 580.0), (100.0, 580.0))
    return tuple(
        {"picture": (x / WIDTH_PX, y / HEIGHT_PX), "metres": (round(m[0], 3), round(m[1], 3))}
        for x, y in spots
        for m in (metres(x, y),)
    )


def actors(scenario: Scenario, at_s: float) -> Iterator[Actor]:
    """Everybody on the road."""
    for lane in LANES:
        if lane is not _taken(scenario):
            yield from _passing(scenario, lane, at_s)
    if scenario.play is Play.JAM:
        yield from _queue(scenario, at_s)
    if scenario.play is Play.WRONGWAY:
        x_px = COUNT_PX - (at_s - scenario.stop_s) * WRONG_KMH / KMH * _PX_PER_M * KERB.scale
        if -_MARGIN_PX < x_px < WIDTH_PX + _MARGIN_PX:
            yield Actor(_ODD_CAR, Kind.CAR, 2, x_px, KERB.foot_px, KERB.scale, -1)
    if scenario.play is Play.BREAKDOWN:
        x_px = COUNT_PX - 200 + _driven(KERB, scenario.stop_s - at_s, at_s - scenario.leave_s)
        if -_MARGIN_PX < x_px < WIDTH_PX + _MARGIN_PX:
            yield Actor(_ODD_CAR, Kind.CAR, 2, x_px, KERB.foot_px, KERB.scale, 1)


def passages(scenario: Scenario, from_s: float, to_s: float) -> tuple[Passage, ...]:
    """Who crosses which counting line when, the traffic of `traffic` alone."""
    found = []
    for lane in LANES:
        if lane is _taken(scenario):
            continue
        for slot in range(math.floor(from_s / _SLOT_S) - 10, math.ceil(to_s / _SLOT_S)):
            entered_s, px_s = _entry(scenario, lane, slot)
            at_s = entered_s + (_MARGIN_PX + COUNT_PX) / px_s
            if _drives(scenario, lane, slot, entered_s) and from_s <= at_s < to_s:
                found.append(Passage(lane.name, at_s, px_s / (_PX_PER_M * lane.scale) * KMH, forward=True))
    return tuple(sorted(found, key=lambda one: one.at_s))


def queue_m(cars: int = QUEUE) -> float:
    """Length of the standing queue of `jam`, from the stop line to the rear of the last car."""
    return ((cars - 1) * SPACING_PX + 250.0 * EAST.scale) / (_PX_PER_M * EAST.scale)


def _taken(scenario: Scenario) -> Lane | None:
    """The lane in which there is no usual traffic."""
    return {Play.JAM: EAST, Play.WRONGWAY: KERB, Play.BREAKDOWN: KERB}.get(scenario.play)


def _drives(scenario: Scenario, lane: Lane, slot: int, entered_s: float) -> bool:
    """Whether a vehicle comes in that slot: none while the empty road is learnt, none after `leave_s`."""
    return (
        _FIRST_S <= entered_s < scenario.leave_s and chance(scenario.seed, lane.number, slot, 62) < scenario.cars / 10
    )


def _entry(scenario: Scenario, lane: Lane, slot: int) -> tuple[float, float]:
    """When the vehicle of a slot comes in, and how fast."""
    entered_s = (slot + 0.2 * chance(scenario.seed, lane.number, slot, 61)) * _SLOT_S
    return entered_s, lane.px_s * (0.9 + 0.2 * chance(scenario.seed, lane.number, slot, 63))


def _passing(scenario: Scenario, lane: Lane, at_s: float) -> Iterator[Actor]:
    span_px = WIDTH_PX + 2 * _MARGIN_PX
    newest = math.floor(at_s / _SLOT_S)
    for slot in range(newest - 10, newest + 1):
        entered_s, px_s = _entry(scenario, lane, slot)
        travelled_px = (at_s - entered_s) * px_s
        if not 0 <= travelled_px < span_px or not _drives(scenario, lane, slot, entered_s):
            continue
        from_left_px = travelled_px if lane.heading > 0 else span_px - travelled_px
        look = 1 + int(chance(scenario.seed, lane.number, slot, 64) * 1000)
        name = 1000 + 4 * slot + lane.number
        yield Actor(name, Kind.CAR, look, from_left_px - _MARGIN_PX, lane.foot_px, lane.scale, lane.heading)


def _queue(scenario: Scenario, at_s: float) -> Iterator[Actor]:
    """Cars that come to stand one behind the other, the first at `stop_s`, and move off in turn after `leave_s`."""
    first_px = STOP_LINE_PX - 125.0 * EAST.scale
    for number in range(QUEUE):
        stand_s = scenario.stop_s + number * _ARRIVE_S - at_s
        leave_s = at_s - max(scenario.leave_s, scenario.stop_s + QUEUE * _ARRIVE_S) - number * _DEPART_S
        x_px = first_px - number * SPACING_PX + _driven(EAST, stand_s, leave_s)
        if -_MARGIN_PX < x_px < WIDTH_PX + _MARGIN_PX:
            yield Actor(_JAM_CAR + number, Kind.CAR, 3 + number, x_px, EAST.foot_px, EAST.scale, 1)


def _driven(lane: Lane, before_s: float, after_s: float) -> float:
    """How far from its place a car is that brakes to a stand there and later moves off again."""
    return _run_up(lane, after_s) - _run_up(lane, before_s)


def _run_up(lane: Lane, moving_s: float) -> float:
    if moving_s <= 0:
        return 0.0
    if moving_s < _BRAKE_S:
        return lane.px_s * moving_s**2 / (2 * _BRAKE_S)
    return lane.px_s * (moving_s - _BRAKE_S / 2)
