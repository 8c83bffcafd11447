# SPDX-License-Identifier: Apache-2.0

import itertools
import math

import numpy as np
import pytest

from edge.vision.plates.beam import FLOOR, Columns, log_likelihood, search
from edge.vision.plates.grammar import ALPHABET, valid


def spelt(*columns: dict[str, float]) -> Columns:
    """Columns in which each named character has its probability and nothing new the rest."""
    table = np.zeros((len(columns), 1 + len(ALPHABET)), np.float32)
    for row, column in zip(table, columns, strict=True):
        for character, p in column.items():
            row[1 + ALPHABET.index(character)] = p
        row[0] = 1 - sum(column.values())
    return table


def of_text(text: str, p: float = 0.98) -> Columns:
    """A column for each character and an empty one after it."""
    return spelt(*itertools.chain.from_iterable(({character: p}, {}) for character in text))


@pytest.mark.parametrize("text", ["京A12345", "沪AD11100", "粤Z8888港", "WJ京1234X", "224578使"])
def test_what_is_spelt_is_read(text: str) -> None:
    """A clear picture is read as it is, doubled characters and all kinds included."""
    best = search(of_text(text))[0]
    assert best.text == text
    assert best.log_p == pytest.approx(len(text) * math.log(0.98), abs=0.01)


def test_the_grammar_decides_between_lookalikes() -> None:
    """In the second place of a number only a letter can stand, however much it looks like an 8."""
    columns = of_text("京A12345")
    columns[2] = spelt({"8": 0.6, "B": 0.3})[0]
    assert search(columns)[0].text == "京B12345"


def test_a_doubtful_place_gives_both() -> None:
    """Two readings of one place are both told, the likelier first, and their logarithms say how far apart they are."""
    columns = of_text("京A12345")
    columns[8] = spelt({"3": 0.6, "8": 0.3})[0]
    first, second = search(columns)[:2]
    assert (first.text, second.text) == ("京A12345", "京A12845")
    assert first.log_p - second.log_p == pytest.approx(math.log(2), abs=0.01)


def test_a_text_that_goes_on_is_no_shorter_plate() -> None:
    """Eight characters are a new-energy number, not a plate of seven with something beside it."""
    assert search(of_text("沪A12345D"))[0].text == "沪A12345D"


@pytest.mark.parametrize("text", ["HELLW", "京京京", "12"])
def test_other_writing_is_no_plate(text: str) -> None:
    """What is written on a shop front spells no plate: nothing is found, or nothing likely."""
    assert not [one for one in search(of_text(text)) if one.log_p > -20.0]


def test_only_plates_come_out_of_noise() -> None:
    """Whatever a reader says, every candidate is a text that the grammar allows."""
    chance = np.random.default_rng(3)
    noise = chance.dirichlet(np.full(1 + len(ALPHABET), 0.05), 30).astype(np.float32)
    assert all(valid(one.text) for one in search(noise))


def test_likelihood_sums_all_ways() -> None:
    """The probability of a text is that of all rows of columns which spell it, as counted one by one."""
    chance = np.random.default_rng(4)
    columns = chance.dirichlet(np.ones(1 + len(ALPHABET)), 5).astype(np.float32)
    text = "11A"
    ours = [0, *(1 + ALPHABET.index(one) for one in "1A")]
    whole = 0.0
    for row in itertools.product(ours, repeat=5):
        merged = [one for before, one in zip((0, *row), row, strict=False) if one not in (0, before)]
        if "".join(ALPHABET[one - 1] for one in merged) == text:
            whole += math.prod(float(columns[place, one]) + FLOOR for place, one in enumerate(row))
    assert log_likelihood(columns, text) == pytest.approx(math.log(whole), abs=1e-6)
