# SPDX-License-Identifier: Apache-2.0
"""The street itself, drawn once: houses, trees, kerbs, asphalt, the yellow box and its sign."""

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.source import Image
from edge.vision.sources.street.stage import HEIGHT_PX, WIDTH_PX
from edge.vision.sources.street.truth import NO_STOPPING_ZONE

Colour = tuple[int, int, int]
_HOUSES_END, _FAR_KERB, _ROAD_END, _NEAR_KERB = 196, 252, 566, 584
_YELLOW = (62, 186, 226)
_WHITE = (204, 210, 210)


@dataclass(frozen=True, slots=True)
class Foreground:
    """A part of the picture that covers whatever moves behind it; `mask` is 1 where it does."""

    area: tuple[slice, slice]
    colours: Image
    mask: Image


def backdrop(seed: int) -> Image:
    """The empty street in daylight."""
    chance = np.random.default_rng(seed)
    picture = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    _draw_houses(picture, chance)
    _draw_far_pavement(picture)
    _draw_road(picture)
    _draw_near_pavement(picture)
    _texture(picture, chance)
    _draw_trees(picture, chance)
    return _light(picture)


def sign(ground: Image) -> Foreground:
    """The no-stopping sign, which stands nearer than anything that drives."""
    with_sign = ground.copy()
    _draw_sign(with_sign)
    area = (slice(415, 640), slice(930, 1006))
    return Foreground(area, with_sign[area], (with_sign[area] != ground[area]).any(2).astype(np.uint8))


def noise(seed: int, level: float) -> Image:
    """A field of sensor noise around 128, somewhat larger than the picture, to be cut from at changing places."""
    chance = np.random.default_rng(seed + 1)
    grain = 128 + level * chance.standard_normal((HEIGHT_PX + 64, WIDTH_PX + 128, 3), np.float32)
    return np.asarray(np.clip(np.rint(grain), 0, 255), np.uint8)


def _draw_houses(picture: Image, chance: np.random.Generator) -> None:
    left = -20
    fronts = ((150, 168, 186), (132, 146, 158), (168, 176, 180), (116, 138, 166), (150, 156, 150), (128, 144, 172))
    for number in range(9):
        right = left + int(chance.integers(140, 210))
        front = fronts[number % len(fronts)]
        cv2.rectangle(picture, (left, 0), (right, _HOUSES_END), front, -1)
        _draw_windows(picture, (left, right), front, chance)
        _draw_shop(picture, (left, right), chance)
        cv2.line(picture, (right, 0), (right, _HOUSES_END), _tone(front, 0.6), 3, cv2.LINE_AA)
        left = right
    cv2.rectangle(picture, (0, _HOUSES_END - 5), (WIDTH_PX, _HOUSES_END), (92, 96, 98), -1)


def _draw_windows(picture: Image, span: tuple[int, int], front: Colour, chance: np.random.Generator) -> None:
    cv2.rectangle(picture, (span[0], 92), (span[1], 98), _tone(front, 1.16), -1)
    for top in (4, 50):
        for x in range(span[0] + 16, span[1] - 28, 38):
            glass = _tone((122, 106, 88), float(chance.uniform(0.65, 1.3)))
            cv2.rectangle(picture, (x - 2, top - 2), (x + 24, top + 34), _tone(front, 1.2), -1)
            cv2.rectangle(picture, (x, top), (x + 22, top + 32), glass, -1)
            cv2.line(picture, (x + 11, top), (x + 11, top + 32), _tone(front, 1.1), 1)
            cv2.line(picture, (x + 3, top + 28), (x + 10, top + 6), _tone(glass, 1.25), 1, cv2.LINE_AA)
            cv2.rectangle(picture, (x - 4, top + 34), (x + 26, top + 36), _tone(front, 0.7), -1)


def _draw_shop(picture: Image, span: tuple[int, int], chance: np.random.Generator) -> None:
    awnings = ((70, 70, 158), (110, 122, 62), (140, 96, 52), (64, 124, 168), (96, 84, 110))
    awning = awnings[int(chance.integers(len(awnings)))]
    left, right = span[0] + 8, span[1] - 8
    cv2.rectangle(picture, (left, 104), (right, _HOUSES_END), (70, 74, 78), -1)
    panes = np.linspace(left + 3, right - 3, 4).astype(int)
    for start, end in itertools.pairwise(panes):
        glow = _tone((96, 112, 120), float(chance.uniform(0.75, 1.35)))
        cv2.rectangle(picture, (int(start) + 1, 134), (int(end) - 1, _HOUSES_END - 8), glow, -1)
        cv2.line(picture, (int(start) + 8, 182), (int(end) - 12, 140), _tone(glow, 1.2), 2, cv2.LINE_AA)
    for number, x in enumerate(range(left, right - 8, 12)):
        stripe = awning if number % 2 else (206, 210, 210)
        corners = np.array([(x, 108), (x + 12, 108), (x + 12, 130), (x, 130)], np.int32)
        cv2.fillConvexPoly(picture, corners, stripe, cv2.LINE_AA)
        cv2.circle(picture, (x + 6, 130), 5, _tone(stripe, 0.94), -1, cv2.LINE_AA)


def _draw_far_pavement(picture: Image) -> None:
    picture[_HOUSES_END:_FAR_KERB] = (146, 152, 156)
    for y in (208, 222, 238):
        cv2.line(picture, (0, y), (WIDTH_PX, y), (124, 130, 134), 1, cv2.LINE_AA)
    for x in range(-100, WIDTH_PX + 100, 30):
        lean = (x - WIDTH_PX // 2) // 26
        cv2.line(picture, (x, _HOUSES_END), (x + lean, _FAR_KERB), (128, 134, 138), 1, cv2.LINE_AA)
    picture[_FAR_KERB - 6 : _FAR_KERB] = (170, 176, 178)
    picture[_FAR_KERB : _FAR_KERB + 4] = (96, 98, 100)


def _draw_road(picture: Image) -> None:
    rows = np.linspace(104, 88, _ROAD_END - _FAR_KERB - 4)[:, None, None]
    picture[_FAR_KERB + 4 : _ROAD_END] = (rows * np.array([1.0, 0.985, 0.97])).astype(np.uint8)
    cv2.line(picture, (0, 266), (WIDTH_PX, 266), _tone(_WHITE, 0.86), 2, cv2.LINE_AA)
    for y in (352, 357):
        cv2.line(picture, (0, y), (WIDTH_PX, y), _tone(_YELLOW, 0.84), 2, cv2.LINE_AA)
    for x in range(-60, WIDTH_PX, 150):
        dash = np.array([(x, 454), (x + 72, 454), (x + 73, 459), (x - 1, 459)], np.int32)
        cv2.fillConvexPoly(picture, dash, _tone(_WHITE, 0.9), cv2.LINE_AA)
    _draw_yellow_box(picture)
    cv2.ellipse(picture, (1050, 400), (23, 9), 0, 0, 360, (66, 68, 70), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (1050, 400), (23, 9), 0, 0, 360, (110, 112, 112), 1, cv2.LINE_AA)


def _draw_yellow_box(picture: Image) -> None:
    corners = [(x * WIDTH_PX, y * HEIGHT_PX) for x, y in NO_STOPPING_ZONE]
    outline = np.rint(np.array(corners, np.float32)).astype(np.int32)
    paint = np.zeros_like(picture)
    for x in range(int(corners[3][0]) - 80, int(corners[2][0]) + 80, 44):
        cv2.line(paint, (x, 563), (x + 106, 478), _YELLOW, 3, cv2.LINE_AA)
        cv2.line(paint, (x + 106, 563), (x, 478), _YELLOW, 3, cv2.LINE_AA)
    inside = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(inside, [outline], 255)
    paint[inside == 0] = 0
    cv2.polylines(paint, [outline], isClosed=True, color=_YELLOW, thickness=5, lineType=cv2.LINE_AA)
    kerb_lane = slice(470, 576)
    worn = (paint[kerb_lane].max(2, keepdims=True) / _YELLOW[2]) * 0.86
    picture[kerb_lane] = np.clip(picture[kerb_lane] * (1 - worn) + np.array(_YELLOW) * worn, 0, 255).astype(np.uint8)


def _draw_near_pavement(picture: Image) -> None:
    picture[_ROAD_END : _ROAD_END + 5] = (70, 72, 74)
    picture[_ROAD_END + 5 : _NEAR_KERB] = (172, 178, 180)
    for x in range(0, WIDTH_PX, 64):
        cv2.line(picture, (x, _ROAD_END + 5), (x - 2, _NEAR_KERB), (134, 140, 142), 2, cv2.LINE_AA)
    for x in range(352, 936, 32):
        if (x // 32) % 2:
            picture[_ROAD_END + 5 : _NEAR_KERB - 2, x : x + 32] = _YELLOW
    picture[_NEAR_KERB:] = (150, 158, 164)
    rows = (600, 620, 644, 674, 712)
    for number, (top, bottom) in enumerate(zip((_NEAR_KERB, *rows), (*rows, HEIGHT_PX), strict=True)):
        cv2.line(picture, (0, bottom), (WIDTH_PX, bottom), (126, 134, 140), 1, cv2.LINE_AA)
        for x in range(-200, WIDTH_PX + 240, 52 + 4 * number):
            shift = (number % 2) * (26 + 2 * number)
            lean = (x - WIDTH_PX // 2) * (bottom - top) // 620
            cv2.line(picture, (x + shift, top), (x + shift + lean, bottom), (126, 134, 140), 1, cv2.LINE_AA)
    picture[622:642] = _blend(picture[622:642], (92, 168, 198), 0.72)
    for x in range(0, WIDTH_PX, 9):
        cv2.line(picture, (x, 626), (x, 638), (84, 148, 176), 2)


def _texture(picture: Image, chance: np.random.Generator) -> None:
    """Grain, patches and tyre marks, so that no area is flat: flat areas would flatter every detector."""
    grain = sum(level * _grain(chance, size) for size, level in ((1, 5.0), (8, 2.5), (64, 4.0)))
    rows = np.arange(HEIGHT_PX, dtype=np.float32)
    wheels = np.array((312, 334, 408, 430, 520, 546))
    tracks = -6.0 * np.exp(-(((rows[:, None] - wheels) / 7) ** 2)).sum(1)
    tracks[:_FAR_KERB] = tracks[_ROAD_END:] = 0
    picture[:] = np.clip(picture + (grain + tracks[:, None])[..., None], 0, 255).astype(np.uint8)


def _grain(chance: np.random.Generator, size_px: int) -> NDArray[np.float32]:
    """Chance with a grain of some size and a deviation of 1; drawn small and enlarged, since wide blurs are dear."""
    coarse = chance.standard_normal((HEIGHT_PX // size_px + 2, WIDTH_PX // size_px + 2), np.float32)
    fine = np.asarray(cv2.resize(coarse, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC), np.float32)
    soft = np.asarray(cv2.GaussianBlur(fine, (3, 3), 0), np.float32)
    return np.asarray(soft / soft.std(), np.float32)


def _draw_trees(picture: Image, chance: np.random.Generator) -> None:
    for x in (92, 356, 640, 934, 1190):
        cv2.rectangle(picture, (x - 16, 226), (x + 16, 244), (62, 78, 92), -1)
        trunk = np.array([(x - 5, 236), (x - 3, 110), (x + 3, 110), (x + 5, 236)], np.int32)
        cv2.fillConvexPoly(picture, trunk, (58, 74, 88), cv2.LINE_AA)
        for leaf in range(420):
            reach, turn = float(chance.uniform(0, 1)) ** 0.6, float(chance.uniform(0, 2 * np.pi))
            spot = (round(x + 62 * reach * np.cos(turn)), round(58 + 56 * reach * np.sin(turn)))
            lit = 0.62 + 0.5 * leaf / 420 + 0.12 * np.cos(turn + 2.2)
            cv2.circle(picture, spot, int(chance.integers(4, 9)), _tone((58, 122, 84), float(lit)), -1, cv2.LINE_AA)


def _draw_sign(picture: Image) -> None:
    """No stopping: GB 5768.2, blue in a red ring with a red cross."""
    x, y = 968, 452
    cv2.line(picture, (x, y), (x, 626), (128, 132, 134), 6, cv2.LINE_AA)
    cv2.line(picture, (x - 2, y), (x - 2, 626), (184, 188, 190), 2, cv2.LINE_AA)
    cv2.ellipse(picture, (x, 627), (12, 4), 0, 0, 360, (104, 108, 110), -1, cv2.LINE_AA)
    cv2.circle(picture, (x, y), 31, (222, 224, 224), -1, cv2.LINE_AA)
    cv2.circle(picture, (x, y), 29, (42, 38, 190), -1, cv2.LINE_AA)
    cv2.circle(picture, (x, y), 23, (158, 84, 28), -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.line(picture, (x - 16 * side, y - 16), (x + 16 * side, y + 16), (42, 38, 190), 6, cv2.LINE_AA)


def _light(picture: Image) -> Image:
    """Daylight from the upper left, and the lens's darker corners."""
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    radius = np.hypot((x - WIDTH_PX * 0.46) / WIDTH_PX, (y - HEIGHT_PX * 0.44) / HEIGHT_PX)
    lit = (1.07 - 0.34 * radius**2)[..., None] * np.array([0.97, 1.0, 1.02], np.float32)
    return np.asarray(np.clip(picture * lit, 0, 255), np.uint8)


def _blend(area: Image, colour: Colour, share: float) -> Image:
    return np.asarray(np.clip(area * (1 - share) + np.array(colour) * share, 0, 255), np.uint8)


def _tone(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(255, round(part * factor)) for part in colour)
    return blue, green, red
