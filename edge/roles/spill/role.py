# SPDX-License-Identifier: Apache-2.0
"""The role as a value: what lies on a road and stays there, told to whoever can go and look."""

from edge.core.errands import Errand, WatchSurface
from edge.core.outlines import cameras_of, outlines_of
from edge.roles.role import Needs, RoleSpec
from edge.roles.spill.config import Settings
from edge.roles.spill.rules import step
from edge.roles.spill.state import ADAPTER, State


def _errands(settings: Settings) -> tuple[Errand, ...]:
    return tuple(WatchSurface(one.camera, one.name, one.polygon) for one in settings.surfaces)


ROLE = RoleSpec(
    name="spill",
    settings=Settings,
    state=ADAPTER,
    first_state=lambda _: State(),
    step=step,
    needs=Needs(cameras=lambda settings: cameras_of(settings.surfaces), errands=_errands),
    outlines=lambda settings: outlines_of(settings.surfaces),
)
