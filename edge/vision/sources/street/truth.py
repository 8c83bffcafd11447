# SPDX-License-Identifier: Apache-2.0
"""Who is where in a simulated street at any time: pure arithmetic, so that a test knows without a picture."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from edge.core.geometry import Box
from edge.core.tracks import Kind
from edge.vision.sources.street.scenario import Play, Scenario
from edge.vision.sources.street.scenes import quay, spill, square, traffic
from edge.vision.sources.street.stage import (
    CRUISE_PX_S,
    FAR,
    KERB,
    NEAR,
    PAVEMENT_FOOT_PX,
    WIDTH_PX,
    Actor,
    Lane,
    chance,
)

NO_STOPPING_ZONE = ((0.281, 0.664), (0.719, 0.664), (0.742, 0.782), (0.258, 0.782))
"""The yellow box at the kerb, corners in order, fractions of the picture."""

STOP_X_PX = 640.0
STOPPER_ID, WALKER_ID = 1, 2

_BRAKE_S = 2.5
_WALK_PX_S = 75.0
_SLOT_S = 2.0
_QUEUE_GAP_PX = 340.0
_QUEUE_CYCLE_S = 8.0
_QUEUE_MOVING_S = 5.0
_QUEUE_HEAD_PX = -60.0
"""Where the head of the queue is at the beginning: outside, so that the street can be seen empty first."""
_MARGIN_PX = 260.0
_PATIENT_ARRIVING_S, _PATIENT_LEAVING_S = (-7.5, -0.5), (-6.0, 3.0)
"""When nobody enters the near lane, counted from the stop and from the departure."""
_BUSES, _VANS = 0.08, 0.17
"""Shares of traffic."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing as a perfect observer would tell it: its box within the picture, and whether it stands in the zone."""

    id: int
    kind: Kind
    box: Box
    parked: bool


def truth(scenario: Scenario, at_s: float) -> tuple[Thing, ...]:
    """Everything in the picture `at_s` seconds after the beginning, farthest first."""
    whole = Box(0, 0, 1, 1)
    return tuple(
        Thing(actor.id, actor.kind, _clip(actor.box), actor.parked)
        for actor in actors(scenario, at_s)
        if actor.box.overlap(whole) > 0
    )


def actors(scenario: Scenario, at_s: float) -> tuple[Actor, ...]:
    """Everything to be painted, farthest first, so that what is nearer covers what is behind."""
    match scenario.play:
        case Play.QUIET:
            return ()
        case Play.DEMO:
            passing = [*_passing(scenario, FAR, at_s), *_passing(scenario, NEAR, at_s)]
            return _farthest_first([*passing, *_stopper(scenario, at_s), *_walker(scenario, at_s)])
        case Play.BUSY:
            return _farthest_first([*_passing(scenario, FAR, at_s), *_queue(scenario, at_s)])
        case Play.QUAY:
            return _farthest_first(list(quay.actors(scenario, at_s)))
        case Play.SPILL:
            passing = [one for lane in (FAR, NEAR) for one in _passing(scenario, lane, at_s)]
            return _farthest_first(list(spill.actors(scenario, at_s, passing)))
        case Play.TRAFFIC | Play.JAM | Play.WRONGWAY | Play.BREAKDOWN:
            return _farthest_first(list(traffic.actors(scenario, at_s)))
        case Play.SQUARE:
            return _farthest_first(list(square.actors(scenario, at_s)))
        case _:
            assert_never(scenario.play)


def _farthest_first(cast: list[Actor]) -> tuple[Actor, ...]:
    return tuple(sorted(cast, key=lambda actor: actor.foot_px))


def _stopper(scenario: Scenario, at_s: float) -> Iterator[Actor]:
    before_s, after_s = scenario.stop_s - at_s, at_s - scenario.leave_s
    travelled_px = _run_up(after_s) - _run_up(before_s)
    drift = _smooth((before_s - 0.5) / 2.6) + _smooth((after_s - 0.3) / 2.6)
    if abs(travelled_px) < WIDTH_PX / 2 + _MARGIN_PX:
        yield Actor(
            STOPPER_ID,
            Kind.CAR,
            0,
            STOP_X_PX + travelled_px,
            KERB.foot_px + (NEAR.foot_px - KERB.foot_px) * drift,
            KERB.scale + (NEAR.scale - KERB.scale) * drift,
            KERB.heading,
            parked=before_s <= 0 and after_s <= 0,
        )


def _run_up(moving_s: float) -> float:
    """Distance covered in the time between standing and now, with even acceleration up to cruising speed."""
    if moving_s <= 0:
        return 0.0
    if moving_s < _BRAKE_S:
        return CRUISE_PX_S * moving_s**2 / (2 * _BRAKE_S)
    return CRUISE_PX_S * (moving_s - _BRAKE_S / 2)


def _walker(scenario: Scenario, at_s: float) -> Iterator[Actor]:
    x_px = STOP_X_PX + _WALK_PX_S * (at_s - scenario.stop_s - scenario.stay_s / 2)
    if -_MARGIN_PX < x_px < WIDTH_PX + _MARGIN_PX:
        yield Actor(WALKER_ID, Kind.PERSON, 0, x_px, PAVEMENT_FOOT_PX, 1.0, 1)


def _passing(scenario: Scenario, lane: Lane, at_s: float) -> Iterator[Actor]:
    span_px = WIDTH_PX + 2 * _MARGIN_PX
    newest = math.floor(at_s / _SLOT_S)
    for slot in range(newest - math.ceil(span_px / lane.speed_px_s / _SLOT_S) - 1, newest + 1):
        entered_s = (slot + 0.3 * chance(scenario.seed, lane.number, slot, 1)) * _SLOT_S
        travelled_px = (at_s - entered_s) * lane.speed_px_s
        free = chance(scenario.seed, lane.number, slot, 2) >= scenario.cars / 10
        if free or not 0 <= travelled_px < span_px or _would_meet_stopper(scenario, lane, entered_s):
            continue
        from_left_px = travelled_px if lane.heading > 0 else span_px - travelled_px
        kind, look = _vehicle(scenario, lane.number, slot)
        yield Actor(
            100 + 2 * (slot + 1000) + lane.number % 2,
            kind,
            look,
            from_left_px - _MARGIN_PX,
            lane.foot_px,
            lane.scale,
            lane.heading,
        )


def _would_meet_stopper(scenario: Scenario, lane: Lane, entered_s: float) -> bool:
    """Whether a car would run into the one that brakes or pulls out: drivers behind it are patient, and come later."""
    if scenario.play is not Play.DEMO or lane is not NEAR:
        return False
    spans = ((scenario.stop_s, _PATIENT_ARRIVING_S), (scenario.leave_s, _PATIENT_LEAVING_S))
    return any(instant + span[0] < entered_s < instant + span[1] for instant, span in spans)


def _vehicle(scenario: Scenario, *place: int) -> tuple[Kind, int]:
    drawn = chance(scenario.seed, *place, 3)
    look = 1 + int(chance(scenario.seed, *place, 4) * 1000)
    return (Kind.BUS if drawn < _BUSES else Kind.VAN if drawn < _BUSES + _VANS else Kind.CAR), look


def _queue(scenario: Scenario, at_s: float) -> Iterator[Actor]:
    cycle, phase_s = divmod(at_s, _QUEUE_CYCLE_S)
    share = min(1.0, phase_s / _QUEUE_MOVING_S)
    ahead_px = _QUEUE_HEAD_PX + 275.0 * (cycle + share - math.sin(2 * math.pi * share) / (2 * math.pi))
    last = math.floor(ahead_px / _QUEUE_GAP_PX)
    first = math.ceil((ahead_px - WIDTH_PX - 2 * _MARGIN_PX) / _QUEUE_GAP_PX)
    for place in range(max(0, first), last + 1):
        look = 1 + int(chance(scenario.seed, place, 5) * 1000)
        x_px = ahead_px - place * _QUEUE_GAP_PX - _MARGIN_PX
        yield Actor(10_000 + place, Kind.CAR, look, x_px, KERB.foot_px, KERB.scale, KERB.heading)


def _smooth(share: float) -> float:
    """From 0 to 1 without a jerk."""
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


def _clip(box: Box) -> Box:
    return Box(max(0.0, box.left), max(0.0, box.top), min(1.0, box.right), min(1.0, box.bottom))
