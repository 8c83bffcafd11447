# SPDX-License-Identifier: Apache-2.0
"""Illegal parking at the hub: a stay is opened, becomes a case with evidence for human review, and ends."""

from typing import Literal

from pydantic import Field

from edge.contract.blobs import BlobRef
from edge.contract.words import ClockQuality, Epoch, Instant, Jws, Said, Sha256

OPENED_TYPE = "cn.dongtou.edge.illegalparking.opened.v1"
CASE_TYPE = "cn.dongtou.edge.illegalparking.case.v1"
DEPARTED_TYPE = "cn.dongtou.edge.illegalparking.departed.v1"
EXEMPTED_TYPE = "cn.dongtou.edge.illegalparking.exempted.v1"


class Pixels(Said):
    """How large a picture is."""

    width: int = Field(ge=1)
    height: int = Field(ge=1)


class Photograph(Said):
    """One picture of a case. `whole-scene` shows signs and markings, `vehicle` is cut out, `plate` is the close-up."""

    taken_at: Instant
    view: Literal["whole-scene", "vehicle", "plate"]
    blob: BlobRef
    pixels: Pixels | None = None
    camera_pixels: Pixels | None = Field(
        default=None, description="of the camera's own picture, which this one was scaled down or cut out of"
    )


class Plate(Said):
    """A number plate as read; `confidence` 0 to 1."""

    text: str
    confidence: float = Field(ge=0, le=1)
    colour: str | None = None


class Place(Said):
    """Where it happened, in the district's own code and words."""

    code: str = Field(description="as the district numbers it")
    name: str = Field(description="as people call it")
    direction: str | None = Field(default=None, description="which way the camera looks, in the district's words")


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
    clock_error_s: float | None = Field(
        default=None, ge=0, description="how far the clock may have been from the right time at most"
    )
    no_plate: Literal["not-looked-for", "not-found", "not-legible"] | None = Field(
        default=None, description="why there is no close-up of the plate, where there is none"
    )
    device_number: str | None = Field(default=None, description="of the capturing device, as it is registered")
    sign: str | None = Field(default=None, description="what the sign at the zone says")
    verdict: Literal["for-human-review"] = "for-human-review"


class StayExempted(Said):
    """A vehicle that may stay has left after more than the limit: so much is told for audit, and no picture kept."""

    stay: str
    place: Place
    device: str
    camera: str
    zone: str
    vehicle: str
    by: Literal["kind", "plate"]
    rule: str = Field(description="the kind, or the pattern of the list that the plate agrees with")
    plate: str | None = Field(default=None, description="where it was the plate that exempted it")
    first_seen: Instant
    last_seen: Instant
    dwell_s: float = Field(ge=0)
    clock: ClockQuality
    number: int = Field(ge=1, description="of this device's exempted stays, so that one that is missing is missed")


class Case(CaseFacts):
    """A case as emitted: its facts, and the same facts signed by the device key."""

    manifest: Jws


class ChainLink(Said):
    """Where a manifest stands among all that a device has signed, so that one that is removed or put in is missed.

    A store that is new begins a chain of its own: `epoch` says which one this is.
    """

    epoch: Epoch
    number: int = Field(ge=1, description="1 for the first of its epoch, then one more each time")
    before: Sha256 = Field(
        description="of the JWS before it, as ASCII; of the first, what `genesis` of the chain makes of device and key"
    )


class CaseManifest(Said):
    """Payload of the signed manifest: the facts, every photograph's hash once more on its own, the place in the chain.

    `chain` is left out by agents from before there were chains.
    """

    photos: tuple[str, ...]
    facts: CaseFacts
    chain: ChainLink | None = None
