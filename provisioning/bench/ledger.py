# SPDX-License-Identifier: Apache-2.0
"""What the hub has of each lane, as numbers: which sequences are in, how far without a hole, which are missing.

What must always be true: a number enters once (`Spans.add` tells what was new), the watermark never falls, and it is
the highest number below which nothing is missing. No clock, no disk: time is an argument.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, Generic, TypeVar

ASK_AFTER_S: Final = 1.0
"""A hole younger than this may only be late: another message of the same device is on its way."""
ASK_EVERY_S: Final = 5.0
"""A hole that stands is asked for again this often, since an ack can be lost as well."""
MAX_ASKED: Final = 32
"""Ranges in one ack at most; the rest is asked for when these have come."""

Key = TypeVar("Key")
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

    __slots__ = ("_seen",)

    def __init__(self, seen: Iterable[Span] = ()) -> None:
        """Begin with what is on record."""
        self._seen = Spans(seen)

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

    @property
    def holes(self) -> list[Span]:
        """All that is missing below the highest number that is in."""
        return self._seen.holes(1)


class Questions(Generic[Key]):
    """When to ask a device again for what is missing: not while it may still be on its way, and not all the time."""

    def __init__(self) -> None:
        """Nothing has been seen to be missing yet."""
        self._waits: dict[Key, tuple[int, float]] = {}

    def due(self, standing: Iterable[tuple[Key, int, list[Span]]], now_s: float) -> dict[Key, list[Span]]:
        """Of all lanes with holes (whose, watermark, holes) those to be asked for now, with what to ask for."""
        waits, asked = {}, {}
        for key, watermark, holes in standing:
            stuck_at, ask_at_s = self._waits.get(key, (-1, 0.0))
            if stuck_at != watermark:
                ask_at_s = now_s + ASK_AFTER_S
            elif now_s >= ask_at_s:
                asked[key] = holes[:MAX_ASKED]
                ask_at_s = now_s + ASK_EVERY_S
            waits[key] = (watermark, ask_at_s)
        self._waits = waits
        return asked


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
