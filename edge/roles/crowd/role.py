# SPDX-License-Identifier: Apache-2.0
"""The role as a value: people at gates and in areas, counted and never known."""

from collections.abc import Callable
from typing import cast

from pydantic import BaseModel, TypeAdapter

from edge.core.inputs import Input
from edge.core.outlines import Outline
from edge.roles.crowd.config import Settings
from edge.roles.crowd.rules import step
from edge.roles.crowd.state import ADAPTER, State
from edge.roles.role import Needs, RoleSpec, Step


def _first_state(_: BaseModel) -> object:
    return State()


def _cameras(settings: BaseModel) -> frozenset[str]:
    return cast("Settings", settings).cameras


def _outlines(settings: BaseModel) -> tuple[Outline, ...]:
    sites = cast("Settings", settings).sites
    gates = tuple(Outline(gate.camera, f"{site.name}/{gate.name}", gate.line) for site in sites for gate in site.gates)
    areas = (Outline(area.camera, f"{site.name}/{area.name}", area.polygon) for site in sites for area in site.areas)
    return (*gates, *areas)


ROLE = RoleSpec(
    name="crowd",
    settings=Settings,
    state=cast("TypeAdapter[object]", ADAPTER),
    first_state=_first_state,
    step=cast("Callable[[BaseModel, object, Input], Step]", step),
    needs=Needs(cameras=_cameras),
    outlines=_outlines,
)
