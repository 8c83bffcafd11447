# SPDX-License-Identifier: Apache-2.0
"""Instants, spans and events in words that people read."""

from datetime import UTC, datetime

import pytest

from edge.contract.events import EVENTS, in_words
from edge.contract.instants import clock_time, span, stamp
from edge.contract.problems import Language

NOON = datetime(2026, 11, 24, 4, 0, 0, 250_000, UTC)


def test_instants_are_told_by_beijing_time_with_the_offset() -> None:
    """Whoever reads a sheet need not ask whose clock it was."""
    assert stamp(NOON) == "2026-11-24 12:00:00.250 +08:00"
    assert stamp(NOON, "seconds") == "2026-11-24 12:00:00 +08:00"
    assert clock_time(NOON) == "12:00:00"


@pytest.mark.parametrize(("seconds", "told"), [(0, "0:00"), (65.4, "1:05"), (3725, "1:02:05")])
def test_spans(seconds: float, told: str) -> None:
    """Minutes and seconds; hours where there are any."""
    assert span(seconds) == told


@pytest.mark.parametrize("language", list(Language))
def test_every_event_has_words(language: Language) -> None:
    """Pages and films never show a bare type of ours; that of a stranger's program is shown as it is."""
    for event in EVENTS:
        assert in_words(event.type, language) != event.name
    assert in_words("com.example.level.v1", language) == "com.example.level.v1"
