# SPDX-License-Identifier: Apache-2.0
"""How a surface looks when nothing is on it, cell by cell, and which cells have looked different for a while.

Two models: a slow one that knows the surface, and a fast one of how far it is from that now, which passing things do
not reach. Cells under a track or in motion teach nothing and forget nothing.
"""

import math
from collections import deque
from collections.abc import Mapping
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.surfaces.ground_look import Flags, Floats

SLOW_S = 300.0
"""How soon the surface's look follows what changes slowly: the sun, drying, dust."""
LIGHT_S = 40.0
"""…where a change was found to be light."""
UPSET_S = 10.0
"""…when so much has changed that it is the weather."""
FAST_S = 3.0
LEAST = 0.09
"""A tenth darker or brighter is a change…"""
NOISE = 2.0
"""…if it is so many times the cell's usual unrest, of which the fast model has less than half."""
MOVING, MOVING_NOISE = 0.10, 4.0
"""What differs so much from one look to the next moves."""
KNOWN_LOOKS = 10
"""So many more looks that agree than looks that do not make a cell's first look."""
AGREE = 0.15
"""Looks agree that differ by less. What only passes is thus outvoted, however dense the traffic is at the beginning."""
LASTING_LOOKS = 8
"""A change that was seen so often, and not disproved, lasts."""
AGED_MOST = 16
SWITCHED = 0.06
"""A change of the whole light, in logarithms, within seconds: the sun came out, a lamp went on."""
SWAY, SWAY_S, SWAY_MOST = 1.3, 600.0, 0.15
"""…and by so much more than the light has swayed lately: large lorries make a camera's exposure sway all day."""
EXPLAINED = 0.3
"""A change of the whole light may leave one of a place that is so many times greater, but no greater one."""
GAIN_S = 20.0
SWITCHED_US = 45_000_000
"""What comes so near to a change of the whole light comes of it."""
CROWDED, CROWDED_US = 0.15, 3_000_000
"""While so much of the surface is covered, and so long after, a camera follows what passes with its exposure…"""
ASIDE_US, BESIDE_US = 5_000_000, 25_000_000
"""…and the light has changed only if it is another one, so long before and after, than it was."""
GAINS = 600
LIGHTS = 8
THIN = 3
"""Every third cell across and down says what all of them share."""
_NEIGHBOURS = np.ones((3, 3), np.uint8)


class Memory:
    """The two models of one surface, fed about once a second."""

    def __init__(self, inside: Flags) -> None:
        shape = inside.shape
        self._inside = inside
        self.usual: Floats = np.zeros((*shape, 3), np.float32)
        self.off: Floats = np.zeros((*shape, 3), np.float32)
        """How far each cell is from its usual look now, without what all cells share."""
        self._unrest: Floats = np.full(shape, 0.02, np.float32)
        self._looks: NDArray[np.int16] = np.zeros(shape, np.int16)
        self._age: NDArray[np.int16] = np.zeros(shape, np.int16)
        self._last: Floats | None = None
        self.onset_us: NDArray[np.int64] = np.zeros(shape, np.int64)
        self.after_us: NDArray[np.int64] = np.zeros(shape, np.int64)
        """How long after something was over it each cell began to look different."""
        self.clear_us: NDArray[np.int64] = np.zeros(shape, np.int64)
        """When each cell was last seen as usual, before it began to look different."""
        self._passed_us: NDArray[np.int64] = np.zeros(shape, np.int64)
        self.busy: Flags = np.zeros(shape, np.bool_)
        self._lights: deque[tuple[int, int, float]] = deque(maxlen=LIGHTS)
        """From when to when the whole light changed, and by how much at most."""
        self._gains: deque[tuple[int, Floats]] = deque(maxlen=GAINS)
        """The whole light at each look, beside the usual one."""
        self._crowded_us: int | None = None
        self._gain: Floats | None = None
        self._sway = 0.0
        self._at_us = 0

    @classmethod
    def recalled(cls, inside: Flags, kept: Mapping[str, NDArray[np.generic]]) -> Self:
        """The memory that `kept` was written of. Raises `KeyError` or `ValueError` for what is none of this surface."""
        memory = cls(inside)
        for name, values in ((name, kept[name]) for name in ("usual", "off", "looks")):
            if values.shape[:2] != inside.shape:
                raise ValueError(name)
        memory.usual, memory.off = kept["usual"].astype(np.float32), kept["off"].astype(np.float32)
        memory._looks = kept["looks"].astype(np.int16)
        return memory

    def kept(self) -> dict[str, NDArray[np.generic]]:
        """What a restart must not take away."""
        return {"usual": self.usual.astype(np.float16), "off": self.off.astype(np.float16), "looks": self._looks}

    def hold(self, cells: Flags, since_us: int) -> None:
        """Cells that have looked different since then, as somebody remembers."""
        self._age[cells] = AGED_MOST
        self.onset_us[cells] = since_us

    @property
    def ready(self) -> bool:
        """Whether at least half of the surface has a usual look."""
        known = self._inside & (self._looks >= KNOWN_LOOKS)
        return bool(2 * np.count_nonzero(known) >= np.count_nonzero(self._inside))

    def passed(self, at_us: int, covered: Flags) -> None:
        """Take note of what is over the surface; also between looks, since cars are fast."""
        self._passed_us[covered] = at_us

    def look(self, at_us: int, seen: Floats, covered: Flags) -> None:
        """Take in one look; `covered` cells lie under a track."""
        gap_s = min(10.0, max(0.0, (at_us - self._at_us) / 1e6)) if self._at_us else 0.0
        self._at_us = at_us
        self.busy = covered if self._last is None else covered | self._moving(seen, self._last)
        self._last = seen
        self.passed(at_us, self.busy)
        if np.count_nonzero(self.busy & self._inside) > CROWDED * np.count_nonzero(self._inside):
            self._crowded_us = at_us
        idle = self._inside & ~self.busy
        self._begin(seen, idle)
        known = idle & (self._looks >= KNOWN_LOOKS)
        if known.any():
            self._compare(at_us, seen, known, gap_s)

    def lasting(self) -> Flags:
        """Cells that have looked different for a while."""
        return self._inside & (self._age >= LASTING_LOOKS)

    def learn(self, cells: Flags, within_s: float, gap_s: float) -> None:
        """Follow what some cells look like now; the longer it takes, the less a passer-by leaves."""
        taken = self.off * (cells * np.float32(1 - math.exp(-gap_s / within_s)))[..., None]
        self.usual += taken
        self.off -= taken

    def follow(self, light: Flags, kept: Flags, gap_s: float, *, upset: bool) -> None:
        """Learn what is no patch: slowly where nothing has changed, sooner where light has, at once with the weather.

        `kept` cells are patches, which are never learnt: else they would be gone while they still lie there.
        """
        known = self._inside & ~self.busy & ~kept & (self._looks >= KNOWN_LOOKS)
        if upset:
            self.learn(known, UPSET_S, gap_s)
            return
        self.learn(known & light, LIGHT_S, gap_s)
        self.learn(known & ~light & (self._age == 0), SLOW_S, gap_s)

    def light_explains(self, at_us: int, change: float) -> bool:
        """Whether the whole light changed about then by enough to explain such a change of brightness in one place."""
        switched = any(
            began - SWITCHED_US <= at_us <= ended + SWITCHED_US and by >= EXPLAINED * change
            for began, ended, by in self._lights
        )
        before = [gain for then_us, gain in self._gains if ASIDE_US <= at_us - then_us <= BESIDE_US]
        after = [gain for then_us, gain in self._gains if ASIDE_US <= then_us - at_us <= BESIDE_US]
        if switched or not before or not after:
            return switched
        lasting = np.abs(np.median(after, axis=0) - np.median(before, axis=0)).max()
        return bool(lasting >= max(SWITCHED, EXPLAINED * change))

    def _begin(self, seen: Floats, idle: Flags) -> None:
        """Cells that are not known yet take the mean of the looks that have the majority (Boyer and Moore's vote)."""
        new = idle & (self._looks < KNOWN_LOOKS)
        if not new.any():
            return
        apart = seen - self.usual
        agree = (largest(apart) < AGREE) & (self._looks > 0)
        fresh = new & (self._looks == 0)
        self._looks += new * np.where(agree | fresh, np.int16(1), np.int16(-1))
        part = (new & agree) / np.maximum(self._looks, 1).astype(np.float32) + fresh
        self.usual += apart * part.astype(np.float32)[..., None]

    def _moving(self, seen: Floats, last: Floats) -> Flags:
        change = seen - last
        step = largest(change - np.median(change[::THIN, ::THIN], axis=(0, 1)))
        grain = float(np.median(step[::THIN, ::THIN]))  # of a night: most cells do not move
        moving = step > np.maximum(max(MOVING, MOVING_NOISE * grain), MOVING_NOISE * self._unrest)
        return np.asarray(cv2.dilate(moving.astype(np.uint8), _NEIGHBOURS)) > 0

    def _compare(self, at_us: int, seen: Floats, known: Flags, gap_s: float) -> None:
        raw = seen - self.usual
        steady = known & (self._age == 0)
        told = (steady if np.count_nonzero(steady) * 4 > np.count_nonzero(known) else known)[::THIN, ::THIN]
        if not told.any():
            return
        gain: Floats = np.median(raw[::THIN, ::THIN][told], axis=0).astype(np.float32)
        self._gains.append((at_us, gain))
        self._watch_light(at_us, gain, gap_s)
        off = raw - gain
        part = 1 - math.exp(-gap_s / FAST_S)
        step = off - self.off
        unrest = largest(step)
        self.off += step * (known * np.float32(part))[..., None]
        self._unrest += (unrest - self._unrest) * ((known & (unrest < LEAST)) * np.float32(0.05))
        least = np.maximum(LEAST, NOISE * self._unrest)
        differs = largest(self.off) > least
        begins = known & differs & (self._age == 0)
        self.onset_us[begins] = at_us
        self.after_us[begins] = at_us - self._passed_us[begins]
        self.clear_us[steady & (largest(off) <= least)] = at_us
        self._age += known * np.where(differs, np.int16(1), np.int16(-2))
        np.clip(self._age, 0, AGED_MOST, out=self._age)

    def _watch_light(self, at_us: int, gain: Floats, gap_s: float) -> None:
        usual = gain if self._gain is None else self._gain
        change = float(np.abs(gain - usual).max())
        begun = self._lights and at_us - self._lights[-1][1] <= SWITCHED_US
        crowded = self._crowded_us is not None and at_us - self._crowded_us <= CROWDED_US
        if change > max(SWITCHED, SWAY * self._sway) and not crowded:
            began_us, _, by = self._lights.pop() if begun else (at_us, at_us, 0.0)
            self._lights.append((began_us, at_us, max(by, change)))
        self._sway = max(min(change, SWAY_MOST), self._sway * math.exp(-gap_s / SWAY_S))
        self._gain = usual + (gain - usual) * (1 - math.exp(-gap_s / GAIN_S))


def largest(change: Floats) -> Floats:
    """The largest of the three colours' changes, whatever their sign; numpy's own reduction of three is slow."""
    blue, green, red = cv2.split(np.abs(change))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.float32)
