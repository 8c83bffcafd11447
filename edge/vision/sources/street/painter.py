# SPDX-License-Identifier: Apache-2.0
"""Truth to picture: cut-outs over the backdrop, a slow drift of the light, and sensor noise."""

import math

import cv2
import numpy as np

from edge.core.tracks import Kind
from edge.vision.source import Image
from edge.vision.sources.street.backdrop import backdrop, noise, sign
from edge.vision.sources.street.scenario import Play, Scenario
from edge.vision.sources.street.scenes.paint import paint_ground, paint_over, quay_backdrop
from edge.vision.sources.street.sprites import Sprite, vehicle, walker
from edge.vision.sources.street.stage import HEIGHT_PX, WIDTH_PX, Actor, chance
from edge.vision.sources.street.truth import actors

_NOISE_LEVEL = 2.2
_DRIFT = 0.03
_DRIFT_PERIOD_S = 90.0
_SCALE_STEPS = 40
"""A thing that comes nearer is drawn anew in steps of 1/40, which nobody sees and which keeps the cut-outs few."""
_STRIDE_PX = 58.0
_STRIDES = 8


class Painter:
    """Paints one street. The same scenario and time give the same picture, bit for bit."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        quay = scenario.play in {Play.QUAY, Play.SQUARE}
        self._backdrop = quay_backdrop(scenario.seed) if quay else backdrop(scenario.seed)
        self._sign = None if quay else sign(self._backdrop)
        self._noise = noise(scenario.seed, _NOISE_LEVEL)
        self._sprites: dict[tuple[Kind, int, int, int], Sprite] = {}

    def paint(self, at_s: float) -> Image:
        """The picture `at_s` seconds after the beginning."""
        picture = self._backdrop.copy()
        cast = actors(self._scenario, at_s)
        paint_ground(picture, self._scenario, at_s)
        for actor in cast:
            _lay(picture, self._sprite(actor), actor.x_px, actor.foot_px)
        if self._sign is not None:
            cv2.copyTo(self._sign.colours, self._sign.mask, picture[self._sign.area])
        picture = paint_over(picture, self._scenario, at_s, cast)
        gain = 1 + _DRIFT * math.sin(2 * math.pi * at_s / _DRIFT_PERIOD_S)
        # No two frames have the same noise; one field is enough for all if it is cut from elsewhere each time.
        tick = round(at_s * 1000)
        left = int(chance(self._scenario.seed, tick, 6) * 128)
        top = int(chance(self._scenario.seed, tick, 7) * 64)
        grain = self._noise[top : top + HEIGHT_PX, left : left + WIDTH_PX]
        return np.asarray(cv2.addWeighted(picture, gain, grain, 1.0, -128.0, dst=picture), np.uint8)

    def _sprite(self, actor: Actor) -> Sprite:
        steps = round(actor.scale * _SCALE_STEPS)
        stride = int(actor.x_px / _STRIDE_PX * _STRIDES) % _STRIDES
        look = stride if actor.kind is Kind.PERSON else actor.look % 16
        key = (actor.kind, look, steps, actor.heading)
        if key not in self._sprites:
            scale = steps / _SCALE_STEPS
            self._sprites[key] = (
                walker(math.sin(2 * math.pi * stride / _STRIDES), scale, actor.heading)
                if actor.kind is Kind.PERSON
                else vehicle(actor.kind, look, scale, actor.heading)
            )
        return self._sprites[key]


def _lay(picture: Image, sprite: Sprite, x_px: float, foot_px: float) -> None:
    height, width = sprite.colours.shape[:2]
    left, top = round(x_px - width / 2), round(foot_px) - sprite.foot_px
    rows = slice(max(0, top), min(HEIGHT_PX, top + height))
    columns = slice(max(0, left), min(WIDTH_PX, left + width))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    inside = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    area = cv2.multiply(picture[rows, columns], sprite.ground[inside], scale=1 / 255)
    picture[rows, columns] = cv2.add(area, sprite.colours[inside])
