# SPDX-License-Identifier: Apache-2.0
"""The role as a value: a parking lot whose spaces, zones and sign follow what cameras see."""

from edge.core.errands import Errand, ReadPlates, ReadSpaces
from edge.core.outlines import cameras_of, outlines_of
from edge.roles.parking.config import Settings
from edge.roles.parking.lot import ADAPTER, State
from edge.roles.parking.rules import step
from edge.roles.role import Needs, RoleSpec


def _signs(settings: Settings) -> frozenset[str]:
    return frozenset(zone.sign for zone in settings.zones if zone.sign)


def _errands(settings: Settings) -> tuple[Errand, ...]:
    """Spaces of every camera, and plates where a plate says something about a stay."""
    errands: list[Errand] = []
    for camera in sorted(cameras_of(settings.spaces)):
        spaces = settings.of_camera(camera)
        errands.append(ReadSpaces(camera, tuple((space.name, space.polygon) for space in spaces), settings.every_s))
        plates = tuple(space.polygon for space in spaces if settings.reads_plates(space))
        if plates:
            errands.append(ReadPlates(camera, plates))
    return tuple(errands)


ROLE = RoleSpec(
    name="parking",
    settings=Settings,
    state=ADAPTER,
    first_state=lambda _: State(),
    step=step,
    needs=Needs(cameras=lambda settings: cameras_of(settings.spaces), errands=_errands, signs=_signs),
    outlines=lambda settings: outlines_of(settings.spaces),
)
