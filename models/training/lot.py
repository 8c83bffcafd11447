# SPDX-License-Identifier: Apache-2.0
"""Cars of a lot put onto the same lot when it was empty: what is learnt is the car, not the place where one stands."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.training.spaces.lots import Cutout, lay, read_scenes, repainted

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
_CAR = 0
_SHAKE_PX = 5.0


class Lot:
    """Every parked car of `parking/sequence*` that its mask shows apart from its neighbours."""

    def __init__(self, parking: Path) -> None:
        """Cut them out once."""
        self._days = [scene.cutouts for scene in read_scenes(parking) if scene.cutouts]

    def filled(self, empty: Picture, chance: np.random.Generator) -> tuple[Picture, Floats]:
        """Some cars of one frame on `empty` [high, wide, 3], and rows [n, 6]: class, trust, x1 y1 x2 y2 in pixels."""
        out = empty.copy()
        rows = []
        if self._days:
            cars = self._days[int(chance.integers(len(self._days)))]
            share = float(chance.uniform(0.05, 0.9))
            rows = [_put(out, car, chance) for car in cars if chance.random() < share]
        return out, np.array([row for row in rows if row], np.float32).reshape(-1, 6)


def _put(picture: Picture, car: Cutout, chance: np.random.Generator) -> list[float] | None:
    """In its own place or a little beside it, in another light; None if that lies outside."""
    high, wide = car.share.shape
    x, y = (np.array(car.corner) + chance.normal(0, _SHAKE_PX, 2)).round().astype(int)
    if x < 0 or y < 0 or x + wide > picture.shape[1] or y + high > picture.shape[0]:
        return None
    flat = np.s_[y + high * 2 // 3 : y + high, x : x + wide]
    picture[flat] = (picture[flat] * float(chance.uniform(0.5, 1.0))).astype(np.uint8)
    lay(picture, repainted(car.pixels, chance, dimmest=0.6), car.share[..., None] / 255, (int(x), int(y)))
    left, top, across, down = cv2.boundingRect((car.share > 127).astype(np.uint8))
    return [_CAR, 1.0, x + left, y + top, x + left + across, y + top + down]
