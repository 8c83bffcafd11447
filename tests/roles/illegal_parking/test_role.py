# SPDX-License-Identifier: Apache-2.0
"""The role as the agent takes it: settings, first state, step and state on disk, all through `ROLE`."""

from edge.core.inputs import Ordered, Started
from edge.roles.illegal_parking.role import ROLE
from tests.roles.illegal_parking.street import Street, settings_of


def test_the_agent_needs_only_the_role() -> None:
    """From a table of the configuration to a first step and back from disk, without knowing any of the role's types."""
    settings = ROLE.settings.model_validate(settings_of().model_dump(by_alias=True))
    state, effects = ROLE.step(settings, ROLE.first_state(settings), Started(Street().now, "pole-1"))
    assert effects == ()
    assert ROLE.state.validate_json(ROLE.state.dump_json(state)) == state


def test_it_needs_the_cameras_of_its_zones() -> None:
    """Each camera that a zone names must be there."""
    settings = settings_of({}, {"name": "west-side", "camera": "west"})
    assert ROLE.needs.cameras(settings) == {"east", "west"}


def test_orders_are_for_others() -> None:
    """What the hub orders other roles to do changes nothing here."""
    street = Street()
    assert not street.happens(Ordered(street.now, street.settings))


def test_its_zones_can_be_drawn() -> None:
    """A person who looks at the picture sees where vehicles may not stay."""
    (outline,) = ROLE.outlines(settings_of())
    assert (outline.camera, outline.name) == ("east", "gate")
