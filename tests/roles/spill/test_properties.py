# SPDX-License-Identifier: Apache-2.0
"""Any order of losses, sweepings and traffic before spill: each is told once at most, and cleared once if told."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.geometry import Box
from tests.roles.spill.road import Road

DEEDS = st.lists(st.tuples(st.sampled_from(["lose", "sweep", "traffic", "wait"]), st.integers(0, 3)), max_size=12)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(DEEDS)
def test_every_spill_is_told_once_and_cleared_once(deeds: list[tuple[str, int]]) -> None:
    """No end without a beginning, none twice, nothing sooner than it may, and no picture kept for ever."""
    road = Road()
    for deed, which in deeds:
        match deed:
            case "lose":
                road.spills(str(which), Box(0.1 + 0.2 * which, 0.6, 0.2 + 0.2 * which, 0.65))
            case "sweep":
                road.lying.pop(str(which), None)
            case "traffic":
                road.traffic(which)
            case _:
                road.plays(25 * which)
    road.lying.clear()
    road.plays(40)
    told: dict[str, list[str]] = {}
    for emit in road.emitted:
        told.setdefault(str(emit.subject), []).append(emit.type.split(".")[-2])
    assert all(words == ["obstructed", "cleared"] for words in told.values())
    assert not road.held
