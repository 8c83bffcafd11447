# SPDX-License-Identifier: Apache-2.0
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest
from pydantic import ValidationError

from provisioning.bench.chaos.fault import CLOSED, ENDING, Fault, Kind, Way
from provisioning.bench.chaos.packets import PacketKind
from provisioning.bench.chaos.plan import BARE, MILD, STORM, draw, read, written


def test_the_same_seed_draws_the_same_plan() -> None:
    """A plan is its seed's alone, and another seed's is another."""
    assert draw(7, 3) == draw(7, 3)
    assert draw(7, 3) != draw(8, 3)
    assert draw(7, 3)[: len(draw(7, 1))] == draw(7, 1)


def test_a_written_plan_is_read_back(tmp_path: Path) -> None:
    """What is printed can be played again, fault by fault."""
    plan = draw(7, 2)
    file = tmp_path / "plan.jsonl"
    file.write_text(written(plan), "utf-8")
    assert read(file) == plan


def test_each_round_brings_every_end() -> None:
    """In a round each way to end a connection, or to let none begin, comes once; small faults lead up to it."""
    plan = draw(7, 2, STORM)
    ends = Counter((fault.kind, fault.way) for fault in plan if fault.kind in ENDING | CLOSED)
    assert set(ends.values()) == {2}
    assert {kind for kind, _ in ends} == ENDING | CLOSED
    assert Counter(fault.packet for fault in plan if fault.packet)[PacketKind.SUBACK] == 2
    for _, turn in groupby(plan, key=lambda fault: fault.turn):
        *small, last = turn
        assert not {fault.kind for fault in small} & (ENDING | CLOSED)
        assert last.kind in ENDING | CLOSED | {Kind.SWALLOW}


def test_no_message_upwards_is_swallowed() -> None:
    """TCP never loses one message and delivers the next; a plan that did would disorder the hub by itself."""
    drawn = [fault for weather in (STORM, MILD, BARE) for fault in draw(3, 5, weather)]
    assert not [one for one in drawn if one.packet is PacketKind.PUBLISH and one.way is Way.UP]


@pytest.mark.parametrize(
    "line",
    [
        '{"turn":0,"kind":"swallow"}',
        '{"turn":0,"kind":"delay"}',
        '{"turn":0,"kind":"reset","way":"both"}',
        '{"turn":0,"kind":"lightning"}',
    ],
)
def test_half_a_fault_is_refused(line: str) -> None:
    """A fault that lacks what it needs, or means nothing, is found when the plan is read."""
    with pytest.raises(ValidationError):
        Fault.model_validate_json(line)
