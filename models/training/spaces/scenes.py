# SPDX-License-Identifier: Apache-2.0
"""Scenes that nobody photographed: real frames with cars put onto their free spaces, between them, and beside them.

What is known is where each car stands on the ground, so every space is labelled by its share under a footprint: from
OCCUPIED on a car stands there, up to FREE none does, and what lies between is not trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from models.training.spaces.lots import Bytes, Cutout, Points, Scene, Space, lay, repainted
from models.training.spaces.markings import paint
from models.training.spaces.solids import Ground, draw_solid, ground
from models.training.spaces.street import Road, Texture

Rng = np.random.Generator
OCCUPIED, FREE = 0.42, 0.2
PAINTED = 0.12
"""How many free spaces get markings: hatching, a tint, a sign on the ground."""
ALIKE = 0.35
"""How different two outlines of the same size may be for a car of one to stand in the other."""


@dataclass(frozen=True)
class Stock:
    """What may be put into a scene."""

    cutouts: Sequence[Cutout]
    textures: Sequence[Texture]


@dataclass(frozen=True)
class Light:
    """One scene's sun: where shadows fall in heights of a car, and how dark they are."""

    towards: Points
    strength: float


def composed(scene: Scene, stock: Stock, rng: Rng) -> Scene:
    """The scene with more cars, its spaces labelled anew."""
    image = scene.image.copy()
    light = Light(np.asarray(rng.normal(0, 0.7, 2), np.float32), float(rng.choice([0.0, rng.uniform(0.15, 0.65)])))
    density = float(rng.choice([0.0, rng.uniform(0.05, 0.5), rng.uniform(0.4, 0.95)]))
    for space in scene.spaces:
        if not space.occupied and rng.random() < PAINTED:
            paint(image, space.corners, rng)
    feet = [_moved(space.corners, rng, 0.08) for space in scene.spaces if not space.occupied and rng.random() < density]
    feet += _between(scene.spaces, rng) + _beside(scene.spaces, rng)
    standing: list[Points] = []
    for foot in sorted(feet, key=lambda foot: float(foot[:, 1].mean())):
        if max((_common(foot, other) / _area(foot) for other in standing), default=0.0) < 0.25:
            put_car(image, foot, stock, light, rng)
            standing.append(foot)
    return replace(scene, image=image, spaces=tuple(_relabelled(space, standing) for space in scene.spaces))


def open_ground(road: Road, stock: Stock, rng: Rng) -> Scene:
    """A road picture as a lot: outlines under its cars, on its open ground, and there with a car drawn onto it."""
    image = road.image.copy()
    height, width = image.shape[:2]
    light = Light(np.asarray(rng.normal(0, 0.7, 2), np.float32), float(rng.choice([0.0, rng.uniform(0.15, 0.6)])))
    spaces = [Space(_under(box, rng), occupied=True) for box in road.cars if (box[2:] - box[:2]).min() > 24]
    spaces = [spaces[index] for index in rng.permutation(len(spaces))[:5]]
    for _ in range(8):
        size = width * rng.uniform(0.08, 0.3)
        middle = np.array([rng.uniform(0.1, 0.9) * width, rng.uniform(0.35, 0.95) * height], np.float32)
        foot = _quad(middle, size, rng)
        if _hidden(foot, road.anything) < 0.12:
            busy = rng.random() < 0.4
            if rng.random() < 2 * PAINTED:
                paint(image, foot, rng)
            spaces.append(Space(foot, occupied=busy))
            if busy:
                put_car(image, foot, stock, light, rng)
                break
    return Scene("street", image, tuple(spaces))


def put_car(image: Bytes, foot: Points, stock: Stock, light: Light, rng: Rng) -> None:
    """A car onto an outline: one that stood in a like outline, one off another road, or one drawn."""
    place = ground(foot, rng)
    before = image.copy() if rng.random() < 0.15 else None
    _shade(image, foot, place, light)
    way = rng.random()
    mirror = bool(rng.random() < 0.35)
    like = [one for one in stock.cutouts if _unlike(_flipped(one.space, mirror=mirror), foot) < ALIKE]
    if like and way < 0.5:
        _put_cutout(image, foot, like[int(rng.integers(len(like)))], rng, mirror=mirror)
    elif stock.textures and way < 0.7:
        _put_texture(image, foot, stock.textures[int(rng.integers(len(stock.textures)))], rng)
    else:
        draw_solid(image, place, rng)
    if before is not None:  # something thin or leafy stands before it
        _hide_part(image, before, foot, rng)


def _put_cutout(image: Bytes, foot: Points, cutout: Cutout, rng: Rng, *, mirror: bool) -> None:
    scale = float(np.sqrt(_area(foot) / _area(cutout.space))) * rng.uniform(0.92, 1.1)
    offset = np.array(cutout.corner, np.float32) - cutout.space.mean(axis=0)
    pixels, share = cutout.pixels, cutout.share
    if mirror:
        offset[0] = -offset[0] - pixels.shape[1]
        pixels, share = pixels[:, ::-1], share[:, ::-1]
    corner = foot.mean(axis=0) + offset * scale
    _paste(image, pixels, share, corner, (scale, scale), rng)


def _put_texture(image: Bytes, foot: Points, texture: Texture, rng: Rng) -> None:
    (left, top), (right, bottom) = foot.min(axis=0), foot.max(axis=0)
    pixels, share = texture.pixels, texture.share
    if rng.random() < 0.5:
        pixels, share = pixels[:, ::-1], share[:, ::-1]
    wide = (right - left) * rng.uniform(0.75, 1.05)
    high = max(0.75 * (bottom - top), min(1.7 * (bottom - top), wide * pixels.shape[0] / pixels.shape[1]))
    corner = np.array([(left + right - wide) / 2, bottom - high - rng.uniform(0, 0.12) * (bottom - top)], np.float32)
    _paste(image, pixels, share, corner, (wide / pixels.shape[1], high / pixels.shape[0]), rng)


def _paste(image: Bytes, pixels: Bytes, share: Bytes, corner: Points, scale: tuple[float, float], rng: Rng) -> None:
    size = (max(2, round(pixels.shape[1] * scale[0])), max(2, round(pixels.shape[0] * scale[1])))
    left, top = round(float(corner[0])), round(float(corner[1]))
    car = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)
    part = np.asarray(cv2.resize(share, size, interpolation=cv2.INTER_AREA), np.float32)[..., None] / 255
    lay(image, repainted(car, rng, dimmest=0.55, lift=12), part, (left, top))


def _shade(image: Bytes, foot: Points, place: Ground, light: Light) -> None:
    """The shadow of a box over the outline, and the dark line under any car."""
    tall = float(-place.up[1])
    away = foot + light.towards * tall
    hull = np.asarray(cv2.convexHull(np.concatenate([foot, away]).astype(np.float32)))
    low = np.maximum(hull.min(axis=(0, 1)).astype(int) - 4, 0)
    high = hull.max(axis=(0, 1)).astype(int) + 4
    part = image[low[1] : high[1], low[0] : high[0]]
    if part.size == 0 or light.strength == 0:
        return
    dark = np.zeros(part.shape[:2], np.uint8)
    cv2.fillPoly(dark, [(hull.reshape(-1, 2) - low).astype(np.int32)], (255,))
    share = cv2.GaussianBlur(dark, (5, 5), 0)[..., None] / 255 * light.strength
    part[:] = (part * (1 - share)).astype(np.uint8)


def _hide_part(image: Bytes, before: Bytes, foot: Points, rng: Rng) -> None:
    middle = foot.mean(axis=0) + rng.normal(0, 0.25, 2) * np.ptp(foot, axis=0)
    radius = float(np.ptp(foot, axis=0).min()) * rng.uniform(0.1, 0.3)
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.circle(mask, (int(middle[0]), int(middle[1])), max(2, int(radius)), (1,), -1)
    image[mask == 1] = before[mask == 1]


def _between(spaces: Sequence[Space], rng: Rng) -> list[Points]:
    """Cars over two neighbouring spaces."""
    feet = []
    for one in spaces:
        if one.occupied or rng.random() > 0.04:
            continue
        others = [other for other in spaces if other is not one and not other.occupied]
        others.sort(key=lambda other: float(np.linalg.norm(other.corners.mean(axis=0) - one.corners.mean(axis=0))))
        if others and _unlike(one.corners, others[0].corners) < ALIKE:
            step = others[0].corners.mean(axis=0) - one.corners.mean(axis=0)
            feet.append((one.corners + step * rng.uniform(0.35, 0.65)).astype(np.float32))
    return feet


def _beside(spaces: Sequence[Space], rng: Rng) -> list[Points]:
    """Cars in the lane before a space: they hide parts of it and stand in none."""
    feet = []
    for space in spaces:
        if rng.random() < 0.07:
            angle = rng.uniform(0, 2 * np.pi)
            step = np.ptp(space.corners, axis=0) * np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(0.85, 1.3)
            feet.append((space.corners + step).astype(np.float32))
    return feet


def _relabelled(space: Space, standing: Sequence[Points]) -> Space:
    if space.occupied or space.occupied is None:
        return space
    share = max((_common(space.corners, foot) for foot in standing), default=0.0) / _area(space.corners)
    return Space(space.corners, occupied=True if share >= OCCUPIED else False if share <= FREE else None)


def _moved(corners: Points, rng: Rng, share: float) -> Points:
    step = rng.normal(0, share, 2) * np.ptp(corners, axis=0)
    return (corners + step).astype(np.float32)


def _quad(middle: Points, size: float, rng: Rng) -> Points:
    """A parallelogram as a mast's camera may see a space."""
    turn = rng.uniform(-0.5, 0.5)
    flat = rng.uniform(0.35, 0.8)
    across = np.array([np.cos(turn), np.sin(turn) * flat]) * size
    lean = rng.uniform(-0.6, 0.6)
    along = np.array([np.sin(lean), np.cos(lean)]) * size * flat * rng.uniform(0.45, 1.5)
    corners = middle + np.array([-across - along, across - along, across + along, -across + along]) / 2
    return np.roll(corners, int(rng.integers(4)), axis=0).astype(np.float32)


def _under(box: Points, rng: Rng) -> Points:
    """The outline a boxed vehicle may stand in: its box's lower part, a little wider."""
    left, top, right, bottom = (float(value) for value in box)
    wide, high = right - left, bottom - top
    middle = np.array([(left + right) / 2, bottom - high * rng.uniform(0.25, 0.4)], np.float32)
    corners = _quad(middle, wide * rng.uniform(0.8, 1.1), rng)
    tall = float(np.ptp(corners[:, 1]))
    corners[:, 1] = middle[1] + (corners[:, 1] - middle[1]) * min(1.0, high * rng.uniform(0.5, 0.85) / tall)
    return corners


def _hidden(foot: Points, boxes: Points) -> float:
    return max((_common(foot, _corners(box)) / _area(foot) for box in boxes), default=0.0)


def _corners(box: Points) -> Points:
    left, top, right, bottom = box
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


def _flipped(corners: Points, *, mirror: bool) -> Points:
    return (corners * np.array([-1, 1], np.float32)).astype(np.float32) if mirror else corners


def _unlike(one: Points, other: Points) -> float:
    """How far apart two outlines' spreads are once both have the same area."""
    first, second = (np.cov((points / np.sqrt(_area(points))).T) for points in (one, other))
    return float(np.abs(first - second).max() / max(np.abs(first).max(), np.abs(second).max()))


def _common(one: Points, other: Points) -> float:
    hulls = [np.asarray(cv2.convexHull(points.astype(np.float32))) for points in (one, other)]
    return float(cv2.intersectConvexConvex(hulls[0], hulls[1])[0])


def _area(corners: Points) -> float:
    return max(1.0, float(cv2.contourArea(corners.astype(np.float32))))
