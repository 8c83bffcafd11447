# SPDX-License-Identifier: Apache-2.0
"""Cars drawn from nothing: a body and a cabin as faces over a space's outline, in any colour and any light.

Within one space the view is taken to be affine: two ground vectors along its edges, and a third straight up.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.spaces.lots import Bytes, Points

Rng = np.random.Generator
Vector = NDArray[np.float32]
FLAT = 1.6
"""How much a camera on a mast shortens what runs away from it, against what runs across."""


@dataclass(frozen=True)
class Ground:
    """A space as a corner and two edges: `across` a car's width, `along` its length, `up` a car's height."""

    corner: Vector
    across: Vector
    along: Vector
    up: Vector

    def at(self, across: float, along: float, height: float) -> Vector:
        """A place in pixels: shares of the edges, and of a car's height."""
        place: Vector = self.corner + across * self.across + along * self.along + height * self.up
        return place


def ground(corners: Points, rng: Rng) -> Ground:
    """The frame of an outline's first four corners; which edge is the long one is judged after undoing the view."""
    one, two, three, four = corners[:4]
    first, second = (two - one + three - four) / 2, (four - one + three - two) / 2
    corner = corners[:4].mean(axis=0) - (first + second) / 2
    long_first = _unshortened(first) > _unshortened(second)
    if rng.random() < 0.06:
        long_first = not long_first
    across, along = (second, first) if long_first else (first, second)
    height = _unshortened(across) * rng.uniform(0.3, 0.75) * (1.35 if rng.random() < 0.12 else 1.0)
    return Ground(corner, across, along, np.array([0.0, -height], np.float32))


def draw_solid(image: Bytes, place: Ground, rng: Rng) -> Bytes:
    """Draw a car and give back which pixels it covers (0 to 255)."""
    covered = np.zeros(image.shape[:2], np.uint8)
    colour = _paint(rng)
    glass = np.clip(rng.normal(38, 14, 3) + rng.uniform(0, 60) * (rng.random() < 0.35), 5, 190)
    side = rng.uniform(0.5, 0.95, 4)
    left, right = rng.uniform(0.06, 0.2), rng.uniform(0.8, 0.94)
    rear, front = rng.uniform(-0.02, 0.12), rng.uniform(0.86, 1.02)
    belt, floor = rng.uniform(0.5, 0.66), rng.uniform(0.1, 0.2)
    tall = rng.random() < 0.3
    body = [(left, rear), (right, rear), (right, front), (left, front)]
    _prism(image, covered, place, (body, body), (floor, belt), [colour * s for s in side])
    _wheels(image, covered, place, body, rng)
    span = front - rear
    back, fore = rear + span * rng.uniform(0.02, 0.1 if tall else 0.22), front - span * rng.uniform(0.12, 0.32)
    slope = span * rng.uniform(0.04, 0.16)
    low = [(left + 0.02, back), (right - 0.02, back), (right - 0.02, fore), (left + 0.02, fore)]
    high = [(left + 0.1, back + slope / 2), (right - 0.1, back + slope / 2), (right - 0.1, fore - slope)]
    high.append((left + 0.1, fore - slope))
    _top(image, covered, place, body, belt, colour)
    if rng.random() < 0.5:
        low, high = _turned(low, rear, front), _turned(high, rear, front)
    _prism(image, covered, place, (low, high), (belt, 1.0), [glass * s for s in side + 0.3])
    _top(image, covered, place, high, 1.0, colour * rng.uniform(0.85, 1.1))
    return covered


def _paint(rng: Rng) -> Vector:
    """Most cars are white, silver, grey or black."""
    if rng.random() < 0.72:
        grey = rng.choice([rng.uniform(8, 50), rng.uniform(50, 140), rng.uniform(140, 190), rng.uniform(190, 250)])
        return np.clip(grey + rng.normal(0, 5, 3), 3, 252).astype(np.float32)
    return np.asarray(rng.uniform(10, 230, 3), np.float32)


def _unshortened(edge: Vector) -> float:
    return float(np.hypot(edge[0], edge[1] * FLAT))


def _turned(outline: list[tuple[float, float]], rear: float, front: float) -> list[tuple[float, float]]:
    return [(across, rear + front - along) for across, along in outline]


def _prism(
    image: Bytes,
    covered: Bytes,
    place: Ground,
    outlines: tuple[list[tuple[float, float]], list[tuple[float, float]]],
    heights: tuple[float, float],
    colours: list[Vector],
) -> None:
    """Four sides between a lower and an upper outline, the far ones first."""
    low = [place.at(*corner, heights[0]) for corner in outlines[0]]
    high = [place.at(*corner, heights[1]) for corner in outlines[1]]
    faces = []
    for here in range(4):
        there = (here + 1) % 4
        depth = float(low[here][1] + low[there][1])
        faces.append((depth, [low[here], low[there], high[there], high[here]], colours[here]))
    for _, corners, colour in sorted(faces, key=lambda face: face[0]):
        _fill(image, covered, corners, colour)


def _top(
    image: Bytes, covered: Bytes, place: Ground, outline: list[tuple[float, float]], height: float, colour: Vector
) -> None:
    _fill(image, covered, [place.at(*corner, height) for corner in outline], colour)


def _wheels(image: Bytes, covered: Bytes, place: Ground, body: list[tuple[float, float]], rng: Rng) -> None:
    """On the long side that faces the camera."""
    left, right = body[0][0], body[1][0]
    rear, front = body[0][1], body[2][1]
    near = left if place.at(left, 0.5, 0)[1] > place.at(right, 0.5, 0)[1] else right
    size = 0.16 * float(np.linalg.norm(place.up)) * rng.uniform(0.8, 1.2)
    for share in (0.2, 0.8):
        middle = place.at(near, rear + (front - rear) * share, 0.16)
        corners = [middle + size * np.array([np.cos(a), 1.2 * np.sin(a)], np.float32) for a in np.linspace(0, 6, 9)]
        _fill(image, covered, corners, np.full(3, rng.uniform(5, 40), np.float32))


def _fill(image: Bytes, covered: Bytes, corners: list[Vector], colour: Vector) -> None:
    points = [np.round(np.array(corners) * 16).astype(np.int32)]
    blue, green, red = (float(value) for value in np.clip(colour, 0, 255))
    cv2.fillPoly(image, points, (blue, green, red), cv2.LINE_AA, 4)
    cv2.fillPoly(covered, points, (255,), cv2.LINE_AA, 4)
