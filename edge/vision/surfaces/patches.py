# SPDX-License-Identifier: Apache-2.0
"""Which lasting changes of a surface are something that lies on it, and which are light or weather.

Light leaves the colour almost as it was: a shadow is a little bluer than the sun that it keeps off, and a sun patch a
little yellower; and water mirrors the blue of the sky. What differs in colour otherwise is matter. What differs in
brightness alone (oil, water) or is bluer is believed only if it came at once and behind something that passed, since
that is how things are lost; a shadow that wanders and a puddle that gathers come cell by cell, and a shadow that comes
out of the clouds comes with a change of the whole light.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from edge.vision.surfaces.ground_look import Flags, Floats
from edge.vision.surfaces.memory import Memory

SMALLEST_CELLS = 5
SMALLEST_SHARE = 0.0006
LARGEST_SHARE = 0.3
"""What covers more of a surface is its new look."""
TINT = 0.05
"""Difference between colours, in logarithms, that no light explains…"""
TINT_OF_LIGHT = 0.3
"""…beside so much of the change of brightness, if it is a shadow's blue or the sun's yellow."""
AT_ONCE_US = 15_000_000
"""Cells of a thing that was lost change within such a span."""
GROWN, GROWN_US = 0.1, 500_000
"""What has so much of it that was still as usual after the first of it had changed has grown, as a puddle does…"""
SWELLS = 0.4
"""…but traffic spreads oil, which is darker: that has grown by itself only if it has so much of it."""
ALONE = 0.5
"""So much of its change its surroundings have not seen; under a cloud they have changed with it."""
BEHIND_US = 20_000_000
"""…and so soon after something was over them."""
ONE_WAY = 0.8
"""So much of it becomes darker, or brighter; a shadow that has moved leaves brighter ground behind it."""
UNCOVERED = 2.0
"""What stood out from its surroundings by so many times more before was a thing itself, and is gone."""
NIGHT_LEVEL = 60.0
"""Below this middle level of the surface, what is brighter is a lamp."""
_RING = np.ones((7, 7), np.uint8)
_GAP = np.ones((3, 3), np.uint8)


@dataclass(slots=True)
class Patch:
    """One lasting change: its cells, since when, and whether it is something that lies there."""

    cells: Flags
    since_us: int
    matter: bool
    swells: bool = False
    """Whether it grows as puddles do."""


def find_patches(memory: Memory, inside: Flags, level: float) -> list[Patch]:
    """All lasting changes as they are seen now."""
    lasting = memory.lasting()
    if not lasting.any():
        return []
    joined = cv2.morphologyEx(lasting.astype(np.uint8), cv2.MORPH_CLOSE, _GAP)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    least = max(SMALLEST_CELLS, SMALLEST_SHARE * np.count_nonzero(inside))
    found = []
    for number in range(1, count):
        cells = (np.asarray(labels) == number) & lasting
        if stats[number, cv2.CC_STAT_AREA] >= least and cells.any():
            matter, swells = _judged(memory, cells, inside, level)
            found.append(Patch(cells, int(np.median(memory.onset_us[cells])), matter, swells))
    return found


def _judged(memory: Memory, cells: Flags, inside: Flags, level: float) -> tuple[bool, bool]:
    """Whether it is matter, and whether it swells."""
    if np.count_nonzero(cells) > LARGEST_SHARE * np.count_nonzero(inside):
        return False, False
    change = _beside_its_ring(memory.off, cells, inside & ~memory.busy)
    if _uncovered(_beside_its_ring(memory.usual, cells, inside), change):
        return False, False
    brighter = float(change.mean())
    if brighter > 0 and level < NIGHT_LEVEL:
        return False, False
    if _tinted(change, brighter):
        return True, False
    grown = _grown(memory, cells)
    at_once = grown < (GROWN if brighter > 0 else SWELLS)
    alone = abs(brighter) >= ALONE * abs(float(memory.off[cells].mean()))
    return alone and at_once and _lost(memory, cells, abs(brighter)), brighter > 0 and grown >= SWELLS


def _uncovered(before: Floats, change: Floats) -> bool:
    """Whether the patch looks like what surrounds it now, and did not before: something has left that was learnt."""
    return bool(np.abs(before + change).max() * UNCOVERED < np.abs(before).max())


def _beside_its_ring(off: Floats, cells: Flags, idle: Flags) -> Floats:
    """The mean change of the cells, less that of what surrounds them: half of a cloud's edge may lie there too."""
    near = (np.asarray(cv2.dilate(cells.astype(np.uint8), _RING)) > 0) & ~cells & idle
    around = np.median(off[near], axis=0) if np.count_nonzero(near) > SMALLEST_CELLS else np.zeros(3)
    return np.asarray(off[cells].mean(axis=0) - around, np.float32)


def _tinted(change: Floats, brighter: float) -> bool:
    blue, green, red = (float(one) for one in change)
    bluer = blue - red
    # Light: bluer when darker, yellower when brighter. `along` is by how much the tint goes that way.
    along = -bluer if brighter > 0 else bluer
    explained = 0 <= along <= TINT + TINT_OF_LIGHT * abs(brighter) or abs(along) <= TINT
    mirrors = bluer > 0  # the sky, as every puddle does
    greener = abs(green - (blue + red) / 2)
    return not (explained or mirrors) or greener > TINT + 0.1 * abs(brighter)


def _lost(memory: Memory, cells: Flags, change: float) -> bool:
    onset_us = memory.onset_us[cells]
    early, late = np.percentile(onset_us, (10, 90))
    behind = memory.after_us[cells] <= BEHIND_US
    switched = memory.light_explains(int(np.median(onset_us)), change)
    at_once = late - early <= AT_ONCE_US
    return bool(not switched and at_once and np.count_nonzero(behind) > 0.6 * behind.size and _one_way(memory, cells))


def _grown(memory: Memory, cells: Flags) -> float:
    """How much of it was seen as usual after the first tenth of it had changed."""
    early = np.percentile(memory.onset_us[cells], 10)
    return float(np.mean(memory.clear_us[cells] > early + GROWN_US))


def _one_way(memory: Memory, cells: Flags) -> bool:
    """Whether nearly all cells become darker, or nearly all brighter."""
    darker = float((memory.off[cells].mean(axis=1) < 0).mean())
    return max(darker, 1 - darker) >= ONE_WAY
