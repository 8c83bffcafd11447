# SPDX-License-Identifier: Apache-2.0
"""Everything that can happen to a role. A new word here fails type checking wherever it is not yet understood."""

from dataclasses import dataclass

from pydantic import BaseModel

from edge.core.clock import Now
from edge.core.tracks import Sighting


@dataclass(frozen=True, slots=True)
class Started:
    """The agent of `device` has come up; what was in flight before is gone, what was committed is in the state."""

    now: Now
    device: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed. `behind` names cameras that have looked at nothing lately: their silence says nothing."""

    now: Now
    behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A camera has seen something, or nothing any more."""

    now: Now
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class CameraChanged:
    """A camera was lost or is back."""

    now: Now
    camera: str
    online: bool


@dataclass(frozen=True, slots=True)
class Ordered:
    """The hub has ordered something, in the shape that the role said it takes.

    It may come again after a power cut. Whoever heeds it says so with an event, since that is what keeps it.
    """

    now: Now
    order: BaseModel


Input = Started | Ticked | Seen | CameraChanged | Ordered
