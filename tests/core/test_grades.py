# SPDX-License-Identifier: Apache-2.0
"""Grades that do not flicker where a figure does."""

from edge.core.grades import Grade, passed

LIMITS = (1.0, 2.0, 3.0)
HOLD = 10


def test_a_limit_holds_on_a_little() -> None:
    """A figure must be clearly better than the limit it passed before the grade is left."""
    assert [passed(0, value, LIMITS) for value in (0.9, 1.1, 2.5, 9.0)] == [0, 1, 2, 3]
    assert [passed(2, value, LIMITS) for value in (2.1, 1.9, 1.6, 0.9, 0.8)] == [2, 2, 1, 1, 0]


def test_a_grade_counts_when_it_has_held() -> None:
    """Worse and worse still is worse; a moment of better begins anew."""
    grade = Grade().after(0, 1, HOLD).after(6, 2, HOLD)
    assert (grade.grade, grade.settled) == (0, False)
    assert grade.after(10, 2, HOLD).grade == 2
    back = grade.after(7, 0, HOLD)
    assert back.settled
    assert back.after(8, 0, HOLD) is back
    assert back.after(12, 1, HOLD).grade == 0
    assert Grade(2, 2).after(0, 1, HOLD).after(5, 3, HOLD).after(11, 3, HOLD).grade == 2


def test_without_a_hold_it_counts_at_once() -> None:
    """Nothing is waited for that was not asked for."""
    assert Grade().after(0, 3, 0).grade == 3
