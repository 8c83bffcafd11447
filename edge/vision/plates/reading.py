# SPDX-License-Identifier: Apache-2.0
"""One look at one plate: what it says, and how sure that is.

Two readers that were made differently err differently, and so does one reader before two views of the same plate. What
each thinks of every candidate is summed, so that a letter that only one of them sees there does not decide. A plate
that is surely read at the first view is not looked at again: nine of ten cost one careful look.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np

from edge.vision.plates.beam import Candidate, Columns, log_likelihood, search
from edge.vision.plates.cutout import HEIGHT
from edge.vision.plates.grammar import prior
from edge.vision.plates.level import levelled
from edge.vision.plates.recogniser import Reader
from edge.vision.source import Image

WIDTH: Final = 160
"""Pixels across at 48 down: the proportions of a plate lie from 151 to 165."""
JOINED_WIDTHS: Final = (240, 204)
"""The same for two lines that were joined, told by a width of more than 4.5 times the height."""
JOINED_FROM: Final = 4.5
CANDIDATES: Final = 5
"""Texts of each look that the others are asked about."""
ENOUGH: Final = 0.97
"""How sure the first view must be for the others to be spared."""
OUT_OF_REACH: Final = 12.0
"""So much less likely than a look's best by its logarithm, a text is not asked about; it has no voice in a vote."""
LEAST_CHARACTERS: Final = 3
"""Where a quick look sees fewer there is no plate, and a careful one is not worth its time."""
LEVELS: Final = (-1.0, 0.9, 0.6)
"""How sure a look is: a constant, per unit of margin to the second text, per unit of the text's own logarithm."""
CLOSELY: Final = ((0.27, 0.26), (0.3, 0.15, 0.13))
"""What each view counts where none is spared: the quick reader's, as it is and level; the careful one's (fitted)."""
QUICK_SAYS: Final = 0.7
"""What the quick reader's opinion counts beside that of the careful one (cross-validated, 0.5 to 1 are alike)."""
ALONE: Final = 4.0
"""Taken off the logarithms of a quick reader that reads alone, for it sees plates where none are, and of any that reads
an average alone: nobody holds its mistakes against it."""
MOST_MARGIN: Final = 9.0
"""Margins beyond this say no more."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look makes of a plate: candidates best first, `sure` from 0 to 1 that the first is right."""

    candidates: tuple[Candidate, ...]
    sure: float

    @property
    def text(self) -> str:
        """The likeliest text."""
        return self.candidates[0].text


class PlateReader:
    """A quick reader, a careful one, or both. With both the careful one is asked where the quick one sees a plate."""

    def __init__(self, quick: Reader | None, careful: Reader | None) -> None:
        """Either may be missing, not both."""
        self._quick, self._careful = quick, careful

    def read(self, plate: Image) -> Reading | None:
        """A straightened plate, one line; None if no plate's text can be seen in it."""
        quick = [] if self._quick is None else [self._quick.columns(plate)]
        if quick and _characters(quick[0]) < LEAST_CHARACTERS:
            return None
        views = () if self._careful is None else _views(plate)
        careful = [] if self._careful is None else [self._careful.columns(views[0]())]
        reading = self._weighed(quick, careful)
        if reading is not None and reading.sure >= ENOUGH:
            return reading
        if self._quick is not None:
            quick.append(self._quick.columns(levelled(plate)))
        if self._careful is not None:
            careful += [self._careful.columns(view()) for view in views[1:]]
        return self._weighed(quick, careful)

    def _weighed(self, quick: Sequence[Columns], careful: Sequence[Columns]) -> Reading | None:
        looks = [(columns, QUICK_SAYS / len(quick)) for columns in quick]
        looks += [(columns, 1 / len(careful)) for columns in careful]
        return _agreed(looks, 0.0 if careful else ALONE)

    def read_closely(self, plate: Image, asked: Sequence[str]) -> Reading | None:
        """By every view of both readers, for what is read seldom and counts much: the average of many looks.

        Of the texts that are asked about it says what they are worth, though no view thought of them.
        """
        looks: list[tuple[Columns, float]] = []
        if self._quick is not None:
            seen = (self._quick.columns(plate), self._quick.columns(levelled(plate)))
            looks += zip(seen, CLOSELY[0], strict=True)
        if self._careful is not None:
            looks += zip((self._careful.columns(view()) for view in _views(plate)), CLOSELY[1], strict=False)
        return _agreed(looks, 0.0 if self._quick and self._careful else ALONE, asked)


def _views(plate: Image) -> tuple[Callable[[], Image], ...]:
    """A plate in its proportions; sharper, and level, should that not do. Of two lines that were joined, two widths."""
    if plate.shape[1] > JOINED_FROM * plate.shape[0]:
        return tuple(partial(_proportioned, plate, width, cv2.INTER_CUBIC) for width in JOINED_WIDTHS)
    return (
        partial(_proportioned, plate, WIDTH, cv2.INTER_LINEAR),
        partial(_proportioned, plate, WIDTH, cv2.INTER_CUBIC),
        partial(levelled, plate),
    )


def surety(margin: float, log_p: float) -> float:
    """How likely the best text is right, from 0 to 1 (set by hand on crops; see the model's card)."""
    constant, by_margin, by_level = LEVELS
    level = constant + by_margin * min(margin, MOST_MARGIN) + by_level * max(log_p, -20.0)
    return 1 / (1 + math.exp(-level))


def _agreed(looks: Sequence[tuple[Columns, float]], doubt: float, asked: Sequence[str] = ()) -> Reading | None:
    """The candidates of all looks, each by the weighted mean of what all looks say of it, less a doubt."""
    texts = {one.text for columns, _ in looks for one in _within_reach(search(columns))}
    if not texts:
        return None
    texts |= {*asked}
    whole = sum(weight for _, weight in looks)
    seen = {text: sum(weight * log_likelihood(columns, text) for columns, weight in looks) / whole for text in texts}
    ranked = sorted(
        (Candidate(text, log_p + prior(text) - doubt) for text, log_p in seen.items()),
        key=lambda one: (-one.log_p, one.text),
    )
    margin = ranked[0].log_p - ranked[1].log_p if len(ranked) > 1 else MOST_MARGIN
    told = tuple(one for place, one in enumerate(ranked) if place < CANDIDATES or one.text in asked)
    return Reading(told, surety(margin, ranked[0].log_p))


def _within_reach(found: Sequence[Candidate]) -> list[Candidate]:
    return [one for one in found[:CANDIDATES] if found[0].log_p - one.log_p < OUT_OF_REACH]


def _characters(columns: Columns) -> int:
    """How many characters stand there if each column is taken by itself."""
    best = columns.argmax(axis=1)
    return int(np.count_nonzero((best[1:] != best[:-1]) & (best[1:] != 0)) + (best[0] != 0))


def _proportioned(plate: Image, width: int, how: int) -> Image:
    return np.asarray(cv2.resize(plate, (width, HEIGHT), interpolation=how), np.uint8)
