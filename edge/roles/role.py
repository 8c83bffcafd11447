# SPDX-License-Identifier: Apache-2.0
"""What a role is: settings, a first state, a pure step, and what it needs of the device. A value, not a program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, TypeAdapter

from edge.contract.commands import CommandName
from edge.core.effects import Effect
from edge.core.errands import Errand
from edge.core.inputs import Input
from edge.core.outlines import Outline

Step = tuple[object, tuple[Effect, ...]]
"""New state and what is asked for. The same state object and no effects means that nothing happened."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be present on the device for the role to make sense."""

    cameras: Callable[[BaseModel], frozenset[str]] = lambda _: frozenset()
    errands: Callable[[BaseModel], tuple[Errand, ...]] = lambda _: ()
    """What its cameras are to look for beside tracks."""
    signs: Callable[[BaseModel], frozenset[str]] = lambda _: frozenset()
    orders: Mapping[CommandName, type[BaseModel]] = field(default_factory=dict)
    """Which of the hub's commands it heeds, and the shape of their arguments."""


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """One role. `state` is written to disk through its adapter; `step` knows no clock, thread, chance or device."""

    name: str
    settings: type[BaseModel]
    state: TypeAdapter[object]
    first_state: Callable[[BaseModel], object]
    step: Callable[[BaseModel, object, Input], Step]
    needs: Needs = Needs()
    outlines: Callable[[BaseModel], tuple[Outline, ...]] = lambda _: ()
    """What of its settings a person wants to see on a camera's picture."""
    rehearsed: Callable[[BaseModel], BaseModel] = lambda settings: settings
    """Its settings where a recording is played, for whose clock nobody vouches: what comes of it is no evidence."""
