# SPDX-License-Identifier: Apache-2.0
"""Millions of durations in a few hundred counters: each is off by one hundredth at most, and two of them add up."""

import math
from collections.abc import Iterable
from typing import Final

from pydantic import BaseModel, ConfigDict

_GROWTH: Final = 1.02
"""Width of a counter; its middle is one hundredth from its ends."""
_LEAST_S: Final = 1e-4
"""All that is shorter counts as this long."""
_LOG: Final = math.log(_GROWTH)


class Histogram(BaseModel):
    """Counts by duration. `most_s` is the longest one, as it was."""

    model_config = ConfigDict(extra="forbid")

    counts: dict[int, int] = {}
    most_s: float = 0.0

    def add(self, duration_s: float) -> None:
        """Count one."""
        step = round(math.log(max(duration_s, _LEAST_S)) / _LOG)
        self.counts[step] = self.counts.get(step, 0) + 1
        self.most_s = max(self.most_s, duration_s)

    @property
    def total(self) -> int:
        """How many were counted."""
        return sum(self.counts.values())

    def percentile(self, share: float) -> float | None:
        """The duration that `share` of all (0 to 1) do not exceed, in seconds; None when nothing was counted."""
        wanted, seen = math.ceil(share * self.total), 0
        for step in sorted(self.counts):
            seen += self.counts[step]
            if seen >= wanted:
                return min(math.exp(step * _LOG), self.most_s)
        return None


def merged(parts: Iterable[Histogram]) -> Histogram:
    """All of them as one."""
    whole = Histogram(counts={})
    for part in parts:
        for step, count in part.counts.items():
            whole.counts[step] = whole.counts.get(step, 0) + count
        whole.most_s = max(whole.most_s, part.most_s)
    return whole
