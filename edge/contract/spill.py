# SPDX-License-Identifier: Apache-2.0
"""Something on a road at the hub: a patch of the surface looks different, stays so though traffic passes, and ends."""

from typing import Annotated, Literal

from pydantic import Field

from edge.contract.blobs import BlobRef
from edge.contract.evidence import Place
from edge.contract.words import ClockQuality, Instant, Said

OBSTRUCTED_TYPE = "cn.dongtou.edge.spill.obstructed.v1"
NOTICED_TYPE = "cn.dongtou.edge.spill.noticed.v1"
CLEARED_TYPE = "cn.dongtou.edge.spill.cleared.v1"
UNWATCHED_TYPE = "cn.dongtou.edge.spill.unwatched.v1"

Part = Annotated[float, Field(ge=0, le=1)]


class SpillBox(Said):
    """Where in the picture, as fractions of its width and height from the upper left."""

    left: Part
    top: Part
    right: Part
    bottom: Part


class SpillFacts(Said):
    """What the words of one spill have in common; `spill` is the same in all of them."""

    spill: str
    place: Place
    device: str
    camera: str
    surface: str
    box: SpillBox
    share: float = Field(ge=0, le=1, description="of the surface")
    area_m2: float | None = Field(default=None, ge=0, description="where the surface was measured")
    since: Instant
    last_seen: Instant
    passes: int = Field(ge=0, description="vehicles and people that went over it or close by")
    clock: ClockQuality


class SpillFound(SpillFacts):
    """A patch of a road or pavement has looked different for long; pictures from before and after it came."""

    photographs: tuple[BlobRef, ...]


class SpillObstructed(SpillFound):
    """Something lies on a carriageway: oil, sand, water, a branch or a lost load. For a person to look at, at once."""


class SpillNoticed(SpillFound):
    """Something lies beside a carriageway."""


class SpillCleared(SpillFacts):
    """The surface looks as it did before."""

    lasted_s: float = Field(ge=0)


class SpillUnwatched(SpillFacts):
    """Nobody can tell any more whether it lies there: a person must look. Ends what was told, like `cleared`."""

    why: Literal["learnt-anew", "surface-removed"] = Field(
        description="the camera had to learn the surface anew, or nobody wants it watched any more"
    )
