# SPDX-License-Identifier: Apache-2.0
"""Lines on the ground: who has crossed one, and who only stood on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.crossing import NOWHERE, Line, Side, followed
from edge.core.geometry import Box, Point

GATE = Line.of((0.5, 0.2), (0.5, 0.8))
"""Drawn downwards, so that its right-hand side is the left of the picture."""
SIZE = 0.1


def at(x: float, y: float = 0.5) -> Box:
    """An object whose foot is there."""
    return Box(x - SIZE / 2, y - 0.9 * SIZE, x + SIZE / 2, y + 0.1 * SIZE)


def crossings(places: list[tuple[float, float]], looks: int = 1) -> list[int]:
    """Which way a foot has crossed the gate on its way."""
    side, told = NOWHERE, []
    for x, y in places:
        side, crossing = followed(GATE, side, at(x, y), looks=looks)
        told += [crossing.to] if crossing else []
    return told


def test_a_line_has_two_sides() -> None:
    """Looking along it, what is to the right is positive; distances are true ones."""
    assert Line.of((0, 0), (1, 0)).off(Point(0.3, 0.2)) == pytest.approx(0.2)
    assert GATE.off(Point(0.6, 0.5)) == pytest.approx(-0.1)
    assert GATE.reach(at(0.5)) == pytest.approx(SIZE)
    assert Line.of((0, 0), (1, 0)).reach(at(0.5)) == pytest.approx(SIZE / 3)


def test_who_walks_over_it_has_crossed_it() -> None:
    """Each way counts once, with the place where it was crossed."""
    assert crossings([(0.3, 0.5), (0.45, 0.5), (0.55, 0.5), (0.7, 0.5), (0.4, 0.5)]) == [-1, 1]
    _, crossing = followed(GATE, Side(1, Point(0.4, 0.4)), at(0.6, 0.6))
    assert crossing is not None
    assert (crossing.to, crossing.at.x, crossing.at.y) == pytest.approx((-1, 0.5, 0.5))


@given(st.lists(st.floats(-0.019, 0.019), min_size=1, max_size=30), st.sampled_from([0.3, 0.7]))
def test_loitering_on_the_line_is_no_crossing(jitter: list[float], start: float) -> None:
    """However long somebody sways about the line, nothing is counted, and if he goes back, nothing was."""
    swaying = [(0.5 + sway, 0.5) for sway in jitter]
    assert crossings([(start, 0.5), *swaying, (start, 0.5)]) == []
    assert len(crossings([(start, 0.5), *swaying, (1 - start, 0.5)])) == 1


def test_who_goes_round_an_end_has_not_crossed() -> None:
    """A line ends where it is drawn to end."""
    assert crossings([(0.3, 0.9), (0.7, 0.9), (0.7, 0.1), (0.3, 0.1)]) == []


def test_who_begins_on_the_line_came_from_nowhere() -> None:
    """Without a side to come from there is no crossing."""
    assert crossings([(0.5, 0.5), (0.7, 0.5)]) == []


def test_one_odd_look_is_no_crossing_if_two_are_asked_for() -> None:
    """A box that jumps for one look, or comes back onto the line, must be seen over there again from the start."""
    assert crossings([(0.3, 0.5), (0.7, 0.5), (0.3, 0.5), (0.7, 0.5), (0.5, 0.5), (0.7, 0.5)], looks=2) == []
    assert crossings([(0.3, 0.5), (0.7, 0.5), (0.72, 0.5)], looks=2) == [-1]
