# SPDX-License-Identifier: Apache-2.0
"""What is said of a site, in the contract's words: numbers of people, never who or which way."""

from dataclasses import dataclass

from edge.contract.crowd import (
    ALARM_TYPE,
    DENSITY_TYPE,
    SUMMARY_TYPE,
    AreaCount,
    CrowdAlarm,
    CrowdDensity,
    CrowdSummary,
    GateCount,
)
from edge.contract.words import Lane
from edge.core.clock import SECOND_US, Now, instant
from edge.core.effects import Emit
from edge.core.windows import Window
from edge.roles.crowd.config import Area, Settings, Site
from edge.roles.crowd.density import limit_per_m2
from edge.roles.crowd.state import AreaState, Level, SiteState


def summary(settings: Settings, site: Site, state: SiteState, window: Window, now: Now) -> Emit:
    """What the site has had in a span that is over."""
    told = CrowdSummary(
        place=settings.place,
        site=site.name,
        from_=instant(window.from_us),
        to=instant(window.from_us + settings.span_us),
        gates=tuple(
            GateCount(gate=one.name, entered=of.entered, left=of.left, seen_s=_seen_s(window, one.camera))
            for one, of in zip(site.gates, state.gates, strict=True)
        ),
        areas=tuple(
            _area(one, of, _seen_s(window, one.camera)) for one, of in zip(site.areas, state.areas, strict=True)
        ),
        present=state.present,
        peak=state.peak,
        corrected=state.corrected,
        clock=now.quality,
    )
    return Emit(SUMMARY_TYPE, Lane.METRIC, now, told.model_dump(mode="json", by_alias=True), site.name)


def density(settings: Settings, site: Site, area: Area, state: AreaState, before: Level, now: Now) -> Emit:
    """An area's level has changed."""
    told = CrowdDensity(
        place=settings.place,
        site=site.name,
        area=area.name,
        level=state.level.value,
        before=before.value,
        people=round(state.average),
        per_m2=round(state.average / area.size_m2, 2),
        clock=now.quality,
    )
    return Emit(DENSITY_TYPE, Lane.STATE, now, told.model_dump(mode="json"), f"{site.name}/{area.name}")


def density_alarm(settings: Settings, site: Site, state: AreaState, since_us: int, now: Now, *, raised: bool) -> Emit:
    """People in an area stand too close, or no longer."""
    excess = _Excess(state.name, round(state.average), limit_per_m2(site), since_us)
    return _alarm(settings, site, excess, now, raised=raised)


def capacity_alarm(settings: Settings, site: Site, state: SiteState, since_us: int, now: Now, *, raised: bool) -> Emit:
    """More people are in the site than may be, or no longer."""
    excess = _Excess(None, state.present, float(site.capacity or 0), since_us)
    return _alarm(settings, site, excess, now, raised=raised)


@dataclass(frozen=True, slots=True)
class _Excess:
    """Too many people in an area or, where none is named, in the whole site."""

    area: str | None
    people: int
    limit: float
    since_us: int


def _alarm(settings: Settings, site: Site, excess: _Excess, now: Now, *, raised: bool) -> Emit:
    told = CrowdAlarm(
        what="capacity" if excess.area is None else "density",
        phase="raised" if raised else "cleared",
        place=settings.place,
        site=site.name,
        area=excess.area,
        people=excess.people,
        limit=excess.limit,
        since=instant(excess.since_us),
        clock=now.quality,
    )
    subject = site.name if excess.area is None else f"{site.name}/{excess.area}"
    return Emit(ALARM_TYPE, Lane.URGENT, now, told.model_dump(mode="json"), subject)


def _seen_s(window: Window, camera: str) -> float:
    return round(window.seen_us(camera) / SECOND_US, 1)


def _area(area: Area, state: AreaState, seen_s: float) -> AreaCount:
    return AreaCount(
        area=area.name,
        mean=round(state.people_s / seen_s, 2) if seen_s else 0.0,
        peak=state.peak,
        peak_per_m2=round(state.peak / area.size_m2, 2),
        level=state.level.value,
        seen_s=seen_s,
    )
