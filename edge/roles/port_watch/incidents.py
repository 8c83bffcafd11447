# SPDX-License-Identifier: Apache-2.0
"""The life of an alarm: it is rung, said again while they stay, and called off when the area is empty.

What must always be true here: an incident's pictures are kept in the step that names them, and let go when it ends;
nobody rings twice for one incident but as a reminder; who is counted is steady.
"""

from dataclasses import replace
from typing import Literal

from edge.contract.port import PlanLevel
from edge.core.clock import SECOND_US
from edge.core.effects import Effect, KeepEvidence, ReleaseEvidence
from edge.core.tracks import Sighting
from edge.roles.port_watch import facts
from edge.roles.port_watch.config import Closure
from edge.roles.port_watch.facts import Around, Pictures
from edge.roles.port_watch.guests import PATIENCE_US, overdue_us, steady
from edge.roles.port_watch.state import Guest, Incident, Post

PICTURE_WAIT_US = 3 * SECOND_US
"""An alarm waits so long for its picture, and then goes without."""
RUNG_MS = 3600 * 1000
"""For so long an alarm makes the next one of its area slower."""
RUNG_MOST = 4
"""…up to sixteen times the grace."""
TELL_EVERY_MS = 10_000
"""How many there are is not told more often."""

Said = tuple[Effect, ...]


def watched(
    post: Post, closing: tuple[Closure, ...], level: PlanLevel, sighting: Sighting, around: Around
) -> tuple[Post, Said]:
    """A post after a look that its guests were just taken from."""
    rung = min(len(_lately(post, around)), RUNG_MOST)
    there = tuple(guest for guest in post.guests if steady(guest, sighting.at_us))
    over_us = max((overdue_us(guest, closing, rung) for guest in there), default=-1)
    post = replace(post, heard_ms=around.now.uptime_ms) if post.guests else post
    pictures = _pictures(sighting)
    if post.incident is not None:
        post, alarmed = _stayed(post, post.incident, there, pictures, around)
    elif over_us >= (0 if pictures else PICTURE_WAIT_US):
        post, alarmed = _rung(post, there, level, pictures, around)
    else:
        alarmed = ()
    post, told = _counted(post, len(there), level, around)
    return post, alarmed + told


def quiet(post: Post, level: PlanLevel, around: Around) -> tuple[Post, Said]:
    """A post as time passes before a camera that looks: vision says nothing while nobody is there."""
    silent_ms = around.now.uptime_ms - post.heard_ms
    guests = post.guests if silent_ms * 1000 <= PATIENCE_US else ()
    if guests != post.guests:
        post = replace(post, guests=guests)
    ended: Said = ()
    if post.incident is not None and silent_ms >= around.settings.clear_s * 1000:
        post, ended = closed(post, post.incident, "left", around)
    told: Said = ()
    if not guests:
        post, told = _counted(post, 0, level, around)
    return post, ended + told


def closed(post: Post, incident: Incident, why: Literal["left", "allowed"], around: Around) -> tuple[Post, Said]:
    """A post whose incident has come to its end."""
    said = (facts.cleared(post, incident, why, around), ReleaseEvidence(incident.name))
    return replace(post, incident=None), said


def _rung(
    post: Post, there: tuple[Guest, ...], level: PlanLevel, pictures: Pictures, around: Around
) -> tuple[Post, Said]:
    since_us = min(guest.since_us for guest in there)
    last_us = there[0].last_us
    name = facts.incident_name(around.device, post, since_us)
    incident = Incident(name, level, since_us, last_us, told_us=last_us, most=len(there))
    rung = replace(post, incident=incident, rung_ms=(*_lately(post, around), around.now.uptime_ms))
    return rung, _alarm(rung, incident, there, pictures, around)


def _stayed(
    post: Post, incident: Incident, there: tuple[Guest, ...], pictures: Pictures, around: Around
) -> tuple[Post, Said]:
    if not there:
        return post, ()
    at_us = there[0].last_us
    after = replace(incident, last_us=at_us, most=max(incident.most, len(there)))
    if at_us - incident.told_us < around.settings.remind_s * SECOND_US:
        return replace(post, incident=after), ()
    after = replace(after, told_us=at_us, reminders=incident.reminders + 1)
    return replace(post, incident=after), _alarm(post, after, there, pictures, around)


def _alarm(post: Post, incident: Incident, there: tuple[Guest, ...], pictures: Pictures, around: Around) -> Said:
    kept = tuple(KeepEvidence(picture, incident.name) for picture in pictures)
    return (*kept, facts.alarm(post, incident, there, pictures, around))


def _counted(post: Post, count: int, level: PlanLevel, around: Around) -> tuple[Post, Said]:
    """Told when it has changed, though not at each change: people walk behind each other."""
    now_ms = around.now.uptime_ms
    if count == post.count or (post.told_ms is not None and now_ms - post.told_ms < TELL_EVERY_MS):
        return post, ()
    return replace(post, count=count, told_ms=now_ms), (facts.presence(post, count, around, level),)


def _pictures(sighting: Sighting) -> Pictures:
    scene = sighting.fresh_scene
    return () if scene is None else (scene,)


def _lately(post: Post, around: Around) -> tuple[int, ...]:
    return tuple(one for one in post.rung_ms if around.now.uptime_ms - one < RUNG_MS)
