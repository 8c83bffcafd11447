# SPDX-License-Identifier: Apache-2.0
import random

import pytest

from edge.fleet.histogram import Histogram, merged


def histogram_of(*durations_s: float) -> Histogram:
    histogram = Histogram(counts={})
    for duration_s in durations_s:
        histogram.add(duration_s)
    return histogram


def test_percentiles_are_off_by_a_hundredth_at_most() -> None:
    """Against the exact ranks of ten thousand durations from milliseconds to minutes."""
    chance = random.Random(1)
    durations = sorted(chance.lognormvariate(-2, 2) for _ in range(10_000))
    histogram = histogram_of(*durations)
    for share in (0.01, 0.5, 0.95, 0.99, 1.0):
        exact = durations[max(0, round(share * len(durations)) - 1)]
        assert histogram.percentile(share) == pytest.approx(exact, rel=0.011)


def test_the_longest_is_kept_as_it_was() -> None:
    """No percentile is longer than the longest, which is exact."""
    histogram = histogram_of(0.001, 12.3456)
    assert histogram.most_s == 12.3456
    assert (histogram.percentile(1.0) or 0) <= 12.3456


def test_nothing_has_no_percentile() -> None:
    """An empty histogram says that it knows nothing."""
    assert histogram_of().percentile(0.5) is None


def test_merging_is_counting_together() -> None:
    """Two processes' counts are as if one had counted everything, also after a way through JSON."""
    one, other = histogram_of(0.1, 0.2, 5.0), histogram_of(0.2, 0.00001)
    other = Histogram.model_validate_json(other.model_dump_json())
    assert merged([one, other]) == histogram_of(0.1, 0.2, 5.0, 0.2, 0.00001)
