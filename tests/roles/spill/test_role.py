# SPDX-License-Identifier: Apache-2.0
"""The role as the agent takes it, and what its settings refuse."""

import pytest
from pydantic import ValidationError

from edge.core.inputs import Started
from edge.roles.spill.role import ROLE
from tests.roles.spill.road import Road, settings_of


def test_the_agent_needs_only_the_role() -> None:
    """From a table of the configuration to a first step and back from disk, without knowing any of the role's types."""
    settings = ROLE.settings.model_validate(settings_of().model_dump(by_alias=True))
    state, effects = ROLE.step(settings, ROLE.first_state(settings), Started(Road().now, "pole-1"))
    assert effects == ()
    assert ROLE.state.validate_json(ROLE.state.dump_json(state)) == state


def test_what_it_needs() -> None:
    """Its cameras, an eye on each surface, and its surfaces to be drawn."""
    settings = settings_of({}, {"name": "ramp", "camera": "west"})
    assert ROLE.needs.cameras(settings) == {"east", "west"}
    assert [(errand.camera, getattr(errand, "name", "")) for errand in ROLE.needs.errands(settings)] == [
        ("east", "lane"),
        ("west", "ramp"),
    ]
    assert [outline.name for outline in ROLE.outlines(settings)] == ["lane", "ramp"]


def test_two_surfaces_of_one_name_are_refused() -> None:
    """A name is part of a spill's name."""
    with pytest.raises(ValidationError, match="lane"):
        settings_of({}, {"camera": "west"})
