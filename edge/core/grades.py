# SPDX-License-Identifier: Apache-2.0
"""Grades from a figure and rising limits, such as free, slow, blocked, that do not flicker where the figure does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

EASE = 1.2
"""By so much a figure must be better than its limit before a grade is left for a better one."""


@dataclass(frozen=True, slots=True)
class Grade:
    """The grade that counts, 0 the best, and the one that may come to count.

    Since `next_us` all that was seen was worse than what counts, or all of it better.
    """

    grade: int = 0
    next: int = 0
    next_us: int = 0

    @property
    def settled(self) -> bool:
        """Whether nothing else is about to count."""
        return self.grade == self.next

    def after(self, at_us: int, grade: int, hold_us: int) -> "Grade":
        """The latest grade counts once it has been worse, or better, for `hold_us` without a break."""
        if grade == self.grade:
            return self if self.settled else replace(self, next=grade)
        again = not self.settled and (grade > self.grade) == (self.next > self.grade)
        since_us = self.next_us if again else at_us
        return Grade(grade if at_us - since_us >= hold_us else self.grade, grade, since_us)


def passed(present: int, value: float, limits: Sequence[float]) -> int:
    """How many of the limits the value is beyond; those that the present grade has passed hold on a little longer."""
    return sum(value > (limit / EASE if number < present else limit) for number, limit in enumerate(limits))
