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
QUICK_SAYS: Final = 0.1
"""What the quick reader's opinion counts beside that of the careful one, which errs far less: it breaks ties."""
ALONE: Final = 3.0
"""Taken off the logarithms of a quick reader that reads alone: it is often sure of a province that it cannot see."""
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
        looks: list[tuple[Columns, float]] = []
        if self._quick is not None:
            looks.append((self._quick.columns(plate), QUICK_SAYS if self._careful else 1.0))
            if _characters(looks[0][0]) < LEAST_CHARACTERS:
                return None
        if self._careful is None:
            return _agreed(looks, ALONE)
        first, *others = _views(plate)
        looks.append((self._careful.columns(first()), 1.0))
        reading = _agreed(looks, 0.0)
        if reading is not None and reading.sure >= ENOUGH:
            return reading
        seen = [looks.pop()[0], *(self._careful.columns(view()) for view in others)]
        return _agreed([*looks, *((columns, 1 / len(seen)) for columns in seen)], 0.0)


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


def _agreed(looks: Sequence[tuple[Columns, float]], doubt: float) -> Reading | None:
    """The candidates of all looks, each by the weighted mean of what all looks say of it, less a doubt."""
    texts = {one.text for columns, _ in looks for one in _within_reach(search(columns))}
    whole = sum(weight for _, weight in looks)
    seen = {text: sum(weight * log_likelihood(columns, text) for columns, weight in looks) / whole for text in texts}
    ranked = sorted(
        (Candidate(text, log_p + prior(text) - doubt) for text, log_p in seen.items()),
        key=lambda one: (-one.log_p, one.text),
    )
    if not ranked:
        return None
    margin = ranked[0].log_p - ranked[1].log_p if len(ranked) > 1 else MOST_MARGIN
    return Reading(tuple(ranked[:CANDIDATES]), surety(margin, ranked[0].log_p))


def _within_reach(found: Sequence[Candidate]) -> list[Candidate]:
    return [one for one in found[:CANDIDATES] if found[0].log_p - one.log_p < OUT_OF_REACH]


def _characters(columns: Columns) -> int:
    """How many characters stand there if each column is taken by itself."""
    best = columns.argmax(axis=1)
    return int(np.count_nonzero((best[1:] != best[:-1]) & (best[1:] != 0)) + (best[0] != 0))


def _proportioned(plate: Image, width: int, how: int) -> Image:
    return np.asarray(cv2.resize(plate, (width, HEIGHT), interpolation=how), np.uint8)
