# SPDX-License-Identifier: Apache-2.0
"""What a technician writes under `[roles.port_watch]`: areas of a quay, and who may not be there at which level."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from edge.contract.evidence import Place
from edge.contract.port import Party, PlanLevel
from edge.contract.words import DeviceName
from edge.core.schedule import Hours, UtcOffset
from edge.core.tables import Closed, Drawn, Fraction, names_differ
from edge.core.tracks import VEHICLES, Kind

PARTIES: dict[Party, frozenset[Kind]] = {
    "people": frozenset({Kind.PERSON}),
    "vehicles": VEHICLES | {Kind.TWO_WHEELER},
}
"""People and vehicles are told of apart: a forgotten lorry must not hide that somebody walks beside it."""


class Closure(Closed):
    """Who may not stay in an area from a level of the typhoon plan on. 封闭规则."""

    level: PlanLevel = Field(description="from this level on; `none` closes the area whatever the plan says")
    who: frozenset[Kind] = Field(
        default=PARTIES["people"] | PARTIES["vehicles"], min_length=1, description="kinds that may not be there"
    )
    grace_s: float = Field(default=30.0, ge=0, le=86_400, description="nothing is said of who leaves sooner")
    hours: tuple[Hours, ...] = Field(default=(), description="when the closure holds; always, if left out")


class PersonHeight(Closed):
    """How tall a person looks at one place of the picture; between two places it is in between."""

    foot_y: Fraction = Field(description="where the person stands, as a fraction of the picture from its top")
    height: Annotated[float, Field(gt=0, le=1)] = Field(description="as a fraction of the picture's height")


class Area(Drawn):
    """A part of a quay in one camera's picture. 岸线管控区."""

    name: DeviceName = Field(description="part of every incident's name; no two areas share one")
    closures: tuple[Closure, ...] = Field(min_length=1)
    heights: tuple[PersonHeight, ...] = Field(
        default=(), max_length=8, description="what is much smaller or larger than a person there is none: a gull, say"
    )

    def person_height(self, foot_y: float) -> float | None:
        """How tall a person looks who stands there; None if nobody has said."""
        known = sorted(self.heights, key=lambda one: one.foot_y)
        if not known:
            return None
        for upper, lower in pairwise(known):
            if upper.foot_y <= foot_y <= lower.foot_y:
                part = (foot_y - upper.foot_y) / max(lower.foot_y - upper.foot_y, 1e-9)
                return upper.height + part * (lower.height - upper.height)
        return known[0].height if foot_y < known[0].foot_y else known[-1].height


class Settings(Closed):
    """The role's whole table."""

    place: Place
    utc_offset: UtcOffset = "+08:00"
    level: PlanLevel = Field(
        default=PlanLevel.NONE, description="of the typhoon plan, until the hub has ordered one by run-plan"
    )
    score: float = Field(default=0.5, ge=0, le=1, description="tracks that the detector is less sure of are not heeded")
    remind_s: float = Field(default=600.0, ge=30, le=86_400, description="while they stay, the alarm is said again")
    clear_s: float = Field(default=60.0, ge=5, le=3600, description="empty for so long is empty")
    blind_s: float = Field(
        default=60.0, ge=0, le=3600, description="a camera of a closed area that is lost for so long is an alarm"
    )
    areas: tuple[Area, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names_differ("areas", self.areas)
        return self
