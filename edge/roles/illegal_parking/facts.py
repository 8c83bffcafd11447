# SPDX-License-Identifier: Apache-2.0
"""What is said of a stay, in the contract's words, so that whatever is emitted also validates at the hub."""

from typing import Any, Literal

from edge.contract.evidence import (
    CASE_TYPE,
    DEPARTED_TYPE,
    EXEMPTED_TYPE,
    OPENED_TYPE,
    CaseFacts,
    CaseManifest,
    Photograph,
    Pixels,
    Plate,
    StayDeparted,
    StayExempted,
    StayOpened,
)
from edge.contract.health import PROBLEM_TYPE, AgentProblem
from edge.contract.words import Lane
from edge.core.clock import SECOND_US, Now, instant, stamp
from edge.core.effects import Emit
from edge.core.tracks import PlateRead
from edge.roles.illegal_parking.config import Settings, Zone
from edge.roles.illegal_parking.exemptions import legible
from edge.roles.illegal_parking.stays import Exemption, Kept, Phase, Stay

NoPlate = Literal["not-looked-for", "not-found", "not-legible"] | None
CLOCK_CODE = "case-waits-for-clock"


def case_id(device: str, stay: Stay) -> str:
    """Names a stay for ever: device, zone, and when it was first seen, to the millisecond, UTC."""
    return f"{device}-{stay.zone}-{stamp(stay.first_us)}"


def opened(settings: Settings, zone: Zone, device: str, stay: Stay, now: Now) -> Emit:
    """The vehicle has outstayed the grace."""
    facts = StayOpened(**_common(settings, device, stay, now), limit_s=zone.limit_s)
    return Emit(OPENED_TYPE, Lane.RECORD, now, facts.model_dump(mode="json"), stay.case)


def departed(settings: Settings, device: str, stay: Stay, now: Now) -> Emit:
    """The vehicle has left, or cannot be told from another any more."""
    facts = StayDeparted(**_common(settings, device, stay, now), completed=stay.phase is Phase.COMPLETED)
    return Emit(DEPARTED_TYPE, Lane.RECORD, now, facts.model_dump(mode="json"), stay.case)


def exempted(settings: Settings, device: str, stay: Stay, why: Exemption, number: int, now: Now) -> Emit:
    """A vehicle that may stay has stayed for longer than others may, and left."""
    common = _common(settings, device, stay, now)
    name, plate = common.pop("case") or case_id(device, stay), common.pop("plate")
    text = plate.text if plate and why.by == "plate" else None
    facts = StayExempted(**common, stay=name, plate=text, by=why.by, rule=why.rule, number=number)
    return Emit(EXEMPTED_TYPE, Lane.RECORD, now, facts.model_dump(mode="json"), name)


def waits_for_clock(stay: Stay, now: Now) -> Emit:
    """A case has all that it needs but a clock that somebody vouches for."""
    detail: dict[str, Any] = {"case": stay.case, "camera": stay.camera, "zone": stay.zone, "clock": now.quality.value}
    told = AgentProblem(code=CLOCK_CODE, detail=detail)
    return Emit(PROBLEM_TYPE, Lane.RECORD, now, told.model_dump(mode="json"), CLOCK_CODE)


def case(settings: Settings, zone: Zone, device: str, stay: Stay, now: Now, *, reads: bool) -> Emit:
    """The whole case; its manifest is signed by whoever holds the device key. `reads`: the camera reads plates."""
    photographs = tuple(_photograph(kept) for kept in stay.photographs)
    facts = CaseFacts(
        **_common(settings, device, stay, now),
        limit_s=zone.limit_s,
        photographs=photographs,
        clock_error_s=None if now.error_ms is None else now.error_ms / 1000,
        no_plate=_no_plate(zone, stay, reads=reads),
        device_number=settings.device_number,
        sign=zone.sign,
    )
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
        "plate": _plate(settings, stay.plate),
        "first_seen": instant(stay.first_us),
        "last_seen": instant(stay.last_us),
        "dwell_s": round((stay.last_us - stay.first_us) / SECOND_US, 3),
        "clock": now.quality,
    }


def _plate(settings: Settings, read: PlateRead | None) -> Plate | None:
    if read is None or not legible(settings, read):
        return None
    return Plate(text=read.text, confidence=round(read.sure, 4), colour=read.colour or None)


def _no_plate(zone: Zone, stay: Stay, *, reads: bool) -> NoPlate:
    """Why there is no close-up, if there is none."""
    if stay.closeup is not None:
        return None
    if stay.plate is not None:
        return "not-legible"
    return "not-found" if reads and zone.plate != "no" else "not-looked-for"


def _photograph(kept: Kept) -> Photograph:
    picture = kept.picture
    return Photograph(
        taken_at=instant(picture.taken_us),
        view=kept.view,
        blob=picture.blob,
        pixels=_pixels(picture.pixels),
        camera_pixels=_pixels(picture.camera_pixels),
    )


def _pixels(size: tuple[int, int] | None) -> Pixels | None:
    return Pixels(width=size[0], height=size[1]) if size else None
