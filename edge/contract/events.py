# SPDX-License-Identifier: Apache-2.0
"""Every event this version emits: its type, the lane it travels on, and the shape of its `data`."""

from dataclasses import dataclass

from pydantic import BaseModel

from edge.contract import crowd, port, spill, traffic
from edge.contract.blobs import CHUNK_TYPE, BlobChunk
from edge.contract.cameras import (
    ACTIVITY_TYPE,
    BACK_TYPE,
    LOST_TYPE,
    PRESET_TYPE,
    VIEW_TYPE,
    CameraActivity,
    CameraBack,
    CameraLost,
    CameraPreset,
    CameraView,
)
from edge.contract.clock import OFFSET_TYPE, ClockOffset
from edge.contract.commands import RESULT_TYPE, CommandResult
from edge.contract.envelope import TYPE_PREFIX
from edge.contract.evidence import (
    CASE_TYPE,
    DEPARTED_TYPE,
    EXEMPTED_TYPE,
    OPENED_TYPE,
    Case,
    StayDeparted,
    StayExempted,
    StayOpened,
)
from edge.contract.health import (
    HEALTH_TYPE,
    PROBLEM_TYPE,
    STARTED_TYPE,
    AgentHealth,
    AgentProblem,
    AgentStarted,
)
from edge.contract.outbox import SHED_TYPE, Shed
from edge.contract.parking import (
    HOUR_TYPE,
    OCCUPANCY_TYPE,
    OVERSTAY_TYPE,
    SNAPSHOT_TYPE,
    STRADDLING_TYPE,
    WRONG_CLASS_TYPE,
    ZONE_TYPE,
    Overstay,
    ParkingHour,
    ParkingSnapshot,
    SpaceOccupancy,
    Straddling,
    WrongClass,
    ZoneCounted,
)
from edge.contract.phrases import phrases
from edge.contract.problems import Language
from edge.contract.words import Lane

Model = type[BaseModel]


@dataclass(frozen=True, slots=True)
class EventKind:
    """One type of event. What it means is said by the docstring of its data."""

    type: str
    lane: Lane
    data: Model

    @property
    def name(self) -> str:
        """The type without its prefix: `illegalparking.case.v1`."""
        return self.type.removeprefix(TYPE_PREFIX)

    @property
    def meaning(self) -> str:
        """One sentence for people."""
        return (self.data.__doc__ or "").strip().splitlines()[0]


EVENTS = (
    EventKind(OPENED_TYPE, Lane.RECORD, StayOpened),
    EventKind(CASE_TYPE, Lane.RECORD, Case),
    EventKind(DEPARTED_TYPE, Lane.RECORD, StayDeparted),
    EventKind(EXEMPTED_TYPE, Lane.RECORD, StayExempted),
    EventKind(OCCUPANCY_TYPE, Lane.STATE, SpaceOccupancy),
    EventKind(ZONE_TYPE, Lane.STATE, ZoneCounted),
    EventKind(OVERSTAY_TYPE, Lane.RECORD, Overstay),
    EventKind(WRONG_CLASS_TYPE, Lane.RECORD, WrongClass),
    EventKind(STRADDLING_TYPE, Lane.RECORD, Straddling),
    EventKind(HOUR_TYPE, Lane.METRIC, ParkingHour),
    EventKind(SNAPSHOT_TYPE, Lane.STATE, ParkingSnapshot),
    EventKind(RESULT_TYPE, Lane.RECORD, CommandResult),
    EventKind(LOST_TYPE, Lane.STATE, CameraLost),
    EventKind(BACK_TYPE, Lane.STATE, CameraBack),
    EventKind(ACTIVITY_TYPE, Lane.STATE, CameraActivity),
    EventKind(PRESET_TYPE, Lane.STATE, CameraPreset),
    EventKind(VIEW_TYPE, Lane.STATE, CameraView),
    EventKind(STARTED_TYPE, Lane.RECORD, AgentStarted),
    EventKind(PROBLEM_TYPE, Lane.RECORD, AgentProblem),
    EventKind(HEALTH_TYPE, Lane.METRIC, AgentHealth),
    EventKind(SHED_TYPE, Lane.RECORD, Shed),
    EventKind(CHUNK_TYPE, Lane.BLOB, BlobChunk),
    EventKind(OFFSET_TYPE, Lane.RECORD, ClockOffset),
    EventKind(traffic.SUMMARY_TYPE, Lane.METRIC, traffic.TrafficSummary),
    EventKind(traffic.CONGESTION_TYPE, Lane.STATE, traffic.LaneCongestion),
    EventKind(traffic.INCIDENT_TYPE, Lane.URGENT, traffic.TrafficIncident),
    EventKind(crowd.SUMMARY_TYPE, Lane.METRIC, crowd.CrowdSummary),
    EventKind(crowd.DENSITY_TYPE, Lane.STATE, crowd.CrowdDensity),
    EventKind(crowd.ALARM_TYPE, Lane.URGENT, crowd.CrowdAlarm),
    EventKind(port.PLAN_TYPE, Lane.RECORD, port.PlanInForce),
    EventKind(port.ALARM_TYPE, Lane.URGENT, port.PortAlarm),
    EventKind(port.CLEARED_TYPE, Lane.RECORD, port.PortCleared),
    EventKind(port.PRESENCE_TYPE, Lane.STATE, port.PortPresence),
    EventKind(port.BLIND_TYPE, Lane.URGENT, port.PortBlind),
    EventKind(port.SIGHTED_TYPE, Lane.RECORD, port.PortSighted),
    EventKind(spill.OBSTRUCTED_TYPE, Lane.URGENT, spill.SpillObstructed),
    EventKind(spill.NOTICED_TYPE, Lane.STATE, spill.SpillNoticed),
    EventKind(spill.CLEARED_TYPE, Lane.RECORD, spill.SpillCleared),
    EventKind(spill.UNWATCHED_TYPE, Lane.RECORD, spill.SpillUnwatched),
)
"""Programs on the device may emit further types of their own, on any lane; a hub keeps what it does not know."""


def event_in_words(event_type: str, language: Language) -> str:
    """What an event of this type says, in a few words; the type itself for one that is not ours."""
    name = event_type.removeprefix(TYPE_PREFIX)
    return phrases("seen", language).get(f"event-{name.rsplit('.v', 1)[0].replace('.', '-')}", name)
