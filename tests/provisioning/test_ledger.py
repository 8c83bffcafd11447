# SPDX-License-Identifier: Apache-2.0
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.bench.ledger import ASK_AFTER_S, ASK_EVERY_S, MAX_ASKED, Ledger, Questions, Span, Spans, runs

spans = st.tuples(st.integers(1, 60), st.integers(0, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def numbers(given_spans: list[tuple[int, int]]) -> list[int]:
    return [number for first, last in given_spans for number in range(first, last + 1)]


def due(questions: Questions[str], ledger: Ledger, now_s: float) -> list[Span]:
    """What is to be asked for on the one lane there is."""
    standing = [("lane", ledger.watermark, ledger.holes)] if ledger.holes else []
    return questions.due(standing, now_s).get("lane", [])


@given(st.lists(spans, max_size=30))
def test_spans_are_a_set_of_integers(added: list[tuple[int, int]]) -> None:
    """Whatever comes in whatever order, the spans hold the union, and each number is called new exactly once."""
    seen, model = Spans(), set[int]()
    for first, last in added:
        fresh = numbers(seen.add(first, last))
        assert fresh == sorted(set(range(first, last + 1)) - model)
        model |= set(range(first, last + 1))
        held = list(seen)
        assert numbers(held) == sorted(model)
        assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(held))


@given(st.lists(spans, max_size=30))
def test_watermark_is_contiguous_and_never_falls(taken: list[tuple[int, int]]) -> None:
    """The watermark is the highest number below which nothing is missing, and it only rises."""
    ledger, model, before = Ledger(), set[int](), 0
    for first, last in taken:
        ledger.take(first, last)
        model |= set(range(first, last + 1))
        expected = next(number for number in range(1, 100) if number not in model) - 1
        assert before <= ledger.watermark == expected
        before = ledger.watermark


@given(st.lists(spans, max_size=20))
def test_record_restores_the_ledger(taken: list[tuple[int, int]]) -> None:
    """A ledger read back from its spans knows the same."""
    ledger = Ledger()
    for first, last in taken:
        ledger.take(first, last)
    again = Ledger(ledger.spans)
    assert (again.watermark, again.spans) == (ledger.watermark, ledger.spans)


@given(st.lists(spans, min_size=1, max_size=20))
def test_wanted_is_exactly_what_is_missing(taken: list[tuple[int, int]]) -> None:
    """What is asked for, together with what is in, leaves no hole."""
    ledger = Ledger()
    for first, last in taken:
        ledger.take(first, last)
    questions = Questions[str]()
    due(questions, ledger, 0.0)
    for first, last in due(questions, ledger, ASK_AFTER_S):
        assert ledger.take(first, last) == [(first, last)]
    assert due(questions, ledger, 1000.0) == []
    assert ledger.watermark == max(last for _, last in taken)


def test_hole_is_asked_for_only_when_it_stands() -> None:
    """A hole that the next message fills is never asked for; one that stays is, again and again but not at once."""
    ledger, questions = Ledger([(1, 3), (6, 9)]), Questions[str]()
    assert due(questions, ledger, 10.0) == []
    assert due(questions, ledger, 10.0 + ASK_AFTER_S) == [(4, 5)]
    assert due(questions, ledger, 10.1 + ASK_AFTER_S) == []
    assert due(questions, ledger, 10.0 + ASK_AFTER_S + ASK_EVERY_S) == [(4, 5)]


def test_asking_is_bounded() -> None:
    """Ten thousand holes do not make an ack of ten thousand ranges."""
    ledger = Ledger((number, number) for number in range(2, 20_000, 2))
    questions = Questions[str]()
    due(questions, ledger, 0.0)
    assert len(due(questions, ledger, ASK_AFTER_S)) == MAX_ASKED


@given(st.sets(st.integers(1, 200), min_size=1))
def test_runs_keep_every_number(picked: set[int]) -> None:
    """Rising numbers become spans and back."""
    assert numbers(runs(sorted(picked))) == sorted(picked)


@pytest.mark.parametrize(("start", "reach"), [(1, 0), (2, 3), (3, 3), (4, 3), (6, 6), (9, 8)])
def test_reach_from_anywhere(start: int, reach: int) -> None:
    """`reach` counts from any start, whether it lies in a span, before it or between two."""
    assert Spans([(2, 3), (6, 6)]).reach(start) == reach
