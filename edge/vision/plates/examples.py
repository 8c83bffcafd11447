# SPDX-License-Identifier: Apache-2.0
"""Texts drawn from the grammar, a line each with its kind: `python -m edge.vision.plates.examples COUNT SEED`.

What our own reader is trained on is rendered from these, so that the grammar is written down once.
"""

import random
import sys
from collections.abc import Iterator

from edge.vision.plates.grammar import FORMS, Form

SHARES = (30, 12, 5, 7, 2, 2, 3, 5, 4, 4, 5, 4, 2, 5)
"""How often each form is drawn: those with the largest alphabets most, so that every character is seen in its place."""
LETTER_SHARE = 0.3
"""Chance of a letter where either may stand; the alphabet alone would fill plates with letters."""


def examples(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """`count` pairs of kind and text."""
    chance = random.Random(seed)  # noqa: S311 - plates to train on, not keys
    for _ in range(count):
        form = chance.choices(FORMS, SHARES)[0]
        yield chance.choice(form.kinds).value, _text(form, chance)


def _text(form: Form, chance: random.Random) -> str:
    return "".join(_character(place, chance) for place in form.places)


def _character(place: str, chance: random.Random) -> str:
    digits = [one for one in place if one.isdigit()]
    others = [one for one in place if not one.isdigit()]
    if digits and others:
        return chance.choice(others if chance.random() < LETTER_SHARE else digits)
    return chance.choice(place)


if __name__ == "__main__":
    for kind, text in examples(int(sys.argv[1]), int(sys.argv[2])):
        sys.stdout.write(f"{kind}\t{text}\n")
