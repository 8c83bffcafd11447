# SPDX-License-Identifier: Apache-2.0
"""What is said of an incident, in the contract's words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from edge.contract.port import (
    ALARM_TYPE,
    BLIND_TYPE,
    CLEARED_TYPE,
    PRESENCE_TYPE,
    SIGHTED_TYPE,
    PlanLevel,
    PortAlarm,
    PortBlind,
    PortCleared,
    PortPresence,
    PortSighted,
)
from edge.contract.words import Lane
from edge.core.clock import Now, instant, stamp
from edge.core.effects import Emit
from edge.core.tracks import PictureRef
from edge.roles.port_watch.config import Settings
from edge.roles.port_watch.state import Eye, Guest, Incident, Post

Pictures = tuple[PictureRef, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """Who speaks, and when."""

    settings: Settings
    device: str
    now: Now


def incident_name(device: str, post: Post, since_us: int) -> str:
    """Names an incident for ever: device, area, party, and when it began, to the millisecond, UTC."""
    return f"{device}-{post.area}-{post.party}-{stamp(since_us)}"


def alarm(post: Post, incident: Incident, there: Sequence[Guest], pictures: Pictures, around: Around) -> Emit:
    """Somebody is there."""
    facts = PortAlarm(
        **_common(post, incident, around),
        count=len(there),
        kinds=dict(Counter(guest.kind.value for guest in there)),
        reminder=incident.reminders,
        photographs=tuple(one.blob for one in pictures),
    )
    return Emit(ALARM_TYPE, Lane.URGENT, around.now, facts.model_dump(mode="json"), incident.name, pictures=pictures)


def cleared(post: Post, incident: Incident, why: Literal["left", "allowed"], around: Around) -> Emit:
    """Nobody is there any more, or it matters no more."""
    facts = PortCleared(**_common(post, incident, around), most=incident.most, why=why)
    return Emit(CLEARED_TYPE, Lane.RECORD, around.now, facts.model_dump(mode="json"), incident.name)


def presence(post: Post, count: int, around: Around, level: PlanLevel) -> Emit:
    """How many are there now."""
    place = around.settings.place
    facts = PortPresence(place=place, camera=post.camera, area=post.area, party=post.party, level=level, count=count)
    return Emit(PRESENCE_TYPE, Lane.STATE, around.now, facts.model_dump(mode="json"), post.area)


def blind(eye: Eye, areas: tuple[str, ...], level: PlanLevel, around: Around) -> Emit:
    """Nobody watches these areas."""
    blind_s = (around.now.uptime_ms - eye.since_ms) / 1000
    facts = PortBlind(place=around.settings.place, camera=eye.camera, areas=areas, level=level, blind_s=blind_s)
    return Emit(BLIND_TYPE, Lane.URGENT, around.now, facts.model_dump(mode="json"), eye.camera)


def sighted(eye: Eye, around: Around) -> Emit:
    """They are watched again, or need no watching."""
    blind_s = (around.now.uptime_ms - eye.since_ms) / 1000
    facts = PortSighted(place=around.settings.place, camera=eye.camera, blind_s=blind_s)
    return Emit(SIGHTED_TYPE, Lane.RECORD, around.now, facts.model_dump(mode="json"), eye.camera)


def _common(post: Post, incident: Incident, around: Around) -> dict[str, Any]:
    return {
        "incident": incident.name,
        "place": around.settings.place,
        "device": around.device,
        "camera": post.camera,
        "area": post.area,
        "party": post.party,
        "level": incident.level,
        "since": instant(incident.since_us),
        "last_seen": instant(incident.last_us),
        "clock": around.now.quality,
    }
