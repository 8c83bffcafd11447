# SPDX-License-Identifier: Apache-2.0
"""The role as a value: a quay watched while the typhoon plan closes it. Whoever is told goes and looks."""

from edge.contract.commands import CommandName
from edge.contract.port import TyphoonPlan
from edge.core.errands import Errand, TakePictures
from edge.core.outlines import cameras_of, outlines_of
from edge.roles.port_watch.config import PARTIES, Settings
from edge.roles.port_watch.rules import step
from edge.roles.port_watch.state import ADAPTER, State
from edge.roles.role import Needs, RoleSpec


def _errands(settings: Settings) -> tuple[Errand, ...]:
    return tuple(TakePictures(camera, PARTIES["people"]) for camera in sorted(cameras_of(settings.areas)))


ROLE = RoleSpec(
    name="port_watch",
    settings=Settings,
    state=ADAPTER,
    first_state=lambda _: State(),
    step=step,
    needs=Needs(
        cameras=lambda settings: cameras_of(settings.areas),
        errands=_errands,
        orders={CommandName.RUN_PLAN: TyphoonPlan},
    ),
    outlines=lambda settings: outlines_of(settings.areas),
)
