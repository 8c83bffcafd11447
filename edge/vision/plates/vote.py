# SPDX-License-Identifier: Apache-2.0
"""The looks at one vehicle's plate agree on a text. No pictures and no clock: only what was read, and how well."""

import math
from dataclasses import dataclass, field, replace
from typing import Final

from edge.vision.plates.grammar import valid
from edge.vision.plates.reading import MOST_MARGIN, Reading, surety

REACH: Final = 12.0
"""A text this much less likely than a look's best, by its logarithm, has no voice in that look."""
FULL_PX: Final = 24.0
"""Height from which a plate is seen as well as it can be."""
FULL_SHARP: Final = 0.5
"""Sharpness of a plate in focus (measured: real ones have 0.5 to 0.65)."""
LEAST_LOOKS: Final = 2
"""One look alone is never certain: what misleads it may be a drop of rain."""
CERTAIN: Final = 0.995
"""From here on a plate is read seldom."""
BELOW_CERTAIN: Final = 0.99
"""What one look alone, or the average alone, comes to at most."""
AVERAGE_ODDS: Final = -0.9
"""Added to the logarithm of an average's odds: it is less noisy than a look, but a little blurred, always alike."""


def weight(height_px: float, sharpness: float) -> float:
    """What a look counts, 0 to 1: large and sharp ones most."""
    return min(1.0, height_px / FULL_PX) ** 2 * (0.3 + 0.7 * min(1.0, sharpness / FULL_SHARP))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the looks agree on."""

    text: str
    sure: float
    looks: int


@dataclass(slots=True)
class Ballot:
    """The looks at one vehicle so far."""

    looks: int = 0
    weights: float = 0.0
    _gains: dict[str, float] = field(default_factory=dict)
    _colours: dict[str, float] = field(default_factory=dict)
    _levels: dict[str, float] = field(default_factory=dict)
    _average: Reading | None = None

    def add(self, reading: Reading, colour: str, weighs: float) -> None:
        """One look; texts that no plate can have are not heard."""
        heard = [one for one in reading.candidates if valid(one.text)]
        if not heard or weighs <= 0.0:
            return
        best = heard[0].log_p
        self.looks += 1
        self.weights += weighs
        self._colours[colour] = self._colours.get(colour, 0.0) + weighs
        for one in heard:
            gain = weighs * max(0.0, one.log_p - best + REACH)
            self._gains[one.text] = self._gains.get(one.text, 0.0) + gain
            self._levels[one.text] = max(self._levels.get(one.text, -math.inf), one.log_p)

    def add_average(self, reading: Reading | None) -> None:
        """What all looks laid upon each other say: the newest counts alone. None where looks are sure by themselves."""
        self._average = reading if reading is None or valid(reading.text) else self._average

    @property
    def colour(self) -> str:
        """The ground's colour by most of the looks."""
        return max(self._colours, key=lambda one: self._colours[one], default="")

    def verdict(self) -> Verdict | None:
        """The text with the most behind it, or that of the average if it is surer; None before the first look.

        Where the two differ, each takes from the other as much as it is sure itself. Where they agree, both count:
        looks that are misled in the same way outvote every doubt in the end, and the average does not.
        """
        voted, average = self._voted(), self._average
        if average is None:
            return voted
        averaged = Verdict(average.text, _chance(_log_odds(average.sure) + AVERAGE_ODDS), self.looks)
        if voted is None:
            return averaged
        first, other = (voted, averaged) if voted.sure >= averaged.sure else (averaged, voted)
        if first.text != other.text:
            return replace(first, sure=first.sure * (1 - other.sure))
        return replace(first, sure=_chance((_log_odds(first.sure) + _log_odds(other.sure)) / 2))

    def _voted(self) -> Verdict | None:
        """Looks at a standing car repeat each other's mistakes, so that n of them count as the root of n."""
        if not self._gains:
            return None
        first, *others = sorted(self._gains, key=lambda text: -self._gains[text])
        second = self._gains[others[0]] if others else max(0.0, self._gains[first] - MOST_MARGIN * self.weights)
        margin = (self._gains[first] - second) / math.sqrt(self.looks)
        sure = surety(margin, self._levels[first])
        return Verdict(first, sure if self.looks >= LEAST_LOOKS else min(sure, BELOW_CERTAIN), self.looks)


def _log_odds(sure: float) -> float:
    least = min(max(sure, 1e-6), BELOW_CERTAIN)
    return math.log(least / (1 - least))


def _chance(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
