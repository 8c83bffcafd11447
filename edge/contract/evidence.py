# SPDX-License-Identifier: Apache-2.0
"""Illegal parking at the hub: a stay is opened, becomes a case with evidence for human review, and ends."""

from typing import Literal

from pydantic import Field

from edge.contract.blobs import BlobRef
from edge.contract.words import ClockQuality, Instant, Jws, Said

OPENED_TYPE = "cn.dongtou.edge.illegalparking.opened.v1"
CASE_TYPE = "cn.dongtou.edge.illegalparking.case.v1"
DEPARTED_TYPE = "cn.dongtou.edge.illegalparking.departed.v1"


class Photograph(Said):
    """One picture of a case. `whole-scene` shows signs and markings, `vehicle` is cut out, `plate` is the close-up."""

    taken_at: Instant
    view: Literal["whole-scene", "vehicle", "plate"]
    blob: BlobRef


class Plate(Said):
    """A number plate as read; `confidence` 0 to 1."""

    text: str
    confidence: float = Field(ge=0, le=1)
    colour: str | None = None


class Place(Said):
    """Where it happened, in the district's own code and words."""

    code: str = Field(description="as the district numbers it")
    name: str = Field(description="as people call it")


class StayFacts(Said):
    """What the three events of a stay have in common; `case` is the same in all of them."""

    case: str
    place: Place
    device: str
    camera: str
    zone: str
    vehicle: str
    plate: Plate | None = None
    first_seen: Instant
    last_seen: Instant
    dwell_s: float = Field(ge=0)
    clock: ClockQuality


class StayOpened(StayFacts):
    """A vehicle has outstayed the zone's grace; photographs have begun."""

    limit_s: float


class StayDeparted(StayFacts):
    """The vehicle has left; `completed` tells whether a case went out for it."""

    completed: bool


class CaseFacts(StayFacts):
    """A stay beyond the zone's limit with its photographs, for human review."""

    limit_s: float
    photographs: tuple[Photograph, ...]
    verdict: Literal["for-human-review"] = "for-human-review"


class Case(CaseFacts):
    """A case as emitted: its facts, and the same facts signed by the device key."""

    manifest: Jws


class CaseManifest(Said):
    """Payload of the signed manifest: the facts, and every photograph's hash once more on its own."""

    photos: tuple[str, ...]
    facts: CaseFacts
