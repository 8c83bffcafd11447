# SPDX-License-Identifier: Apache-2.0
"""The role as a value: traffic on roads, counted and measured by camera."""

from collections.abc import Callable
from typing import cast

from pydantic import BaseModel, TypeAdapter

from edge.core.inputs import Input
from edge.core.outlines import Outline
from edge.roles.role import Needs, RoleSpec, Step
from edge.roles.traffic_flow.config import Settings
from edge.roles.traffic_flow.rules import step
from edge.roles.traffic_flow.state import ADAPTER, State


def _first_state(_: BaseModel) -> object:
    return State()


def _cameras(settings: BaseModel) -> frozenset[str]:
    return cast("Settings", settings).cameras


def _outlines(settings: BaseModel) -> tuple[Outline, ...]:
    return tuple(
        outline
        for road in cast("Settings", settings).roads
        for lane in road.lanes
        for outline in (
            Outline(road.camera, f"{road.name}/{lane.name}", lane.polygon),
            Outline(road.camera, lane.name, lane.line),
        )
    )


ROLE = RoleSpec(
    name="traffic_flow",
    settings=Settings,
    state=cast("TypeAdapter[object]", ADAPTER),
    first_state=_first_state,
    step=cast("Callable[[BaseModel, object, Input], Step]", step),
    needs=Needs(cameras=_cameras),
    outlines=_outlines,
)
