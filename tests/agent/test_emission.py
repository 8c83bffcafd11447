# SPDX-License-Identifier: Apache-2.0
"""What other programs may say through the agent, and what they may not."""

import pytest

from edge.agent.emission import preset_in, row_of
from edge.agent.emitter import _entry
from edge.contract.cameras import PRESET_TYPE, CameraPreset
from edge.contract.events import EVENTS
from edge.contract.local import EventLine, Refused
from edge.contract.problems import ProblemError
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import Now

NOW = Now(1_800_000_000_000_000, 5_000, ClockQuality.SYNCED)


@pytest.mark.parametrize("kind", ["sewage.level.v1", "cn.dongtou.edge.sewage.level.v1"])
def test_a_type_is_written_with_its_prefix(kind: str) -> None:
    """The short form and the whole one are the same event."""
    assert b'"type":"cn.dongtou.edge.sewage.level.v1"' in b"{" + row_of(EventLine(type=kind, data={}), NOW).body


@pytest.mark.parametrize("kind", [event.type for event in EVENTS if event.type != PRESET_TYPE])
def test_nobody_speaks_in_the_agents_name(kind: str) -> None:
    """A shed event would move the hub's watermarks, a case would look signed: these types are the agent's own."""
    with pytest.raises(ProblemError, match="agent's own"):
        row_of(EventLine(type=kind, data={}), NOW)


def test_whoever_turns_a_camera_says_where_it_stands() -> None:
    """That one type of ours is for others to speak; what does not name a camera is refused."""
    said = EventLine(type="camera.preset.v1", lane=Lane.STATE, data={"camera": "east", "preset": "gate"})
    assert preset_in(said) == CameraPreset(camera="east", preset="gate")
    assert b"camera.preset.v1" in row_of(said, NOW).body
    assert preset_in(EventLine(type="a.b.v1", data={})) is None
    with pytest.raises(ProblemError, match="event-invalid"):
        preset_in(EventLine(type="camera.preset.v1", data={"camera": 5}))


def test_no_event_travels_on_the_lane_of_pictures() -> None:
    """A row there stands for a chunk of a file; anything else would stop the link at every try."""
    with pytest.raises(ProblemError, match="lane blob"):
        row_of(EventLine(type="a.b.v1", lane=Lane.BLOB, data={}), NOW)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_of_json_is_refused(number: str) -> None:
    """It would be stored as null, and nobody would know that a sensor was broken."""
    refused = _entry(f'{{"type": "a.b.v1", "data": {{"x": {number}}}}}')
    assert isinstance(refused, Refused)
    assert number in str(refused.problem.detail["reason"])
