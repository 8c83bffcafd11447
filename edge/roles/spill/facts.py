# SPDX-License-Identifier: Apache-2.0
"""What is said of a spill, in the contract's words."""

from typing import Any, Literal

from edge.contract.spill import (
    CLEARED_TYPE,
    NOTICED_TYPE,
    OBSTRUCTED_TYPE,
    UNWATCHED_TYPE,
    SpillBox,
    SpillCleared,
    SpillFound,
    SpillNoticed,
    SpillObstructed,
    SpillUnwatched,
)
from edge.contract.words import Lane
from edge.core.clock import SECOND_US, Now, instant, stamp
from edge.core.effects import Emit
from edge.core.geometry import Box
from edge.core.ground import area_m2
from edge.core.tracks import PictureRef
from edge.roles.spill.config import Settings, Surface
from edge.roles.spill.state import Spill


def spill_name(device: str, spill: Spill) -> str:
    """Names a spill for ever: device, surface, and since when it lies there, to the millisecond, UTC."""
    return f"{device}-{spill.surface}-{stamp(spill.since_us)}"


def found(
    settings: Settings, surface: Surface, device: str, spill: Spill, pictures: tuple[PictureRef, ...], now: Now
) -> Emit:
    """Something lies there: urgent where vehicles drive."""
    model: type[SpillFound] = SpillObstructed if surface.carriageway else SpillNoticed
    photographs = tuple(one.blob for one in pictures)
    facts = model(**_common(settings, surface, device, spill, now), photographs=photographs)
    kind, lane = (OBSTRUCTED_TYPE, Lane.URGENT) if surface.carriageway else (NOTICED_TYPE, Lane.STATE)
    return Emit(kind, lane, now, facts.model_dump(mode="json"), spill.name, pictures=pictures)


def cleared(settings: Settings, surface: Surface, device: str, spill: Spill, now: Now) -> Emit:
    """It lies there no more."""
    lasted_s = round((spill.last_us - spill.since_us) / SECOND_US, 3)
    facts = SpillCleared(**_common(settings, surface, device, spill, now), lasted_s=max(0.0, lasted_s))
    return Emit(CLEARED_TYPE, Lane.RECORD, now, facts.model_dump(mode="json"), spill.name)


def unwatched(
    settings: Settings,
    surface: Surface | None,
    device: str,
    spill: Spill,
    why: Literal["learnt-anew", "surface-removed"],
    now: Now,
) -> Emit:
    """Nobody can tell any more whether it lies there; `surface` is None where the settings know it no more."""
    facts = SpillUnwatched(**_common(settings, surface, device, spill, now), why=why)
    return Emit(UNWATCHED_TYPE, Lane.RECORD, now, facts.model_dump(mode="json"), spill.name)


def _common(settings: Settings, surface: Surface | None, device: str, spill: Spill, now: Now) -> dict[str, Any]:
    box = spill.box
    left, top, right, bottom = (min(1.0, max(0.0, side)) for side in (box.left, box.top, box.right, box.bottom))
    return {
        "spill": spill.name,
        "place": settings.place,
        "device": device,
        "camera": spill.camera,
        "surface": spill.surface,
        "box": SpillBox(left=left, top=top, right=right, bottom=bottom),
        "share": spill.share,
        "area_m2": None if surface is None else _area_m2(surface, spill),
        "since": instant(spill.since_us),
        "last_seen": instant(spill.last_us),
        "passes": spill.passes,
        "clock": now.quality,
    }


def _area_m2(surface: Surface, spill: Spill) -> float | None:
    """Of the ground under its box, times the part of the box that it fills."""
    there = None if surface.ground is None else surface.ground.outline(_corners(spill.box))
    if there is None:
        return None
    filled = min(1.0, spill.share * surface.outline.area / max(spill.box.area, 1e-9))
    return round(area_m2(there) * filled, 2)


def _corners(box: Box) -> tuple[tuple[float, float], ...]:
    return (box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)
