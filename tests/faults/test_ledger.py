# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

from edge.contract.words import Lane
from tests.faults.ledger import Arrival, compare, overtaken
from tests.faults.tally import Tally
from tests.scenarios.load import Line

ACCEPTED = [Line("meter", n, Lane.STATE, id=f"e1-state-{n}") for n in range(1, 6)]
ARRIVED = [Arrival("/devices/pole-1", line.id, "state", "meter", line.n) for line in ACCEPTED]


def test_all_there_is_clean() -> None:
    """When everything is there once and as it was sent, nothing is found, in whatever order it came."""
    assert compare(ACCEPTED, ARRIVED) == compare(ACCEPTED, ARRIVED[::-1]) == Tally(accepted=5)
    assert compare([], []).clean


def test_a_lost_event_is_found() -> None:
    """An event that was promised and is not there is lost, unless the hub was told that it is gone."""
    assert compare(ACCEPTED, ARRIVED[1:]) == Tally(accepted=5, lost=1)
    assert compare(ACCEPTED, ARRIVED[1:], frozenset({ACCEPTED[0].id})).clean
    assert compare(ACCEPTED, []).lost == 5


def test_a_doubled_event_is_found() -> None:
    """The same identity in two rows is a double, and so is one fact under two identities."""
    assert compare(ACCEPTED, [*ARRIVED, ARRIVED[2]]) == Tally(accepted=5, duplicated=1)
    again = replace(ARRIVED[2], id="e1-state-9")
    assert compare([*ACCEPTED, replace(ACCEPTED[2], id=again.id)], [*ARRIVED, again]).duplicated == 1


def test_a_disordered_event_is_found() -> None:
    """An emitter's later event with the lower sequence of its lane is out of order; another lane or epoch is not."""
    first, second = ACCEPTED[:2]
    swapped = [replace(first, id=second.id), replace(second, id=first.id), *ACCEPTED[2:]]
    assert compare(swapped, ARRIVED).disordered == 1
    apart = [replace(first, id="e1-state-9"), replace(second, id="e2-state-1")]
    assert compare(apart, []).disordered == 0


def test_an_overtaken_event_is_found() -> None:
    """What arrives after a later one of its lane and epoch was overtaken; lanes and epochs are apart."""
    assert overtaken(ARRIVED) == 0
    assert overtaken([ARRIVED[0], ARRIVED[2], ARRIVED[1], ARRIVED[3]]) == 1
    assert overtaken([ARRIVED[4], replace(ARRIVED[0], id="e2-state-1"), replace(ARRIVED[0], id="e1-metric-1")]) == 0


@pytest.mark.parametrize(
    "spoilt",
    [{"whole": False}, {"lane": "metric"}, {"n": 77}, {"emitter": "other"}, {"id": "e1-state-99"}],
    ids=["bytes", "lane", "number", "emitter", "unasked"],
)
def test_a_spoilt_event_is_found(spoilt: dict[str, object]) -> None:
    """Other bytes, another lane, another fact under this identity, or one that nobody asked for: corrupt."""
    assert compare(ACCEPTED, [*ARRIVED[:4], replace(ARRIVED[4], **spoilt)]).corrupt == 1  # type: ignore[arg-type]
