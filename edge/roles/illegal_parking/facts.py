# SPDX-License-Identifier: Apache-2.0
"""What is said of a stay, in the contract's words, so that whatever is emitted also validates at the hub."""

from typing import Any

from edge.contract.blobs import BlobRef
from edge.contract.evidence import (
    CASE_TYPE,
    DEPARTED_TYPE,
    OPENED_TYPE,
    CaseFacts,
    CaseManifest,
    Photograph,
    Pixels,
    StayDeparted,
    StayOpened,
)
from edge.contract.words import Lane
from edge.core.clock import Now, instant
from edge.core.effects import Emit
from edge.roles.illegal_parking.config import Settings, Zone
from edge.roles.illegal_parking.stays import SECOND_US, Kept, Phase, Stay


def case_id(device: str, stay: Stay) -> str:
    """Names a stay for ever: device, zone, and when it was first seen, to the millisecond, UTC."""
    at = instant(stay.first_us)
    return f"{device}-{stay.zone}-{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03d}"


def opened(settings: Settings, zone: Zone, device: str, stay: Stay, now: Now) -> Emit:
    """The vehicle has outstayed the grace."""
    facts = StayOpened(**_common(settings, device, stay, now), limit_s=zone.limit_s)
    return Emit(OPENED_TYPE, Lane.RECORD, now, facts.model_dump(mode="json"), stay.case)


def departed(settings: Settings, device: str, stay: Stay, now: Now) -> Emit:
    """The vehicle has left, or cannot be told from another any more."""
    facts = StayDeparted(**_common(settings, device, stay, now), completed=stay.phase is Phase.COMPLETED)
    return Emit(DEPARTED_TYPE, Lane.RECORD, now, facts.model_dump(mode="json"), stay.case)


def case(settings: Settings, zone: Zone, device: str, stay: Stay, now: Now) -> Emit:
    """The whole case; its manifest is signed by whoever holds the device key."""
    photographs = tuple(_photograph(kept) for kept in stay.photographs)
    facts = CaseFacts(**_common(settings, device, stay, now), limit_s=zone.limit_s, photographs=photographs)
    manifest = CaseManifest(photos=tuple(one.blob.sha256 for one in photographs), facts=facts)
    pictures = tuple(kept.picture for kept in stay.photographs)
    data, signed = facts.model_dump(mode="json"), manifest.model_dump(mode="json")
    return Emit(CASE_TYPE, Lane.RECORD, now, data, stay.case, signed, pictures)


def _common(settings: Settings, device: str, stay: Stay, now: Now) -> dict[str, Any]:
    return {
        "case": stay.case,
        "place": settings.place,
        "device": device,
        "camera": stay.camera,
        "zone": stay.zone,
        "vehicle": stay.vehicle.value,
        "first_seen": instant(stay.first_us),
        "last_seen": instant(stay.last_us),
        "dwell_s": round((stay.last_us - stay.first_us) / SECOND_US, 3),
        "clock": now.quality,
    }


def _photograph(kept: Kept) -> Photograph:
    picture = kept.picture
    blob = BlobRef(sha256=picture.sha256, size=picture.size, media_type=picture.media_type)
    return Photograph(
        taken_at=instant(picture.taken_us),
        view=kept.view,
        blob=blob,
        pixels=_pixels(picture.pixels),
        camera_pixels=_pixels(picture.camera_pixels),
    )


def _pixels(size: tuple[int, int] | None) -> Pixels | None:
    return Pixels(width=size[0], height=size[1]) if size else None
