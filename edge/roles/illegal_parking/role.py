# SPDX-License-Identifier: Apache-2.0
"""The role as a value: illegal parking, an aid to human review and never a judge."""

from edge.core.errands import Corners, Errand, ReadPlates
from edge.core.outlines import cameras_of, outlines_of
from edge.roles.illegal_parking.config import Settings
from edge.roles.illegal_parking.rules import step
from edge.roles.illegal_parking.stays import ADAPTER, State
from edge.roles.role import Needs, RoleSpec


def _errands(settings: Settings) -> tuple[Errand, ...]:
    """Plates are read where vehicles may not stay, unless a zone does without."""
    zones = [zone for zone in settings.zones if zone.plate != "no"]
    areas: dict[str, list[Corners]] = {}
    for zone in zones:
        areas.setdefault(zone.camera, []).append(zone.polygon)
    needed = {zone.camera for zone in zones if zone.plate == "required"}
    return tuple(ReadPlates(camera, tuple(outlines), camera in needed) for camera, outlines in areas.items())


ROLE = RoleSpec(
    name="illegal_parking",
    settings=Settings,
    state=ADAPTER,
    first_state=lambda _: State(),
    step=step,
    needs=Needs(cameras=lambda settings: cameras_of(settings.zones), errands=_errands),
    outlines=lambda settings: outlines_of(settings.zones),
    rehearsed=lambda settings: settings.model_copy(update={"clock": "held"}),
)
