# SPDX-License-Identifier: Apache-2.0
"""The role as a value: illegal parking, an aid to human review and never a judge."""

from collections.abc import Callable
from typing import cast

from pydantic import BaseModel, TypeAdapter

from edge.core.errands import Corners, Errand, ReadPlates
from edge.core.inputs import Input
from edge.core.outlines import Outline
from edge.roles.illegal_parking.config import Settings
from edge.roles.illegal_parking.rules import step
from edge.roles.illegal_parking.stays import ADAPTER, State
from edge.roles.role import Needs, RoleSpec, Step


def _first_state(_: BaseModel) -> object:
    return State()


def _cameras(settings: BaseModel) -> frozenset[str]:
    return frozenset(zone.camera for zone in cast("Settings", settings).zones)


def _outlines(settings: BaseModel) -> tuple[Outline, ...]:
    return tuple(Outline(zone.camera, zone.name, zone.polygon) for zone in cast("Settings", settings).zones)


def _errands(settings: BaseModel) -> tuple[Errand, ...]:
    """Plates are read where vehicles may not stay, unless a zone does without."""
    zones = [zone for zone in cast("Settings", settings).zones if zone.plate != "no"]
    areas: dict[str, list[Corners]] = {}
    for zone in zones:
        areas.setdefault(zone.camera, []).append(zone.polygon)
    needed = {zone.camera for zone in zones if zone.plate == "required"}
    return tuple(ReadPlates(camera, tuple(outlines), camera in needed) for camera, outlines in areas.items())


def _rehearsed(settings: BaseModel) -> BaseModel:
    return settings.model_copy(update={"clock": "held"})


ROLE = RoleSpec(
    name="illegal_parking",
    settings=Settings,
    state=cast("TypeAdapter[object]", ADAPTER),
    first_state=_first_state,
    step=cast("Callable[[BaseModel, object, Input], Step]", step),
    needs=Needs(cameras=_cameras, errands=_errands),
    outlines=_outlines,
    rehearsed=_rehearsed,
)
