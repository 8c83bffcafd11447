# SPDX-License-Identifier: Apache-2.0
"""The role as a value: a quay watched while the typhoon plan closes it. Whoever is told goes and looks."""

from collections.abc import Callable
from typing import cast

from pydantic import BaseModel, TypeAdapter

from edge.contract.commands import CommandName
from edge.contract.port import TyphoonPlan
from edge.core.errands import Errand, TakePictures
from edge.core.inputs import Input
from edge.core.outlines import Outline
from edge.roles.port_watch.config import PARTIES, Settings
from edge.roles.port_watch.rules import step
from edge.roles.port_watch.state import ADAPTER, State
from edge.roles.role import Needs, RoleSpec, Step


def _first_state(_: BaseModel) -> object:
    return State()


def _cameras(settings: BaseModel) -> frozenset[str]:
    return frozenset(area.camera for area in cast("Settings", settings).areas)


def _errands(settings: BaseModel) -> tuple[Errand, ...]:
    return tuple(TakePictures(camera, PARTIES["people"]) for camera in sorted(_cameras(settings)))


def _outlines(settings: BaseModel) -> tuple[Outline, ...]:
    return tuple(Outline(area.camera, area.name, area.polygon) for area in cast("Settings", settings).areas)


ROLE = RoleSpec(
    name="port_watch",
    settings=Settings,
    state=cast("TypeAdapter[object]", ADAPTER),
    first_state=_first_state,
    step=cast("Callable[[BaseModel, object, Input], Step]", step),
    needs=Needs(cameras=_cameras, errands=_errands, orders={CommandName.RUN_PLAN: TyphoonPlan}),
    outlines=_outlines,
)
