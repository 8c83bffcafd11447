# SPDX-License-Identifier: Apache-2.0
"""What happens in a simulated street: name and parameters, such as `street:demo?stop_s=5&stay_s=30&cars=3&seed=7`."""

from enum import StrEnum
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.contract.problems import ProblemError

SCHEME = "street:"


class Play(StrEnum):
    """What happens.

    `demo`: one car stops where it must not. `quiet`: nothing at all. `busy`: a queue crawls through the zone and never
    parks. `quay`: somebody and then a van come onto a quay and stay; boats sway. `spill`: a bus loses something.
    `traffic`: three lanes with known counts and speeds; in `jam` one of them queues, in `wrongway` a car drives against
    the kerb lane, in `breakdown` one stands in it. `square`: people come through a gate, stand, and leave.
    """

    DEMO = "demo"
    QUIET = "quiet"
    BUSY = "busy"
    QUAY = "quay"
    SPILL = "spill"
    TRAFFIC = "traffic"
    JAM = "jam"
    WRONGWAY = "wrongway"
    BREAKDOWN = "breakdown"
    SQUARE = "square"


class Weather(StrEnum):
    """What the light does; all but `fair` are there to deceive."""

    FAIR = "fair"
    SHADOW = "shadow"
    CLOUDS = "clouds"
    RAIN = "rain"
    NIGHT = "night"


class Matter(StrEnum):
    """What is lost in `spill`."""

    NONE = "none"
    OIL = "oil"
    SAND = "sand"
    LOAD = "load"
    BRANCH = "branch"


class Scenario(BaseModel):
    """A street and what may be chosen of it. The same scenario shows the same at the same time, always."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    play: Play
    stop_s: float = Field(default=8.0, ge=5, le=86_400, description="when the car of `demo` comes to a stand")
    stay_s: float = Field(default=52.0, ge=3, le=604_800, description="how long it stands")
    cars: int = Field(default=3, ge=0, le=10, description="passing cars in ten seconds")
    seed: int = Field(default=1, ge=0, le=2**31)
    weather: Weather = Weather.FAIR
    matter: Matter = Field(default=Matter.SAND, description="what is lost in `spill`, at stop_s and for stay_s")
    fps: float | None = Field(default=None, gt=0, le=60, description="frames a second; the camera's, if left out")
    begin: float | None = Field(
        default=None, ge=0, description="when it began, seconds since 1970: a worker started again goes on, not anew"
    )
    end_s: float | None = Field(default=None, gt=0, description="when the source ends; never, if left out")

    @property
    def leave_s(self) -> float:
        """When the car of `demo` moves off."""
        return self.stop_s + self.stay_s


def read_scenario(source: str) -> Scenario:
    """The scenario of a camera's source. Raises `ProblemError` source-invalid."""
    name, _, query = source.removeprefix(SCHEME).partition("?")
    try:
        return Scenario.model_validate({"play": name, **dict(parse_qsl(query, strict_parsing=bool(query)))})
    except ValidationError as wrong:
        first = wrong.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise ProblemError("source-invalid", source=source, reason=reason) from wrong
    except ValueError as wrong:
        raise ProblemError("source-invalid", source=source, reason=str(wrong)) from wrong
