# SPDX-License-Identifier: Apache-2.0
"""What is said of the lot, in the contract's words, so that whatever is emitted also validates at the hub."""

from typing import Any

from pydantic import BaseModel

from edge.contract.evidence import Plate
from edge.contract.parking import (
    HOUR_TYPE,
    OCCUPANCY_TYPE,
    OVERSTAY_TYPE,
    SNAPSHOT_TYPE,
    STRADDLING_TYPE,
    WRONG_CLASS_TYPE,
    ZONE_TYPE,
    MappedSpace,
    Occupancy,
    Overstay,
    ParkingHour,
    ParkingSnapshot,
    SpaceOccupancy,
    Straddling,
    WrongClass,
    ZoneCount,
    ZoneCounted,
)
from edge.contract.words import Lane
from edge.core.clock import SECOND_US, Now, instant
from edge.core.effects import Emit
from edge.roles.parking.config import Settings, Space
from edge.roles.parking.guests import Breach
from edge.roles.parking.lot import HOUR_US, Account, Guest, Pair, Standing, State

COUNTED: tuple[Occupancy, ...] = ("free", "occupied", "unknown")


def counts(state: State, settings: Settings, zone: str) -> tuple[int, int, int]:
    """Free, occupied and unknown spaces of a zone."""
    names = {space.name for space in settings.of_zone(zone)}
    states = [space.state for space in state.spaces if space.name in names]
    free, occupied, unknown = (states.count(word) for word in COUNTED)
    return free, occupied, unknown


def occupancy(state: State, settings: Settings, space: Space, change: tuple[Standing, Standing], now: Now) -> Emit:
    """A space has changed."""
    before, after = change
    guest = before.guest
    left = guest if after.state == "free" and guest and guest.came else None
    said = SpaceOccupancy(
        **_state(after),
        place=settings.place,
        device=state.device,
        camera=space.camera,
        zone=space.zone,
        use=space.use,
        before=before.state,
        stayed_s=_seconds(after.since_us - left.since_us) if left else None,
        clock=now.quality,
    )
    return _emit(OCCUPANCY_TYPE, Lane.STATE, now, said, space.name)


def zone_counted(state: State, settings: Settings, zone: str, now: Now) -> Emit:
    """A zone's counts have changed."""
    said = ZoneCounted(
        **_count(state, settings, zone).model_dump(), place=settings.place, device=state.device, clock=now.quality
    )
    return _emit(ZONE_TYPE, Lane.STATE, now, said, zone)


def breach(state: State, settings: Settings, space: Space, guest: Guest, why: Breach, at_us: int, now: Now) -> Emit:
    """Somebody stays too long, or where he must not."""
    shared: dict[str, Any] = {
        "place": settings.place,
        "device": state.device,
        "camera": space.camera,
        "zone": space.zone,
        "space": space.name,
        "use": space.use,
        "vehicle": guest.kind and guest.kind.value,
        "plate": Plate(text=guest.plate, confidence=guest.sure, colour=guest.colour or None) if guest.plate else None,
        "since": instant(guest.since_us),
        "stayed_s": _seconds(at_us - guest.since_us),
        "clock": now.quality,
    }
    if why == "overstay":
        return _emit(OVERSTAY_TYPE, Lane.RECORD, now, Overstay(**shared, max_stay_s=space.max_stay_s or 0), space.name)
    return _emit(WRONG_CLASS_TYPE, Lane.RECORD, now, WrongClass(**shared, reason=why), space.name)


def straddling(state: State, settings: Settings, camera: str, pair: Pair, vehicle: str, now: Now) -> Emit:
    """One vehicle over several spaces."""
    said = Straddling(
        place=settings.place,
        device=state.device,
        camera=camera,
        spaces=pair.spaces,
        vehicle=vehicle,
        since=instant(pair.since_us),
        clock=now.quality,
    )
    return _emit(STRADDLING_TYPE, Lane.RECORD, now, said, pair.spaces[0])


def hour(state: State, settings: Settings, account: Account, now: Now) -> Emit:
    """A zone's hour."""
    spaces = len(settings.of_zone(account.zone))
    known_us = account.known_us
    said = ParkingHour(
        place=settings.place,
        device=state.device,
        zone=account.zone,
        from_=instant(state.hour_us),
        to=instant(state.hour_us + HOUR_US),
        spaces=spaces,
        arrivals=account.arrivals,
        departures=account.departures,
        turnover=round(account.arrivals / spaces, 3),
        mean_stay_s=_seconds(account.stayed_us // account.stays) if account.stays else None,
        occupied_share=round(account.occupied_us / known_us, 4) if known_us else None,
        known_share=min(1.0, round(known_us / (spaces * HOUR_US), 4)),
    )
    return _emit(HOUR_TYPE, Lane.METRIC, now, said, account.zone)


def snapshot(state: State, settings: Settings, now: Now) -> Emit:
    """Everything as it is."""
    places = {space.name: space for space in settings.spaces}
    said = ParkingSnapshot(
        place=settings.place,
        device=state.device,
        spaces=tuple(_mapped(places[standing.name], standing) for standing in state.spaces if standing.name in places),
        zones=tuple(_count(state, settings, zone.name) for zone in settings.zones),
        clock=now.quality,
    )
    return _emit(SNAPSHOT_TYPE, Lane.STATE, now, said, None)


def _mapped(space: Space, standing: Standing) -> MappedSpace:
    return MappedSpace(**_state(standing), zone=space.zone, camera=space.camera, outline=space.polygon)


def _state(space: Standing) -> dict[str, Any]:
    guest = space.guest if space.state == "occupied" else None
    return {
        "space": space.name,
        "state": space.state,
        "since": instant(space.since_us),
        "vehicle": guest and guest.kind and guest.kind.value,
        "straddles": guest.over if guest else (),
    }


def _count(state: State, settings: Settings, zone: str) -> ZoneCount:
    free, occupied, unknown = counts(state, settings, zone)
    return ZoneCount(zone=zone, free=free, occupied=occupied, unknown=unknown, total=free + occupied + unknown)


def _seconds(span_us: int) -> float:
    return round(max(0, span_us) / SECOND_US, 3)


def _emit(kind: str, lane: Lane, now: Now, said: BaseModel, subject: str | None) -> Emit:
    return Emit(kind, lane, now, said.model_dump(mode="json"), subject)
