# SPDX-License-Identifier: Apache-2.0
"""The role as a value: traffic on roads, counted and measured by camera."""

from edge.core.outlines import Outline
from edge.roles.role import Needs, RoleSpec
from edge.roles.traffic_flow.config import Settings
from edge.roles.traffic_flow.rules import step
from edge.roles.traffic_flow.state import ADAPTER, State


def _outlines(settings: Settings) -> tuple[Outline, ...]:
    return tuple(
        outline
        for road in settings.roads
        for lane in road.lanes
        for outline in (
            Outline(road.camera, f"{road.name}/{lane.name}", lane.polygon),
            Outline(road.camera, lane.name, lane.line),
        )
    )


ROLE = RoleSpec(
    name="traffic_flow",
    settings=Settings,
    state=ADAPTER,
    first_state=lambda _: State(),
    step=step,
    needs=Needs(cameras=lambda settings: settings.cameras),
    outlines=_outlines,
)
