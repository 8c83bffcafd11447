# SPDX-License-Identifier: Apache-2.0
"""The role as a value: a parking lot whose spaces, zones and sign follow what cameras see."""

from collections.abc import Callable
from typing import cast

from pydantic import BaseModel, TypeAdapter

from edge.core.errands import Errand, ReadPlates, ReadSpaces
from edge.core.inputs import Input
from edge.core.outlines import Outline
from edge.roles.parking.config import Settings
from edge.roles.parking.lot import ADAPTER, State
from edge.roles.parking.rules import step
from edge.roles.role import Needs, RoleSpec, Step


def _first_state(_: BaseModel) -> object:
    return State()


def _cameras(settings: BaseModel) -> frozenset[str]:
    return frozenset(space.camera for space in cast("Settings", settings).spaces)


def _signs(settings: BaseModel) -> frozenset[str]:
    return frozenset(zone.sign for zone in cast("Settings", settings).zones if zone.sign)


def _errands(settings: BaseModel) -> tuple[Errand, ...]:
    """Spaces of every camera, and plates where a plate says something about a stay."""
    lot = cast("Settings", settings)
    errands: list[Errand] = []
    for camera in sorted(_cameras(lot)):
        spaces = lot.of_camera(camera)
        errands.append(ReadSpaces(camera, tuple((space.name, space.polygon) for space in spaces), lot.every_s))
        plates = tuple(space.polygon for space in spaces if lot.reads_plates(space))
        if plates:
            errands.append(ReadPlates(camera, plates))
    return tuple(errands)


def _outlines(settings: BaseModel) -> tuple[Outline, ...]:
    return tuple(Outline(space.camera, space.name, space.polygon) for space in cast("Settings", settings).spaces)


ROLE = RoleSpec(
    name="parking",
    settings=Settings,
    state=cast("TypeAdapter[object]", ADAPTER),
    first_state=_first_state,
    step=cast("Callable[[BaseModel, object, Input], Step]", step),
    needs=Needs(cameras=_cameras, errands=_errands, signs=_signs),
    outlines=_outlines,
)
