# SPDX-License-Identifier: Apache-2.0
"""What scenes add to a picture beside vehicles and people: water, boats, gulls, lost things, and the weather."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.source import Image
from edge.vision.sources.street.scenario import Matter, Play, Scenario, Weather
from edge.vision.sources.street.scenes import quay, spill
from edge.vision.sources.street.stage import HEIGHT_PX, WIDTH_PX, Actor, chance

_SHADE = (0.58, 0.53, 0.49)
"""Of the light, blue-green-red: what is left in a shadow comes from the sky."""
_COLOURS = {
    Matter.OIL: (38, 36, 36),
    Matter.SAND: (120, 168, 196),
    Matter.LOAD: (48, 84, 150),
    Matter.BRANCH: (52, 92, 60),
}
_ROAD = slice(260, 566)
_DROPS = 700


def quay_backdrop(seed: int) -> Image:
    """Sea, the quay's edge with bollards, and its apron of concrete slabs."""
    picture = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    picture[:120] = (214, 200, 186)
    edge = int(quay.EDGE_PX)
    picture[120:edge] = (126, 112, 78)
    picture[edge:] = (142, 148, 150)
    picture[edge : edge + 10] = (96, 100, 104)
    for y in (430, 520, 620):
        cv2.line(picture, (0, y), (WIDTH_PX, y), (122, 128, 130), 2, cv2.LINE_AA)
    for x in range(-400, WIDTH_PX + 400, 160):
        cv2.line(picture, (x + (x - 640) // -6, edge + 10), (x, HEIGHT_PX), (122, 128, 130), 2, cv2.LINE_AA)
    for x in range(100, WIDTH_PX, 270):
        cv2.rectangle(picture, (x, edge - 4), (x + 22, edge + 22), (36, 148, 196), -1)
    grain = np.random.default_rng(seed).normal(0, 4, (HEIGHT_PX, WIDTH_PX, 1))
    return np.asarray(np.clip(picture + grain, 0, 255), np.uint8)


def paint_ground(picture: Image, scenario: Scenario, at_s: float) -> None:
    """What lies under everybody's feet: lost matter, shadows, puddles; and boats, which nobody walks behind."""
    if scenario.play is Play.QUAY:
        _boats(picture, at_s)
    if scenario.play is Play.SPILL and (one := spill.lying(scenario, at_s)) is not None:
        _lay(picture, one, scenario.seed)
    if scenario.weather in {Weather.SHADOW, Weather.CLOUDS}:
        _shadows(picture, scenario, at_s)
    if scenario.weather is Weather.RAIN:
        _puddles(picture, scenario, at_s)


def paint_over(picture: Image, scenario: Scenario, at_s: float, cast: tuple[Actor, ...]) -> Image:
    """What comes between the scene and the camera: gulls, the dark with its lamps, rain."""
    if scenario.play is Play.QUAY:
        _gulls(picture, scenario, at_s)
    match scenario.weather:
        case Weather.NIGHT:
            return _night(picture, cast)
        case Weather.RAIN:
            return _rain(picture, scenario, at_s)
        case Weather.CLOUDS:
            return _scaled(picture, 1.0 - 0.45 * _cloud(at_s))
        case _:
            return picture


def _cloud(at_s: float) -> float:
    """1 while a cloud is before the sun, 0 when it is not; it comes and goes within seconds, each two minutes."""
    return min(1.0, max(0.0, 4 * math.sin(2 * math.pi * at_s / 120)))


def _lay(picture: Image, one: spill.Lying, seed: int) -> None:
    middle = (round(one.x_px), round(one.y_px))
    half = (round(one.wide_px / 2), round(one.high_px / 2))
    mask = np.zeros(picture.shape[:2], np.uint8)
    if one.matter is Matter.LOAD:
        cv2.rectangle(
            mask, (middle[0] - half[0], middle[1] - half[1]), (middle[0] + half[0], middle[1] + half[1]), 255, -1
        )
    elif one.matter is Matter.BRANCH:
        for number in range(14):
            x = middle[0] - half[0] + number * half[0] // 7
            lean = round((chance(seed, number, 31) - 0.5) * 2 * half[1])
            cv2.line(mask, (x, middle[1]), (x + 14, middle[1] + lean), 255, 5, cv2.LINE_AA)
        cv2.line(mask, (middle[0] - half[0], middle[1] + 4), (middle[0] + half[0], middle[1] - 4), 255, 6, cv2.LINE_AA)
    else:
        cv2.ellipse(mask, middle, half, 0, 0, 360, 230, -1, cv2.LINE_AA)
    _mix(picture, mask, _COLOURS[one.matter])


def _mix(picture: Image, mask: Image | NDArray[np.uint8], colour: tuple[int, int, int]) -> None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    area = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    part = mask[area][..., None].astype(np.float32) / 255
    picture[area] = (picture[area] * (1 - part) + np.array(colour, np.float32) * part).astype(np.uint8)


def _shadows(picture: Image, scenario: Scenario, at_s: float) -> None:
    """Of a pole and of trees; the sun moves them along. Under a cloud there are none."""
    sun = 1.0 if scenario.weather is Weather.SHADOW else 1.0 - _cloud(at_s)
    shade = np.zeros((_ROAD.stop - _ROAD.start, WIDTH_PX), np.uint8)
    creep = 0.35 * at_s
    pole = 300 + creep
    cv2.fillConvexPoly(shade, np.array([(pole, 0), (pole + 26, 0), (pole + 130, 306), (pole + 88, 306)], np.int32), 255)
    for number in range(3):
        x = 560 + 260 * number + creep
        for leaf in range(12):
            at = (
                x + 90 * (chance(scenario.seed, number, leaf, 41) - 0.5),
                200 + 90 * chance(scenario.seed, number, leaf, 42),
            )
            cv2.circle(shade, (round(at[0]), round(at[1])), 16 + leaf, 255, -1, cv2.LINE_AA)
    part = (cv2.blur(shade, (9, 9)).astype(np.float32) / 255 * sun)[..., None]
    lit = 1 - part * (1 - np.array(_SHADE, np.float32))
    picture[_ROAD] = (picture[_ROAD] * lit).astype(np.uint8)


def _wet(at_s: float) -> float:
    """From 0 dry to 1 wet: the rain begins after half a minute and lasts for two."""
    return min(1.0, max(0.0, (at_s - 30) / 12)) * min(1.0, max(0.0, 1 - (at_s - 170) / 120))


def _puddles(picture: Image, scenario: Scenario, at_s: float) -> None:
    road = picture[_ROAD].astype(np.float32) * (1 - 0.3 * _wet(at_s))
    picture[_ROAD] = road.astype(np.uint8)
    for number in range(9):
        grown = min(1.0, max(0.0, (at_s - 45 - 6 * number) / 60)) * _wet(at_s)
        if grown > 0.05:  # noqa: PLR2004 - smaller than a pixel
            x, y = chance(scenario.seed, number, 51) * WIDTH_PX, 290 + 250 * chance(scenario.seed, number, 52)
            half = (max(1, round(70 * grown)), max(1, round(14 * grown)))
            mask = np.zeros(picture.shape[:2], np.uint8)
            cv2.ellipse(mask, (round(x), round(y)), half, 0, 0, 360, 150, -1, cv2.LINE_AA)
            _mix(picture, mask, (150, 140, 132))


def _rain(picture: Image, scenario: Scenario, at_s: float) -> Image:
    tick = round(at_s * 1000)
    drops = np.random.default_rng((scenario.seed, tick)).random((round(_DROPS * _wet(at_s)), 2))
    for x, y in drops:
        here = (round(x * WIDTH_PX), round(y * HEIGHT_PX))
        cv2.line(picture, here, (here[0] - 3, here[1] + 16), (178, 176, 174), 1, cv2.LINE_AA)
    return picture


def _night(picture: Image, cast: tuple[Actor, ...]) -> Image:
    """A quarter of the light, sodium lamps above, and a cone before every vehicle."""
    light = np.full((HEIGHT_PX // 8, WIDTH_PX // 8), 0.16, np.float32)
    for x in (20, 80, 140):
        cv2.circle(light, (x, 56), 26, 0.34, -1)
    for actor in cast:
        if actor.box.width > 2 * actor.box.height / 3:
            front = (actor.x_px + actor.heading * 130 * actor.scale) / 8
            tip = front + actor.heading * 26 * actor.scale
            foot = actor.foot_px / 8
            cone = np.array([(front, foot - 3), (tip, foot - 8), (tip, foot + 5)], np.int32)
            cv2.fillConvexPoly(light, cone, 0.8)
    whole = cv2.resize(cv2.blur(light, (9, 9)), (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    tint = np.array((0.78, 0.92, 1.0), np.float32)
    return np.asarray(picture * (np.asarray(whole)[..., None] * tint), np.uint8)


def _scaled(picture: Image, gain: float) -> Image:
    return np.asarray(cv2.convertScaleAbs(picture, alpha=gain), np.uint8)


def _boats(picture: Image, at_s: float) -> None:
    for x, y, roll in quay.boats(at_s):
        hull = np.array([(-150, -34), (150, -40), (118, 6), (-118, 8)], np.float32)
        cabin = np.array([(-60, -96), (20, -96), (34, -36), (-60, -34)], np.float32)
        turn = np.array([(math.cos(roll), math.sin(roll)), (-math.sin(roll), math.cos(roll))], np.float32)
        for shape, colour in ((cabin, (206, 210, 214)), (hull, (110, 58, 40))):
            cv2.fillConvexPoly(picture, (shape @ turn + (x, y)).astype(np.int32), colour, cv2.LINE_AA)


def _gulls(picture: Image, scenario: Scenario, at_s: float) -> None:
    for x, y, wing in quay.gulls(scenario, at_s):
        points = [(x - 16, y - 9 * wing), (x, y), (x + 16, y - 9 * wing)]
        cv2.polylines(picture, [np.array(points, np.int32)], isClosed=False, color=(236, 236, 236), thickness=4)
        cv2.ellipse(picture, (round(x), round(y)), (9, 5), 0, 0, 360, (230, 230, 230), -1, cv2.LINE_AA)
