# SPDX-License-Identifier: Apache-2.0
"""Spans of the clock and what was seen in them. How roles use them: tests/roles/traffic_flow/test_spans.py."""

from hypothesis import given
from hypothesis import strategies as st

from edge.contract.words import ClockQuality
from edge.core.clock import Now
from edge.core.windows import Timeline, Window

SECOND = 1_000_000
SPAN = 60 * SECOND


@given(
    st.lists(st.tuples(st.integers(1, 50 * SECOND), st.sampled_from(["tick", "lost", "back"])), min_size=1, max_size=40)
)
def test_no_more_is_seen_than_there_was(steps: list[tuple[int, str]]) -> None:
    """Whatever happens when: a span is never seen for longer than it lasts, and spans follow each other."""
    window, at_us, told = Window(), 1000 * SECOND, []
    for gap_us, what in steps:
        at_us += gap_us
        if what == "tick":
            window, ended = window.reached(at_us, SPAN)
            told += [ended] if ended else []
        elif window.from_us:
            window = window.turned("east", at_us, SPAN, online=what == "back")
    spans = [one.from_us for one in (*told, window)]
    assert spans == sorted(set(spans))
    assert all(0 <= one.seen_us("east") <= SPAN for one in (*told, window))


def test_a_late_word_changes_nothing() -> None:
    """A frame of the span before, that comes after its end, does not bring it back."""
    window, _ = Window().reached(1000 * SECOND, SPAN)
    assert window.reached(900 * SECOND, SPAN) == (window, None)
    assert not window.looks("east")


def test_time_runs_on_over_a_small_step_of_the_clock() -> None:
    """A clock that is put right by a second was not set."""
    now = Now(1000 * SECOND, 500_000, ClockQuality.SYNCED)
    timeline = Timeline().started(now, "pole-1")
    assert timeline.checked(Now(now.wall_us + SECOND, now.uptime_ms, now.quality)) == (timeline, None)
    jumped, ended = timeline.checked(Now(now.wall_us + 9 * SECOND, now.uptime_ms, now.quality))
    assert ended is None
    assert jumped.deaf(now)
    assert not timeline.deaf(now)
    assert Timeline().deaf(now)
