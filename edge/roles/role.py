# SPDX-License-Identifier: Apache-2.0
"""What a role is: settings, a first state, a pure step, and what it needs of the device. A value, not a program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter

from edge.contract.commands import CommandName
from edge.core.effects import Effect
from edge.core.errands import Errand
from edge.core.inputs import Input
from edge.core.outlines import Outline

C = TypeVar("C", bound=BaseModel)
"""A role's settings."""
S = TypeVar("S")
"""A role's state."""


@dataclass(frozen=True, slots=True)
class Needs(Generic[C]):
    """What must be present on the device for the role to make sense."""

    cameras: Callable[[C], frozenset[str]] = lambda _: frozenset()
    errands: Callable[[C], tuple[Errand, ...]] = lambda _: ()
    """What its cameras are to look for beside tracks."""
    signs: Callable[[C], frozenset[str]] = lambda _: frozenset()
    orders: Mapping[CommandName, type[BaseModel]] = field(default_factory=dict)
    """Which of the hub's commands it heeds, and the shape of their arguments."""


@dataclass(frozen=True, slots=True)
class RoleSpec(Generic[C, S]):
    """One role. `state` is written to disk through its adapter; `step` knows no clock, thread, chance or device.

    `step` gives the new state and what is asked for; the same object and no effects mean that nothing happened.
    """

    name: str
    settings: type[C]
    state: TypeAdapter[S]
    first_state: Callable[[C], S]
    step: Callable[[C, S, Input], tuple[S, tuple[Effect, ...]]]
    needs: Needs[C] = field(default_factory=Needs)
    outlines: Callable[[C], tuple[Outline, ...]] = lambda _: ()
    """What of its settings a person wants to see on a camera's picture."""
    rehearsed: Callable[[C], C] = lambda settings: settings
    """Its settings where a recording is played, for whose clock nobody vouches: what comes of it is no evidence."""


AnyRole = RoleSpec[Any, Any]
"""A role of which only its own settings and states are known to fit together."""
