# SPDX-License-Identifier: Apache-2.0
"""The role as the agent takes it, and what its settings refuse."""

import pytest
from pydantic import ValidationError

from edge.contract.commands import CommandName
from edge.contract.port import TyphoonPlan
from edge.core.errands import TakePictures
from edge.core.inputs import Started
from edge.core.tracks import Kind
from edge.roles.port_watch.role import ROLE
from tests.roles.port_watch.quay import Quay, settings_of


def test_the_agent_needs_only_the_role() -> None:
    """From a table of the configuration to a first step and back from disk, without knowing any of the role's types."""
    settings = ROLE.settings.model_validate(settings_of().model_dump(by_alias=True))
    state, effects = ROLE.step(settings, ROLE.first_state(settings), Started(Quay().now, "pole-1"))
    assert effects == ()
    assert ROLE.state.validate_json(ROLE.state.dump_json(state)) == state


def test_what_it_needs() -> None:
    """Its cameras, pictures of people, the typhoon plan, and its areas to be drawn."""
    settings = settings_of({}, {"name": "berth-3", "camera": "west"})
    assert ROLE.needs.cameras(settings) == {"quay", "west"}
    assert TakePictures("west", frozenset({Kind.PERSON})) in ROLE.needs.errands(settings)
    assert ROLE.needs.orders == {CommandName.RUN_PLAN: TyphoonPlan}
    assert [outline.name for outline in ROLE.outlines(settings)] == ["berth-2", "berth-3"]


def test_two_areas_of_one_name_are_refused() -> None:
    """A name is part of an incident's name."""
    with pytest.raises(ValidationError, match="berth-2"):
        settings_of({}, {"camera": "west"})
