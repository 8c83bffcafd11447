# SPDX-License-Identifier: Apache-2.0
"""Speed from places along a lane and the capture times at which they were seen."""

from collections.abc import Sequence
from statistics import median

KMH = 3.6
"""Kilometres an hour in a metre a second."""
LEAST_S = 0.3
"""Two looks nearer together say nothing of speed."""

Sample = tuple[int, float]
"""Capture time in microseconds and metres along the lane."""


def pace(samples: Sequence[Sample]) -> float | None:
    """Metres a second along the lane, or None if the looks do not span enough time.

    It is the median of the slopes between all pairs (Theil and Sen), so that up to a quarter of the looks may be wrong.
    """
    if len(samples) < 2 or samples[-1][0] - samples[0][0] < LEAST_S * 1e6:  # noqa: PLR2004  (a pair)
        return None
    return median(
        (there[1] - here[1]) / ((there[0] - here[0]) / 1e6)
        for number, here in enumerate(samples)
        for there in samples[number + 1 :]
    )
