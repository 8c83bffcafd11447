# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st

from edge.sync.backoff import Backoff

CHANCES = st.lists(st.floats(0, 1), min_size=1, max_size=50)


@given(CHANCES)
def test_waits_stay_within_their_bounds(chances: list[float]) -> None:
    """No luck makes a wait shorter than the least or longer than the most."""
    backoff = Backoff(0.5, 60.0)
    for chance in chances:
        backoff = backoff.after_failure(chance)
        assert 0.5 <= backoff.last_s <= 60.0


def test_worst_luck_reaches_the_longest_wait_and_stays() -> None:
    """Waits grow threefold at most, up to the longest."""
    backoff = Backoff(0.5, 60.0)
    waits = []
    for _ in range(7):
        backoff = backoff.after_failure(1.0)
        waits.append(backoff.last_s)
    assert waits == [1.5, 4.5, 13.5, 40.5, 60.0, 60.0, 60.0]


def test_success_starts_over() -> None:
    """After a success the next failure waits as the first did."""
    tired = Backoff(0.5, 60.0).after_failure(1.0).after_failure(1.0)
    assert tired.after_success() == Backoff(0.5, 60.0)


def test_two_devices_that_fell_together_rise_apart() -> None:
    """The same history with other luck is another wait: that is what the jitter is for."""
    fallen = Backoff(0.5, 60.0).after_failure(0.9)
    assert fallen.after_failure(0.1).last_s != fallen.after_failure(0.8).last_s
