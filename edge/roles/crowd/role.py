# SPDX-License-Identifier: Apache-2.0
"""The role as a value: people at gates and in areas, counted and never known."""

from edge.core.outlines import Outline
from edge.roles.crowd.config import Settings
from edge.roles.crowd.rules import step
from edge.roles.crowd.state import ADAPTER, State
from edge.roles.role import Needs, RoleSpec


def _outlines(settings: Settings) -> tuple[Outline, ...]:
    sites = settings.sites
    gates = tuple(Outline(gate.camera, f"{site.name}/{gate.name}", gate.line) for site in sites for gate in site.gates)
    areas = (Outline(area.camera, f"{site.name}/{area.name}", area.polygon) for site in sites for area in site.areas)
    return (*gates, *areas)


ROLE = RoleSpec(
    name="crowd",
    settings=Settings,
    state=ADAPTER,
    first_state=lambda _: State(),
    step=step,
    needs=Needs(cameras=lambda settings: settings.cameras),
    outlines=_outlines,
)
