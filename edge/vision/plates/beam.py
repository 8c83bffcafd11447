# SPDX-License-Identifier: Apache-2.0
"""From what a reader says of each column of a picture to the texts that a plate can have, best first.

A reader is trained with connectionist temporal classification (Graves et al. 2006): a text is as likely as all ways
together in which the columns spell it. The prefix beam search (Hannun et al. 2014) follows only what is the beginning
of a plate.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.vision.plates.grammar import ALPHABET, automaton

Columns = NDArray[np.float32]
"""[T, 1 + len(ALPHABET)]: for each column of the picture how likely nothing new (0) or each character begins there."""
BEAM: Final = 12
"""Prefixes that are followed at once; a wider beam changed no reading."""
WIDE: Final = 160
"""The same where the likeliest prefixes are no whole plates, as when a character is hidden."""
LEAST: Final = 1e-4
"""A character less likely than this in a column is not followed there."""
FLOOR: Final = 1e-5
"""What is held possible although the reader rules it out: one bad column must not rule out a plate."""
_PLACE: Final = {character: 1 + place for place, character in enumerate(ALPHABET)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text and the natural logarithm of its probability, by all looks that were summed."""

    text: str
    log_p: float


def search(columns: Columns, beam: int = BEAM) -> list[Candidate]:
    """The likeliest texts that are complete plates, best first; none if the picture shows nothing like one."""
    machine = automaton()
    live: dict[str, tuple[float, float, int]] = {"": (1.0, 0.0, 0)}
    log_scale = 0.0
    for column in columns.astype(np.float64):
        followed = [(ALPHABET[place], float(column[1 + place])) for place in np.flatnonzero(column[1:] > LEAST)]
        grown: dict[str, tuple[float, float, int]] = {}
        nothing = float(column[0]) + FLOOR
        for prefix, (ended, open_, state) in live.items():
            again = float(column[_PLACE[prefix[-1]]]) + FLOOR if prefix else 0.0
            grown[prefix] = ((ended + open_) * nothing, open_ * again, state)
        # Who was followed stays or is found again: what is new and less likely than all of them finds no place.
        least = min(ended + open_ for ended, open_, _ in grown.values()) if len(grown) == beam else 0.0
        for prefix, (ended, open_, state) in live.items():
            onward = machine.steps[state]
            for character, likely in followed:
                after = onward.get(character)
                if after is None:
                    continue
                begins = (ended if prefix and prefix[-1] == character else ended + open_) * likely
                longer = prefix + character
                if begins > least or (begins > 0.0 and longer in live):
                    known = grown.get(longer)
                    grown[longer] = (0.0, begins, after) if known is None else (known[0], known[1] + begins, after)
        kept = sorted(grown.items(), key=lambda one: -(one[1][0] + one[1][1]))[:beam]
        most = kept[0][1][0] + kept[0][1][1]
        log_scale += math.log(most)
        live = {prefix: (ended / most, open_ / most, state) for prefix, (ended, open_, state) in kept}
    found = [
        Candidate(text, log_scale + math.log(ended + open_))
        for text, (ended, open_, state) in live.items()
        if machine.accepts[state] and ended + open_ > 0.0
    ]
    if not found and beam < WIDE:
        return search(columns, WIDE)
    return sorted(found, key=lambda one: -one.log_p)


def log_likelihood(columns: Columns, text: str) -> float:
    """The natural logarithm of the probability of one text, all ways of spelling it summed."""
    spelt = [0]
    for character in text:
        spelt += [_PLACE[character], 0]
    emitted = np.log(columns[:, spelt].astype(np.float64) + FLOOR)
    skips = np.array([place > 1 and here not in (0, spelt[place - 2]) for place, here in enumerate(spelt)])
    ways = np.full(len(spelt), -np.inf)
    ways[:2] = emitted[0, :2]
    for column in emitted[1:]:
        from_before = np.concatenate(([-np.inf], ways[:-1]))
        from_skip = np.where(skips, np.concatenate(([-np.inf, -np.inf], ways[:-2])), -np.inf)
        ways = np.logaddexp(np.logaddexp(ways, from_before), from_skip) + column
    return float(np.logaddexp(ways[-1], ways[-2]))
