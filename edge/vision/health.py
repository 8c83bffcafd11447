# SPDX-License-Identifier: Apache-2.0
"""Whether a fixed camera still sees what it is there to see: covered, turned away, blurred, dark, or frozen.

Once a second the picture is averaged down to 320 columns and compared with what is usual (`usual_view`, `stillness`).
What is usual follows the sun and is kept apart for infrared light. A finding must last before it is told, and be gone
for a while before it is taken back.
"""

from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract.cameras import View
from edge.vision.source import Image
from edge.vision.stillness import Stillness
from edge.vision.usual_view import CELLS, SIZE, UsualView, split

Floats = NDArray[np.float32]
Grey = NDArray[np.uint8]

_LOOK_EVERY_S: Final = 1.0
_WARM_S: Final = 6.0
"""Before that an exposure is still finding its level, and nothing is usual yet."""
_LASTS_S: Final = 12.0
_MOSTLY: Final = 0.75
"""Of the looks of that time; a lorry that passes is not all of them."""
_GONE_S: Final = 4.0
_ACCEPT_S: Final = 3600.0
"""Who turned a camera on purpose will not come back to say so: after an hour the new view is the usual one."""
_SAVE_EVERY_S: Final = 1800.0
_SAVE_LOOKS: Final = 12
_DARK_MEAN, _DARK_PEAK = 10.0, 40.0
_DARK_SHARE: Final = 0.12
"""Of the usual light at once, if that is not much more than dark: no dusk is so quick."""
_BARE: Final = 1.2
"""Levels of detail on average, below which there is nothing to see whatever is usual: a sheet, a wall of paint."""
_SNOW_STD, _SNOW_ALIKE = 6.0, 0.2
_THIN: Final = 6
"""Every sixth row shows whether there is anything but noise."""
_GREY_CHROMA, _COLOUR_CHROMA = 0.8, 2.0
"""Of the blocks' means: infrared light leaves none, while wet asphalt under clouds still has some."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the camera sees since when, and what gave that away."""

    view: View
    since_us: int
    why: str = ""


class Health:
    """Judges one camera's pictures in the order of their capture times. `memory` keeps what is usual over restarts."""

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory
        self._usual: dict[bool, UsualView] = _recalled(memory) if memory else {}
        self._begun_us = self._looked_us = self._saved_us = 0
        self._colours = True
        self._told: Finding | None = None
        self._lately: deque[Finding] = deque()
        self._stillness = Stillness()
        self._before: Grey | None = None

    def look(self, at_us: int, image: Image) -> Finding | None:
        """A change of the view to tell, the first one included; None between looks and while nothing changes."""
        if self._begun_us and 0 <= at_us - self._looked_us < _LOOK_EVERY_S * 1e6:
            return None
        self._begun_us = self._begun_us or at_us
        gap_s = min(10.0, abs(at_us - self._looked_us) / 1e6) if self._looked_us else _LOOK_EVERY_S
        self._looked_us = at_us
        small = cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)
        self._note_colours(np.asarray(small, np.uint8))
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
        view, why = self._judge(at_us, grey, gap_s)
        self._before = grey
        return self._settle(at_us, view, why) if at_us - self._begun_us >= _WARM_S * 1e6 else None

    def _judge(self, at_us: int, grey: Grey, gap_s: float) -> tuple[View, str]:
        nearly = self._stillness.nearly_repeats(at_us, grey)
        if self._stillness.repeats(at_us, grey):
            return "frozen", "the picture has not changed"
        if self._is_snow(grey):
            return "frozen", "noise alone"
        known = self._usual.get(self._colours) or self._usual.get(not self._colours)
        if _is_dark(grey, float(known.light.mean()) if known else 0.0):
            return "dark", f"brightness {grey.mean():.0f} of 255"
        if (known is None or not known.speaks) and _detail(grey) < _BARE:
            return "covered", "nothing stands out anywhere"
        view, why = self._compared(at_us, grey, gap_s)
        return ("frozen", "nothing moves any more") if view == "clear" and nearly else (view, why)

    def _compared(self, at_us: int, grey: Grey, gap_s: float) -> tuple[View, str]:
        """The view beside the usual one, which follows it while it is clear."""
        picture = split(grey)
        usual = self._usual.get(self._colours)
        known = usual or self._usual.get(not self._colours)
        if known is None:
            self._usual[self._colours] = UsualView.of(picture)
            return "clear", ""
        likeness = known.compare(picture)
        view, why = likeness.judged()
        if usual is None:
            # The light of a lamp shows the same street, but less alike: only what hides it is told of an unknown light.
            if view != "covered":
                self._usual[self._colours] = UsualView.of(picture)
                return "clear", ""
        elif view == "clear":
            usual.learn(picture, likeness, gap_s)
            self._save(at_us, usual)
        elif view == "turned" and self._told and self._told.view == view and self._lasted(at_us) > _ACCEPT_S:
            self._usual = {}
        return view, why

    def _settle(self, at_us: int, view: View, why: str) -> Finding | None:
        """What has been found at most looks lately, told when it is something new."""
        self._lately.append(Finding(view, at_us, why))
        told = self._told.view if self._told else None
        while at_us - self._lately[0].since_us > _LASTS_S * 1e6:
            self._lately.popleft()
        if view == told:
            return None
        if view == "frozen":
            # A picture that has not changed for so long has been watched for that already.
            return self._tell(self._lately[-1])
        if view == "clear":
            since = next((one for one in self._settled(view)), None)
            enough = since is not None and (told is None or at_us - since.since_us >= _GONE_S * 1e6)
            return self._tell(since) if since is not None and enough else None
        lost = [one for one in self._lately if one.view not in {"clear", told}]
        if at_us - lost[0].since_us < _LASTS_S * 1e6 - _LOOK_EVERY_S * 0.5e6 or len(lost) < _MOSTLY * len(self._lately):
            return None
        most = Counter(one.view for one in lost).most_common(1)[0][0]
        last = next(one for one in reversed(lost) if one.view == most)
        return self._tell(Finding(most, lost[0].since_us, last.why))

    def _settled(self, view: View) -> list[Finding]:
        """The last looks that all found this."""
        found: list[Finding] = []
        for one in reversed(self._lately):
            if one.view != view:
                break
            found.insert(0, one)
        return found

    def _tell(self, found: Finding) -> Finding:
        self._told = found
        return found

    def _lasted(self, at_us: int) -> float:
        return (at_us - self._told.since_us) / 1e6 if self._told else 0.0

    def _is_snow(self, grey: Grey) -> bool:
        if self._before is None:
            return False
        now, before = grey[::_THIN].astype(np.float32), self._before[::_THIN].astype(np.float32)
        if float(cv2.meanStdDev(now)[1][0, 0]) < _SNOW_STD:
            return False
        return _alike(now[:, 2:], now[:, :-2]) < _SNOW_ALIKE and _alike(now, before) < _SNOW_ALIKE

    def _note_colours(self, small: Image) -> None:
        blue, green, red = cv2.split(cv2.resize(small, CELLS, interpolation=cv2.INTER_AREA).astype(np.float32))
        chroma = float(cv2.absdiff(blue, green).mean() + cv2.absdiff(red, green).mean())
        self._colours = chroma > (_GREY_CHROMA if self._colours else _COLOUR_CHROMA)

    def _save(self, at_us: int, usual: UsualView) -> None:
        due = not self._saved_us or not 0 <= at_us - self._saved_us < _SAVE_EVERY_S * 1e6
        if self._memory is None or not due or usual.looks < _SAVE_LOOKS:
            return
        self._saved_us = at_us
        kept = {f"{'colours' if colours else 'grey'}_{name}": value
                for colours, one in self._usual.items() for name, value in one.kept().items()}  # fmt: skip
        unfinished = self._memory / "view.tmp.npz"
        try:
            self._memory.mkdir(parents=True, exist_ok=True)
            np.savez(unfinished, allow_pickle=False, **kept)
            unfinished.replace(self._memory / "view.npz")
        except OSError:
            return  # a full disk is told by the ring of pictures


def _is_dark(grey: Grey, usual: float) -> bool:
    mean = cv2.mean(grey)[0]
    if mean >= 2 * _DARK_MEAN:
        return False
    peak = float(np.percentile(grey[::4, ::4], 99))
    if mean < _DARK_MEAN and peak < _DARK_PEAK:
        return True
    return mean < _DARK_SHARE * usual and peak < 2 * _DARK_PEAK


def _detail(grey: Grey) -> float:
    """Mean difference to the next pixel but one."""
    across, down = cv2.absdiff(grey[:-2, 2:], grey[:-2, :-2]), cv2.absdiff(grey[2:, :-2], grey[:-2, :-2])
    return float(cv2.max(across, down).mean())


def _alike(one: Floats, other: Floats) -> float:
    """Correlation, -1 to 1; 0 where one of them is even all over."""
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0


def _recalled(memory: Path) -> dict[bool, UsualView]:
    found = {}
    try:
        with np.load(memory / "view.npz", allow_pickle=False) as kept:
            for colours, name in ((True, "colours_"), (False, "grey_")):
                own = {key.removeprefix(name): kept[key] for key in kept if key.startswith(name)}
                if own:
                    found[colours] = UsualView.recalled(own)
    except (OSError, ValueError, KeyError, EOFError):
        return {}
    return found
