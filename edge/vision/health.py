# SPDX-License-Identifier: Apache-2.0
"""Whether a fixed camera still sees what it is there to see: covered, turned away, blurred, dark, or frozen.

Once a second the picture is averaged down to 320 columns and compared with what is usual: how much detail there is,
where it is, and how light and dark are spread. What is usual follows the sun and is kept apart for infrared light. A
finding must last before it is told, and be gone for a while before it is taken back.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract.cameras import View
from edge.vision.source import Image

Floats = NDArray[np.float32]
Grey = NDArray[np.uint8]

_SIZE = (320, 180)
_CELLS = (40, 24)
"""Columns and rows in which detail is compared: finer ones would notice every car."""
_BLOCKS = (16, 9)
_LOOK_EVERY_S = 1.0
_WARM_S = 6.0
"""Before that an exposure is still finding its level, and nothing is usual yet."""
_LASTS_S = 12.0
_GONE_S = 4.0
_STILL_S = 20.0
"""An encoder may repeat a quiet picture bit by bit until its next key frame, ten seconds at most."""
_STILL_BLOCKS = 0.05
"""A clock that the camera writes into its pictures runs on in a frozen one, but covers no more than this."""
_USUAL_TAU_S = 120.0
_ACCEPT_S = 3600.0
"""Who turned a camera on purpose will not come back to say so: after an hour the new view is the usual one."""
_SAVE_EVERY_S = 300.0
_DARK_MEAN, _DARK_PEAK = 10.0, 40.0
_BARE = 1.2
"""Levels of detail on average, below which there is nothing to see whatever is usual: a sheet, a wall of paint."""
_LITTLE = 0.45
"""Of the usual detail, for the light there is."""
_SOFT = 0.7
"""Of the usual share of fine detail in the coarse."""
_ALIKE_LIGHT, _ALIKE_DETAIL = 0.6, 0.3
"""How well the spread of light, and that of detail, must agree with the usual one."""
_SNOW_STD, _SNOW_ALIKE = 6.0, 0.2
_GREY_CHROMA, _COLOUR_CHROMA = 1.5, 4.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What the camera sees since when, and what gave that away."""

    view: View
    since_us: int
    why: str = ""


@dataclass(slots=True)
class _Usual:
    """Detail by cell in parts of the brightness, and the spread of light."""

    detail: Floats
    light: Floats
    fine: Floats
    """One number: fine detail in parts of the coarse, which tells focus whatever the light."""

    def learn(self, now: "_Usual", share: float) -> None:
        self.detail += (now.detail - self.detail) * share
        self.light += (now.light - self.light) * share
        self.fine += (now.fine - self.fine) * share


class Health:
    """Judges one camera's pictures in the order of their capture times. `memory` keeps what is usual over restarts."""

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory
        self._usual: dict[bool, _Usual] = _recalled(memory) if memory else {}
        self._begun_us = self._looked_us = self._saved_us = 0
        self._colours = True
        self._told: Finding | None = None
        self._maybe: Finding | None = None
        self._anchor: Grey | None = None
        self._anchored_us = 0
        self._changed = np.zeros(_BLOCKS[::-1], np.bool_)
        self._before: Grey | None = None

    def look(self, at_us: int, image: Image) -> Finding | None:
        """A change of the view to tell, the first one included; None between looks and while nothing changes."""
        if self._begun_us and 0 <= at_us - self._looked_us < _LOOK_EVERY_S * 1e6:
            return None
        self._begun_us = self._begun_us or at_us
        gap_s = min(10.0, abs(at_us - self._looked_us) / 1e6) if self._looked_us else _LOOK_EVERY_S
        self._looked_us = at_us
        small = cv2.resize(image, _SIZE, interpolation=cv2.INTER_AREA)
        self._note_colours(np.asarray(small, np.uint8))
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
        view, why = self._judge(at_us, grey, gap_s)
        self._before = grey
        return self._settle(at_us, view, why) if at_us - self._begun_us >= _WARM_S * 1e6 else None

    def _judge(self, at_us: int, grey: Grey, gap_s: float) -> tuple[View, str]:
        if self._frozen(at_us, grey):
            return "frozen", "the picture has not changed"
        if self._is_snow(grey):
            return "frozen", "noise alone"
        mean, peak = float(grey.mean()), float(np.percentile(grey[::4, ::4], 99))
        if mean < _DARK_MEAN and peak < _DARK_PEAK:
            return "dark", f"brightness {mean:.0f} of 255"
        edges = _edges(grey)
        if float(edges.mean()) < _BARE:
            return "covered", "nothing stands out anywhere"
        now = _Usual(edges / (mean + 10.0), _light(grey), _fine(grey))
        usual = self._usual.get(self._colours)
        if usual is None:
            # The light of a lamp shows the same street, but less alike: nothing is told before it is known.
            self._usual[self._colours] = now
            return "clear", ""
        view, why = _compared(usual, now)
        if view == "clear":
            warm = at_us - self._begun_us < _WARM_S * 1e6
            usual.learn(now, 0.3 if warm else min(1.0, gap_s / _USUAL_TAU_S))
            self._save(at_us)
        elif view == "turned" and self._told and self._told.view == view and self._lasted(at_us) > _ACCEPT_S:
            self._usual = {}
        return view, why

    def _settle(self, at_us: int, view: View, why: str) -> Finding | None:
        if self._maybe is None or self._maybe.view != view:
            self._maybe = Finding(view, at_us, why)
        told = self._told.view if self._told else None
        if told == view:
            return None
        lasted_s = (at_us - self._maybe.since_us) / 1e6
        # A picture that has not changed for so long has been watched for that already.
        needed_s = 0.0 if view == "frozen" else _GONE_S if view == "clear" else _LASTS_S
        if lasted_s < needed_s:
            return None
        self._told = self._maybe
        return self._told

    def _lasted(self, at_us: int) -> float:
        return (at_us - self._told.since_us) / 1e6 if self._told else 0.0

    def _frozen(self, at_us: int, grey: Grey) -> bool:
        if self._anchor is not None:
            across, down = _SIZE[0] // _BLOCKS[0], _SIZE[1] // _BLOCKS[1]
            off = cv2.absdiff(grey, self._anchor).reshape(_BLOCKS[1], down, _BLOCKS[0], across)
            self._changed |= off.max(axis=(1, 3)) > 0
        if self._anchor is None or self._changed.mean() > _STILL_BLOCKS:
            self._anchor, self._anchored_us = grey, at_us
            self._changed[:] = False
        return at_us - self._anchored_us >= _STILL_S * 1e6

    def _is_snow(self, grey: Grey) -> bool:
        if self._before is None or float(grey.std()) < _SNOW_STD:
            return False
        beside = _alike(grey[:, 2:].astype(np.float32), grey[:, :-2].astype(np.float32))
        return beside < _SNOW_ALIKE and _alike(grey.astype(np.float32), self._before.astype(np.float32)) < _SNOW_ALIKE

    def _note_colours(self, small: Image) -> None:
        blue, green, red = cv2.split(small[::4, ::4])
        chroma = float(cv2.absdiff(blue, green).mean() + cv2.absdiff(red, green).mean())
        self._colours = chroma > (_GREY_CHROMA if self._colours else _COLOUR_CHROMA)

    def _save(self, at_us: int) -> None:
        if self._memory is None or 0 <= at_us - self._saved_us < _SAVE_EVERY_S * 1e6:
            return
        self._saved_us = at_us
        kept = {f"{'colours' if colours else 'grey'}_{name}": value
                for colours, one in self._usual.items()
                for name, value in (("detail", one.detail), ("light", one.light), ("fine", one.fine))}  # fmt: skip
        unfinished = self._memory / "view.tmp.npz"
        try:
            self._memory.mkdir(parents=True, exist_ok=True)
            np.savez(unfinished, allow_pickle=False, **kept)
            unfinished.replace(self._memory / "view.npz")
        except OSError:
            return  # a full disk is told by the ring of pictures


def _compared(usual: _Usual, now: _Usual) -> tuple[View, str]:
    left = float(now.detail.mean() / max(1e-6, float(usual.detail.mean())))
    fine = float(now.fine / max(1e-6, float(usual.fine)))
    alike_light, alike_detail = _alike(now.light, usual.light), _alike(now.detail, usual.detail)
    if left < _LITTLE and alike_light < _ALIKE_LIGHT:
        return "covered", f"{left:.0%} of the usual detail"
    if alike_light >= _ALIKE_LIGHT and (left < _LITTLE or fine < _SOFT):
        return "blurred", f"{min(left, fine):.0%} of the usual detail"
    if alike_detail < _ALIKE_DETAIL and alike_light < _ALIKE_LIGHT:
        return "turned", f"{max(0.0, alike_detail):.0%} of the view is the usual one"
    return "clear", ""


def _edges(grey: Grey) -> Floats:
    """Mean difference to the next pixel but one, by cell."""
    across, down = cv2.absdiff(grey[:-2, 2:], grey[:-2, :-2]), cv2.absdiff(grey[2:, :-2], grey[:-2, :-2])
    return np.asarray(cv2.resize(cv2.max(across, down), _CELLS, interpolation=cv2.INTER_AREA), np.float32)


def _fine(grey: Grey) -> Floats:
    fine, coarse = (float(cv2.absdiff(grey[:, by:], grey[:, :-by]).mean()) for by in (1, 6))
    return np.asarray(fine / max(coarse, 0.1), np.float32)


def _light(grey: Grey) -> Floats:
    return np.asarray(cv2.resize(grey, _BLOCKS, interpolation=cv2.INTER_AREA), np.float32)


def _alike(one: Floats, other: Floats) -> float:
    """Correlation, -1 to 1; 0 where one of them is even all over."""
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0


def _recalled(memory: Path) -> dict[bool, _Usual]:
    try:
        with np.load(memory / "view.npz", allow_pickle=False) as kept:
            found = {
                colours: _Usual(*(kept[f"{name}_{part}"].astype(np.float32) for part in ("detail", "light", "fine")))
                for colours, name in ((True, "colours"), (False, "grey"))
                if f"{name}_detail" in kept
            }
    except (OSError, ValueError, KeyError, EOFError):
        return {}
    fits = all(one.detail.shape == _CELLS[::-1] and one.light.shape == _BLOCKS[::-1] for one in found.values())
    return found if fits else {}
