# SPDX-License-Identifier: Apache-2.0
"""What the hub has of each lane, as numbers: which sequences are in, how far without a hole, which are missing.

What must always be true: a number enters once (`Spans.add` tells what was new), the watermark never falls, and it is
the highest number below which nothing is missing. No clock, no disk: time is an argument.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

ASK_AFTER_S: Final = 1.0
"""A hole younger than this may only be late: another message of the same device is on its way."""
ASK_EVERY_S: Final = 5.0
"""A hole that stands is asked for again this often, since an ack can be lost as well."""
MAX_ASKED: Final = 32
"""Ranges in one ack at most; the rest is asked for when these have come."""

Span = tuple[int, int]
"""First and last number, both included."""


class Spans:
    """A set of integers kept as sorted, disjoint, non-touching spans."""

    __slots__ = ("_firsts", "_lasts")

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        """Hold these spans; they may overlap and come in any order."""
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in spans:
            self.add(first, last)

    def add(self, first: int, last: int) -> list[Span]:
        """Put first…last in, and return the parts that were not in before."""
        if self._lasts and first == self._lasts[-1] + 1:
            self._lasts[-1] = last  # the one case that nearly always holds
            return [(first, last)]
        begin = bisect_left(self._lasts, first - 1)
        end = bisect_right(self._firsts, last + 1)
        fresh = list(_outside(first, last, zip(self._firsts[begin:end], self._lasts[begin:end], strict=True)))
        if begin < end:
            first, last = min(first, self._firsts[begin]), max(last, self._lasts[end - 1])
        self._firsts[begin:end] = [first]
        self._lasts[begin:end] = [last]
        return fresh

    def reach(self, start: int) -> int:
        """The last number in without a hole from `start` on; `start` − 1 when `start` itself is missing."""
        index = bisect_right(self._firsts, start) - 1
        return max(self._lasts[index], start - 1) if index >= 0 else start - 1

    def holes(self, start: int) -> list[Span]:
        """Spans missing between `start` and the highest number that is in."""
        if not self._lasts:
            return []
        return list(_outside(start, self._lasts[-1], self))

    def __iter__(self) -> Iterator[Span]:
        """The spans, ascending."""
        return zip(self._firsts, self._lasts, strict=True)


class Ledger:
    """One lane of one (device, epoch) as the hub has it."""

    __slots__ = ("_ask_at_s", "_seen", "_stuck_at")

    def __init__(self, seen: Iterable[Span] = ()) -> None:
        """Begin with what is on record."""
        self._seen = Spans(seen)
        self._stuck_at = -1
        self._ask_at_s = 0.0

    def take(self, first: int, last: int) -> list[Span]:
        """Note that first…last are here, or will never come. Returns those that were not noted before."""
        return self._seen.add(first, last)

    @property
    def watermark(self) -> int:
        """Everything up to here is in; 0 for nothing yet."""
        return self._seen.reach(1)

    @property
    def spans(self) -> list[Span]:
        """All that is in, for the record."""
        return list(self._seen)

    def wanted(self, now_s: float) -> list[Span]:
        """Holes that have stood long enough to be asked for now; each asking starts a new wait."""
        holes = self._seen.holes(1)
        if not holes:
            return []
        if self._stuck_at != self.watermark:
            self._stuck_at, self._ask_at_s = self.watermark, now_s + ASK_AFTER_S
        if now_s < self._ask_at_s:
            return []
        self._ask_at_s = now_s + ASK_EVERY_S
        return holes[:MAX_ASKED]


def runs(numbers: list[int]) -> list[Span]:
    """Rising numbers as spans."""
    if numbers[-1] - numbers[0] + 1 == len(numbers):
        return [(numbers[0], numbers[-1])]
    cuts = [index for index in range(1, len(numbers)) if numbers[index] != numbers[index - 1] + 1]
    return [(numbers[begin], numbers[end - 1]) for begin, end in pairwise([0, *cuts, len(numbers)])]


def _outside(first: int, last: int, spans: Iterable[Span]) -> Iterator[Span]:
    for taken_first, taken_last in spans:
        if first < taken_first:
            yield first, min(last, taken_first - 1)
        first = max(first, taken_last + 1)
    if first <= last:
        yield first, last
