# SPDX-License-Identifier: Apache-2.0
"""How a fixed camera's view usually looks, and what of that is still there: the rest of it is covered, or elsewhere.

A picture is split into three bands of detail, fine to coarse (a Laplacian pyramid, Burt and Adelson 1983), and each is
held against its own slow mean, cell by cell. Traffic, noise and weather do not resemble that mean, and so they add
nothing to what is found of it; light changes all bands alike. What a soft lens takes away is the fine band alone, what
a turned camera does not have is all of them, wherever it is sharp.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract.cameras import View

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Grey = NDArray[np.uint8]

SIZE: Final = (320, 180)
CELLS: Final = (16, 9)
"""Columns and rows: a cell is 20 pixels wide, enough of them to resemble something or not."""
FINE, MIDDLE, COARSE = 0, 1, 2
LEVEL: Final = 10.0
"""Grey levels added to the mean by which detail is divided, so that a night's noise is not called detail."""
KNOWN_LOOKS, SETTLED_LOOKS = 10, 20
"""From when on it is known what is usual, and from when on which cells say something of it."""
USUAL_TAU_S: Final = 120.0
TRUSTED: Final = 0.6
"""A cell says something if it usually resembles its mean so well: a tree in the wind and bare asphalt do not."""
LEAST_CELLS: Final = 12
RESEMBLES: Final = 0.5
FOREIGN, FOUND = 0.35, 0.4
"""What resembles less, and of whose usual contrast less is found even if noise hid some, is not there."""
SAMPLES: Final = (400.0, 100.0, 25.0)
"""Independent pixels of a cell, by band; half a band's pixels repeat their neighbours."""
LOST_LOOKS, LOST_MOST = 5, 8
DOUBTED: Final = 0.12
"""Of them: while so many are foreign nothing is learnt, or it would be taken in before it is told…"""
PATIENCE_LOOKS: Final = 60
"""…but not for longer, if it is too little to be told: something new stands there, or its shadow does."""
LOST: Final = 0.3
"""Of the cells that say something: a hand over 60 % of a picture hides about half, of bare asphalt a third."""
SOFT: Final = 0.75
"""Of the usual contrast of the fine band beside the coarse one…"""
SMOOTH: Final = 0.6
"""…or, where nothing fine stands out for long, as on bare asphalt, of its usual grain."""
AGREE: Final = 0.4
BARE: Final = 0.4
"""Of the usual detail, in cells that have lost theirs: something without detail is before the lens…"""
SHADED: Final = 0.55
"""…or something that keeps the light off."""

Bands = tuple[Floats, ...]


@dataclass(slots=True)
class UsualView:
    """One camera's view in one kind of light: the means of its bands, and how well each cell usually resembles them."""

    bands: list[Floats]
    light: Floats
    """Grey level by cell."""
    trust: list[Floats] = field(default_factory=lambda: [np.ones(CELLS[::-1], np.float32) for _ in range(3)])
    sharp: Floats = field(default_factory=lambda: np.ones(3, np.float32))
    """Contrast, energy and grain of the fine band beside the coarse one, usually."""
    looks: int = 0
    doubted: int = 0
    """For how many looks too much has been strange."""
    lost: NDArray[np.int8] = field(default_factory=lambda: np.zeros(CELLS[::-1], np.int8))

    @property
    def speaks(self) -> bool:
        """Whether enough of it is known, and stands out, to tell what is missing."""
        says = (self.trust[MIDDLE] >= TRUSTED) | (self.trust[COARSE] >= TRUSTED)
        return self.looks >= KNOWN_LOOKS and bool(np.count_nonzero(says) >= LEAST_CELLS)

    @classmethod
    def of(cls, picture: "Picture") -> "UsualView":
        """What has been seen once."""
        return cls([band.copy() for band in picture.bands], picture.light.copy())

    def compare(self, picture: "Picture") -> "Likeness":
        """How much of this view is in a picture now."""
        found = [_found(own, band) for own, band in zip(self.bands, picture.bands, strict=True)]
        likeness = Likeness(self, found, picture.light)
        step = np.where(likeness.foreign, np.int8(1), np.int8(-2))
        self.lost = np.clip(self.lost + step, 0, LOST_MOST).astype(np.int8)
        return likeness

    def learn(self, picture: "Picture", likeness: "Likeness", gap_s: float) -> None:
        """Take in a picture of the view as it is, unless too much of it is strange."""
        self.doubted = self.doubted + 1 if self.looks >= SETTLED_LOOKS and likeness.doubtful else 0
        if 0 < self.doubted <= PATIENCE_LOOKS:
            return
        self.looks += 1
        slow = min(1.0, gap_s / USUAL_TAU_S)
        part = max(1.0 / (self.looks + 1), slow)
        for own, band in zip((*self.bands, self.light), (*picture.bands, picture.light), strict=True):
            cv2.accumulateWeighted(band, own, part)
        # The first few means are too near to their pictures to say how well others will resemble them.
        part = max(1.0 / max(1, self.looks - KNOWN_LOOKS), slow)
        for own, found in zip(self.trust, likeness.found, strict=True):
            cv2.accumulateWeighted(found.alike, own, part)
        self.sharp += (likeness.sharpness - self.sharp) * np.float32(part)

    def kept(self) -> dict[str, NDArray[np.float16]]:
        """What a file is to hold of it."""
        named: dict[str, Floats] = {f"band{number}": band for number, band in enumerate(self.bands)}
        named |= {f"trust{number}": trust for number, trust in enumerate(self.trust)}
        named |= {"sharp": self.sharp, "light": self.light}
        return {name: value.astype(np.float16) for name, value in named.items()}

    @classmethod
    def recalled(cls, kept: Mapping[str, NDArray[np.float16]]) -> "UsualView":
        """From a file. Raises `KeyError` or `ValueError` if it holds something else."""
        bands, trust = ([kept[f"{name}{number}"].astype(np.float32) for number in range(3)]
                        for name in ("band", "trust"))  # fmt: skip
        light = kept["light"].astype(np.float32)
        shapes = [(SIZE[1] >> number, SIZE[0] >> number) for number in range(3)]
        if [band.shape for band in bands] != shapes or any(one.shape != CELLS[::-1] for one in [*trust, light]):
            raise ValueError("a view of another size")
        return cls(bands, light, trust, kept["sharp"].astype(np.float32), SETTLED_LOOKS)


@dataclass(frozen=True, slots=True)
class Found:
    """By cell: likeness (-1 to 1), contrast and energy in parts of the usual one, and the usual energy itself."""

    alike: Floats
    gain: Floats
    energy: Floats
    usual: Floats


@dataclass(frozen=True)
class Likeness:
    """What a picture has of the usual view."""

    of: UsualView
    found: list[Found]
    light: Floats

    @cached_property
    def _says(self) -> tuple[Flags, Flags]:
        """Cells that say something by their middle band, and by their coarse one."""
        return self.of.trust[MIDDLE] >= TRUSTED, self.of.trust[COARSE] >= TRUSTED

    @property
    def doubtful(self) -> bool:
        """Whether so much is foreign now, or has been for a while, that nothing should be learnt of it."""
        says = self._says[0] | self._says[1]
        strange = says & (self.foreign | (self.of.lost >= LOST_LOOKS))
        return bool(np.count_nonzero(strange) > DOUBTED * np.count_nonzero(says))

    @cached_property
    def foreign(self) -> Flags:
        """Cells in which nothing of the usual view is found, though they say something of it otherwise."""
        says = self._says
        weights = np.maximum(1, says[0].astype(np.float32) + says[1])
        alike, gain, error = np.zeros((3, *CELLS[::-1]), np.float32)
        for own, band in zip(says, (MIDDLE, COARSE), strict=True):
            one = self.found[band]
            alike += own * one.alike / weights
            gain += own * one.gain / weights
            error += own * np.sqrt(one.energy / SAMPLES[band]) / weights
        return np.asarray((says[0] | says[1]) & (alike < FOREIGN) & (gain + error < FOUND), np.bool_)

    @cached_property
    def _agree(self) -> Flags:
        """Cells that are what they usually are."""
        return (self.found[COARSE].alike > RESEMBLES) & (self.of.trust[COARSE] >= TRUSTED)

    @cached_property
    def _familiar(self) -> Flags:
        """Those of them with something fine."""
        return self._agree & (self.of.trust[FINE] >= TRUSTED)

    @cached_property
    def sharpness(self) -> Floats:
        """Contrast, energy and grain of the fine band beside the coarse one; as usual where nothing tells it."""
        fine, coarse, agree, here = self.found[FINE], self.found[COARSE], self._agree, self._familiar
        if np.count_nonzero(agree) < LEAST_CELLS:
            return self.of.sharp
        grain = _beside(fine.energy[agree], coarse.energy[agree]) ** 0.5
        if np.count_nonzero(here) < LEAST_CELLS:
            return np.array([*self.of.sharp[:2], grain], np.float32)
        strong = here & (fine.usual >= np.median(fine.usual[here]))
        contrast = _beside(fine.gain[here], coarse.gain[here])
        energy = _beside(fine.energy[strong], coarse.energy[strong]) ** 0.5
        return np.array([contrast, energy, grain], np.float32)

    def softness(self) -> float:
        """What is left of the usual sharpness, in parts of what is enough: noise adds energy, sway takes contrast."""
        left = self.sharpness / np.maximum(self.of.sharp, 0.1)
        if np.count_nonzero(self._familiar) < LEAST_CELLS:
            return float(left[2]) / SMOOTH
        return float(left[:2].max()) / SOFT

    def judged(self) -> tuple[View, str]:
        """What has become of the view."""
        middle, coarse = self._says
        if (
            np.count_nonzero(self._agree) >= AGREE * max(LEAST_CELLS, int(np.count_nonzero(coarse)))
            and self.softness() < 1
        ):
            return "blurred", "fine detail is gone where coarse is not"
        says = middle | coarse
        lost = says & (self.of.lost >= LOST_LOOKS)
        size, gone = np.count_nonzero(says), np.count_nonzero(lost)
        if size < LEAST_CELLS or gone <= LOST * size:
            return "clear", ""
        why = f"{1 - gone / size:.0%} of the view is the usual one"
        return ("covered" if self._detail(lost) < BARE or self._shade(lost) < SHADED else "turned"), why

    def _detail(self, cells: Flags) -> float:
        """Of the usual detail, in some cells, as they would be in the usual light."""
        middle, coarse = (float(np.sqrt(np.median(self.found[band].energy[cells]))) for band in (MIDDLE, COARSE))
        return min(middle, coarse) * float((self.light.mean() + LEVEL) / (self.of.light.mean() + LEVEL))

    def _shade(self, cells: Flags) -> float:
        """How bright some cells are, in parts of the usual."""
        return float(np.median((self.light[cells] + LEVEL) / (self.of.light[cells] + LEVEL)))


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of `SIZE` as three bands of detail, fine, middle and coarse, in parts of its mean; and its light."""

    bands: Bands
    light: Floats


def split(grey: Grey) -> Picture:
    """Take a picture of `SIZE` apart."""
    light = np.asarray(cv2.resize(grey, CELLS, interpolation=cv2.INTER_AREA), np.float32)
    levels = [np.multiply(grey, np.float32(1 / (float(light.mean()) + LEVEL)), dtype=np.float32)]
    for _ in range(3):
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.float32))
    bands = (one - cv2.pyrUp(less, dstsize=one.shape[::-1]) for one, less in pairwise(levels))
    return Picture(tuple(np.asarray(band, np.float32) for band in bands), light)


def _found(own: Floats, now: Floats) -> Found:
    usual, energy, both = _by_cell((own * own, now * now, own * now))
    usual = np.asarray(np.maximum(usual, 1e-9), np.float32)
    scale = np.sqrt(usual * np.maximum(energy, np.float32(1e-9)))
    alike, gain, part = (np.asarray(one, np.float32) for one in (both / scale, both / usual, energy / usual))
    return Found(alike, gain, part, usual)


def _beside(fine: Floats, coarse: Floats) -> float:
    return float(np.median(fine)) / max(0.02, float(np.median(coarse)))


def _by_cell(products: Iterable[Floats]) -> list[Floats]:
    return [np.asarray(cv2.resize(one, CELLS, interpolation=cv2.INTER_AREA), np.float32) for one in products]
