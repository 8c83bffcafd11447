# SPDX-License-Identifier: Apache-2.0
"""The role as a value: what lies on a road and stays there, told to whoever can go and look."""

from collections.abc import Callable
from typing import cast

from pydantic import BaseModel, TypeAdapter

from edge.core.errands import Errand, WatchSurface
from edge.core.inputs import Input
from edge.core.outlines import Outline
from edge.roles.role import Needs, RoleSpec, Step
from edge.roles.spill.config import Settings
from edge.roles.spill.rules import step
from edge.roles.spill.state import ADAPTER, State


def _first_state(_: BaseModel) -> object:
    return State()


def _cameras(settings: BaseModel) -> frozenset[str]:
    return frozenset(surface.camera for surface in cast("Settings", settings).surfaces)


def _errands(settings: BaseModel) -> tuple[Errand, ...]:
    return tuple(WatchSurface(one.camera, one.name, one.polygon) for one in cast("Settings", settings).surfaces)


def _outlines(settings: BaseModel) -> tuple[Outline, ...]:
    return tuple(Outline(one.camera, one.name, one.polygon) for one in cast("Settings", settings).surfaces)


ROLE = RoleSpec(
    name="spill",
    settings=Settings,
    state=cast("TypeAdapter[object]", ADAPTER),
    first_state=_first_state,
    step=cast("Callable[[BaseModel, object, Input], Step]", step),
    needs=Needs(cameras=_cameras, errands=_errands),
    outlines=_outlines,
)
