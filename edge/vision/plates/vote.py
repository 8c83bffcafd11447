# SPDX-License-Identifier: Apache-2.0
"""The looks at one vehicle's plate agree on a text. No pictures and no clock: only what was read, and how well."""

import math
from dataclasses import dataclass, field
from typing import Final

from edge.vision.plates.grammar import valid
from edge.vision.plates.reading import CANDIDATES, MOST_MARGIN, Reading, surety

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
AVERAGE_SAYS, LOOKS_SAY = 1.11, 0.12
"""What counts of the average's logarithms and of the looks' gains, by which a text's odds are told."""
MOST_TEXTS: Final = 256
"""Texts a ballot remembers: looks at a car that stands for days bring up ever new ones, of which nobody spoke twice."""
ANOTHER: Final = -9.5
"""Logarithm of the odds of a text that nobody thought of, on the same scale."""


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
        if len(self._gains) > MOST_TEXTS:
            kept = sorted(self._gains, key=lambda text: -self._gains[text])[: MOST_TEXTS // 2]
            self._gains = {text: self._gains[text] for text in kept}
            self._levels = {text: self._levels[text] for text in kept}

    def add_average(self, reading: Reading) -> None:
        """What all looks laid upon each other say: the newest counts alone, since it holds those before."""
        self._average = reading if valid(reading.text) else self._average

    def agrees(self, text: str) -> bool:
        """Whether neither the looks so far nor their average say another text."""
        voted = max(self._gains, key=lambda one: self._gains[one], default=text)
        return text == voted and (self._average is None or text == self._average.text)

    @property
    def colour(self) -> str:
        """The ground's colour by most of the looks."""
        return max(self._colours, key=lambda one: self._colours[one], default="")

    def verdict(self) -> Verdict | None:
        """The text with the most behind it; None before the first look.

        With an average, looks and average are weighed as a conditional logit does (McFadden 1974), fitted on films of
        small and dark plates: looks that are misled in the same way outvote every doubt, and the average does not.
        Where the looks are sure of another text than both together, that is taken off.
        """
        voted = self._voted()
        if self._average is None:
            return voted
        known = {one.text: one.log_p for one in self._average.candidates}
        least, share = self._average.candidates[0].log_p - REACH, LOOKS_SAY / math.sqrt(max(1, self.looks))
        scores = {
            text: AVERAGE_SAYS * max(least, known.get(text, least)) + share * self._gains.get(text, 0.0)
            for text in known.keys() | self._gains.keys()
        }
        first = max(scores, key=lambda text: (scores[text], text))
        whole = sum(math.exp(one - scores[first]) for one in scores.values()) + math.exp(ANOTHER - scores[first])
        if voted is None or voted.text != first:
            return Verdict(first, min(1 / whole, BELOW_CERTAIN) * (1 - (voted.sure if voted else 0.0)), self.looks)
        return Verdict(first, min(1 / whole, 1.0 if voted.sure >= CERTAIN else BELOW_CERTAIN), self.looks)

    @property
    def texts(self) -> list[str]:
        """What the looks said most, at most as many as a look has candidates."""
        return sorted(self._gains, key=lambda text: -self._gains[text])[:CANDIDATES]

    def _voted(self) -> Verdict | None:
        """Looks at a standing car repeat each other's mistakes, so that n of them count as the root of n."""
        if not self._gains:
            return None
        first, *others = sorted(self._gains, key=lambda text: -self._gains[text])
        second = self._gains[others[0]] if others else max(0.0, self._gains[first] - MOST_MARGIN * self.weights)
        margin = (self._gains[first] - second) / math.sqrt(self.looks)
        sure = surety(margin, self._levels[first])
        return Verdict(first, sure if self.looks >= LEAST_LOOKS else min(sure, BELOW_CERTAIN), self.looks)
