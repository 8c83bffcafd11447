# SPDX-License-Identifier: Apache-2.0
"""What is said of a road, in the contract's words, so that whatever is emitted also validates at the hub."""

from collections.abc import Mapping

from edge.contract.traffic import (
    CONGESTION_TYPE,
    INCIDENT_TYPE,
    SUMMARY_TYPE,
    LaneCongestion,
    LaneTraffic,
    SpeedClass,
    TrafficIncident,
    TrafficSummary,
)
from edge.contract.words import Lane
from edge.core.clock import SECOND_US, Now, instant, stamp
from edge.core.effects import Emit
from edge.core.tracks import Kind
from edge.core.windows import Window
from edge.roles.traffic_flow.config import Road, Settings
from edge.roles.traffic_flow.state import Incident, LaneState, Level, RoadState


def summary(settings: Settings, road: Road, state: RoadState, window: Window, now: Now) -> Emit:
    """What the road has had in a span that is over."""
    seen_s = window.seen_us(road.camera) / SECOND_US
    told = TrafficSummary(
        place=settings.place,
        road=road.name,
        camera=road.camera,
        from_=instant(window.from_us),
        to=instant(window.from_us + settings.span_us),
        seen_s=round(seen_s, 1),
        lanes=tuple(_lane(settings, lane, seen_s) for lane in state.lanes),
        clock=now.quality,
    )
    return Emit(SUMMARY_TYPE, Lane.METRIC, now, told.model_dump(mode="json", by_alias=True), road.name)


def congestion(settings: Settings, road: Road, lane: LaneState, before: Level, now: Now) -> Emit:
    """A lane's level has changed."""
    flow = lane.flow
    told = LaneCongestion(
        place=settings.place,
        road=road.name,
        lane=lane.name,
        camera=road.camera,
        level=flow.level.value,
        before=before.value,
        speed_kmh=None if flow.speed_kmh is None else round(flow.speed_kmh, 1),
        occupancy=round(flow.occupancy, 3),
        queue_m=round(flow.queue_m, 1),
        clock=now.quality,
    )
    return Emit(CONGESTION_TYPE, Lane.STATE, now, told.model_dump(mode="json"), f"{road.name}/{lane.name}")


def incident(settings: Settings, road: Road, device: str, one: Incident, now: Now, *, raised: bool) -> Emit:
    """An incident has begun or is over."""
    name = f"{device}-{road.name}-{one.lane}-{one.what}-{stamp(one.since_us)}"
    told = TrafficIncident(
        incident=name,
        what="wrong-way" if one.what == "wrong-way" else "stopped-vehicle",
        phase="raised" if raised else "cleared",
        place=settings.place,
        road=road.name,
        lane=one.lane,
        camera=road.camera,
        vehicle=one.vehicle.value,
        since=instant(one.since_us),
        last_seen=instant(one.last_us),
        along_m=round(one.along_m, 1),
        clock=now.quality,
    )
    return Emit(INCIDENT_TYPE, Lane.URGENT, now, told.model_dump(mode="json"), name)


def _lane(settings: Settings, lane: LaneState, seen_s: float) -> LaneTraffic:
    tally = lane.tally
    bounds = (0.0, *settings.speed_classes_kmh)
    speeds = tally.speeds or (0,) * len(bounds)
    over = (*settings.speed_classes_kmh, None)
    return LaneTraffic(
        lane=lane.name,
        forward=_counts(tally.forward),
        against=_counts(tally.against),
        mean_kmh=round(tally.speed_sum_kmh / tally.measured, 1) if tally.measured else None,
        speeds=tuple(
            SpeedClass(from_kmh=low, below_kmh=high, vehicles=count)
            for low, high, count in zip(bounds, over, speeds, strict=True)
        ),
        queue_mean_m=round(tally.queue_m_s / seen_s, 1) if seen_s else 0.0,
        queue_max_m=round(tally.queue_max_m, 1),
        occupancy=round(min(1.0, tally.occupied_s / seen_s), 3) if seen_s else 0.0,
        level=lane.flow.level.value,
    )


def _counts(counts: Mapping[Kind, int]) -> dict[str, int]:
    return {kind.value: count for kind, count in sorted(counts.items())}
