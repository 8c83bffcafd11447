# SPDX-License-Identifier: Apache-2.0
"""What is painted onto the ground of a space: hatching, a border, a tint, a sign; busy, and yet empty."""

import cv2
import numpy as np

from models.training.spaces.lots import Bytes, Points

Rng = np.random.Generator
COLOURS = ((235, 235, 235), (60, 190, 235), (70, 150, 60), (190, 110, 40), (50, 50, 200))
"""White, yellow, green, blue and red, as pixels in the order blue, green, red."""


def paint(image: Bytes, corners: Points, rng: Rng) -> None:
    """Paint an outline's ground, worn as real markings are."""
    low = np.maximum(corners.min(axis=0).astype(int) - 6, 0)
    high = corners.max(axis=0).astype(int) + 6
    part = image[low[1] : high[1], low[0] : high[0]]
    if min(part.shape[:2]) < 8:
        return
    layer = np.zeros(part.shape[:2], np.uint8)
    inner = (corners - low).astype(np.float32)
    kind = rng.choice(["hatch", "grid", "tint", "sign", "border"])
    thick = max(1, round(float(np.ptp(corners, axis=0).min()) * rng.uniform(0.02, 0.08)))
    if kind in {"hatch", "grid"}:
        _hatched(layer, inner, thick, rng, crossed=kind == "grid")
    if kind == "tint":
        cv2.fillPoly(layer, [inner.astype(np.int32)], (int(rng.uniform(60, 170)),))
    if kind == "sign":
        _signed(layer, inner, thick, rng)
    if kind != "tint" and rng.random() < 0.7:
        cv2.polylines(layer, [inner.astype(np.int32)], isClosed=True, color=(255,), thickness=thick)
    worn = np.clip(rng.normal(rng.uniform(0.5, 1.0), 0.15, layer.shape), 0, 1)[..., None]
    share = layer[..., None] / 255 * worn
    colour = np.array(COLOURS[int(rng.integers(len(COLOURS)))]) * rng.uniform(0.6, 1.0)
    part[:] = (part * (1 - share) + colour * share).astype(np.uint8)


def _hatched(layer: Bytes, inner: Points, thick: int, rng: Rng, *, crossed: bool) -> None:
    """Lines from side to side, in one direction or in two."""
    one, two, three, four = inner[:4]
    inside = np.zeros_like(layer)
    cv2.fillPoly(inside, [inner.astype(np.int32)], (255,))
    count = int(rng.integers(3, 10))
    lean = rng.uniform(0.1, 0.8)
    for begin in np.linspace(-lean, 1, count):
        for ends in ((begin, begin + lean), (begin + lean, begin)) if crossed else ((begin, begin + lean),):
            near, far = one + (two - one) * ends[0], four + (three - four) * ends[1]
            cv2.line(layer, _pixel(near), _pixel(far), (255,), thick, cv2.LINE_AA)
    layer &= inside


def _signed(layer: Bytes, inner: Points, thick: int, rng: Rng) -> None:
    """A ring with a bar, or a few letters."""
    middle = inner.mean(axis=0)
    size = float(np.ptp(inner, axis=0).min())
    if rng.random() < 0.5:
        axes = (max(2, int(size * rng.uniform(0.12, 0.3))), max(2, int(size * rng.uniform(0.1, 0.25))))
        cv2.ellipse(layer, _pixel(middle), axes, rng.uniform(0, 180), 0, 360, (255,), thick, cv2.LINE_AA)
    else:
        words = str(rng.choice(["EV", "P", "A12", "VIP", "BUS", "37"]))
        scale = size / 60 * rng.uniform(0.6, 1.4)
        cv2.putText(layer, words, _pixel(middle - size / 4), cv2.FONT_HERSHEY_SIMPLEX, scale, (255,), thick)


def _pixel(place: Points) -> tuple[int, int]:
    return int(place[0]), int(place[1])
