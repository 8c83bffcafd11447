# SPDX-License-Identifier: Apache-2.0
"""A quay under the typhoon plan (台风应急响应期间岸线管控), step by step. In words: docs/how-to/watch-a-quay.md."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from edge.contract.port import TyphoonPlan
from edge.core.clock import Now
from edge.core.effects import Effect
from edge.core.inputs import CameraChanged, Input, Ordered, Seen, Started, Ticked
from edge.core.tracks import Sighting
from edge.roles.port_watch import facts
from edge.roles.port_watch.config import PARTIES, Area, Settings
from edge.roles.port_watch.facts import Around
from edge.roles.port_watch.guests import met
from edge.roles.port_watch.incidents import closed, quiet, watched
from edge.roles.port_watch.plan import closures, expired, level_of, ordered
from edge.roles.port_watch.state import Eye, Post, State, clock_followed

Said = tuple[Effect, ...]


def step(settings: Settings, state: State, happened: Input) -> tuple[State, Said]:
    """The whole role. The same state object comes back when nothing of importance has changed."""
    now = happened.now
    match happened:
        case Started(device=device):
            return _started(settings, state, now, device)
        case Ticked():
            return _ticked(settings, clock_followed(state, now), Around(settings, state.device, now))
        case Ordered(order=TyphoonPlan() as order):
            state, told = ordered(settings, state, order, now)
            state, ended = _lifted(settings, state, Around(settings, state.device, now))
            return state, (*told, *ended)
        case Ordered():
            return state, ()
        case CameraChanged(camera=camera, online=online):
            return _camera_changed(state, Around(settings, state.device, now), camera, online=online)
        case Seen(sighting=sighting):
            return _seen(settings, clock_followed(state, now), Around(settings, state.device, now), sighting)
    assert_never(happened)


def _started(settings: Settings, state: State, now: Now, device: str) -> tuple[State, Said]:
    """Uptime begins anew, every camera has yet to look, and incidents of areas that are no more come to their end."""
    around = Around(settings, device, now)
    areas = {(area.name, area.camera) for area in settings.areas}
    said: list[Effect] = []
    posts: list[Post] = []
    for post in state.posts:
        if (post.area, post.camera) in areas:
            posts.append(replace(post, guests=(), heard_ms=now.uptime_ms, told_ms=None, rung_ms=()))
        elif post.incident is not None:
            said += closed(post, post.incident, "allowed", around)[1]
    known = {(post.area, post.party) for post in posts}
    for area in settings.areas:
        posts += [Post(area.name, area.camera, party) for party in PARTIES if (area.name, party) not in known]
    lost = tuple(Eye(camera, now.uptime_ms) for camera in sorted({area.camera for area in settings.areas}))
    return State(device, now.boot_us, state.plan, tuple(posts), lost), tuple(said)


def _ticked(settings: Settings, state: State, around: Around) -> tuple[State, Said]:
    """Time passes: plans end, areas open, guests leave unseen, and cameras stay away."""
    state, over = expired(settings, state, around.now)
    state, lifted = _lifted(settings, state, around)
    level = level_of(settings, state)
    state, gone = _each(state, lambda post: quiet(post, level, around) if state.sees(post.camera) else (post, ()))
    state, blind = _blind(settings, state, around)
    return state, (*over, *lifted, *gone, *blind)


def _lifted(settings: Settings, state: State, around: Around) -> tuple[State, Said]:
    """Incidents of parties that may be there again are over."""

    def lift(post: Post) -> tuple[Post, Said]:
        closing = closures(settings, state, _area(settings, post), around.now.wall_us)
        if post.incident is None or any(one.who & PARTIES[post.party] for one in closing):
            return post, ()
        return closed(replace(post, guests=()), post.incident, "allowed", around)

    return _each(state, lift)


def _blind(settings: Settings, state: State, around: Around) -> tuple[State, Said]:
    """Cameras of closed areas that are lost for long are told of, and once more when nobody needs them."""
    said: list[Effect] = []
    lost: list[Eye] = []
    for eye in state.lost:
        areas = tuple(
            area.name
            for area in settings.areas
            if area.camera == eye.camera and closures(settings, state, area, around.now.wall_us)
        )
        long = around.now.uptime_ms - eye.since_ms >= settings.blind_s * 1000
        if bool(areas) == eye.told or (areas and not long):
            lost.append(eye)
            continue
        said.append(facts.blind(eye, areas, level_of(settings, state), around) if areas else facts.sighted(eye, around))
        lost.append(replace(eye, told=bool(areas)))
    return (replace(state, lost=tuple(lost)) if said else state), tuple(said)


def _camera_changed(state: State, around: Around, camera: str, *, online: bool) -> tuple[State, Said]:
    """What nobody saw while a camera was away is no absence."""
    now_ms = around.now.uptime_ms
    eye = next((eye for eye in state.lost if eye.camera == camera), None)
    if online == (eye is None) or not any(post.camera == camera for post in state.posts):
        return state, ()
    if eye is None:
        return replace(state, lost=(*state.lost, Eye(camera, now_ms))), ()
    posts = tuple(replace(post, heard_ms=now_ms) if post.camera == camera else post for post in state.posts)
    lost = tuple(other for other in state.lost if other is not eye)
    return replace(state, posts=posts, lost=lost), (facts.sighted(eye, around),) if eye.told else ()


def _seen(settings: Settings, state: State, around: Around, sighting: Sighting) -> tuple[State, Said]:
    if not state.device:
        return state, ()
    state, back = _camera_changed(state, around, sighting.camera, online=True)
    level = level_of(settings, state)

    def look(post: Post) -> tuple[Post, Said]:
        if post.camera != sighting.camera:
            return post, ()
        area = _area(settings, post)
        closing = closures(settings, state, area, sighting.at_us)
        guests = met(post, area, closing, settings.score, sighting)
        return watched(
            replace(post, guests=guests) if guests != post.guests else post, closing, level, sighting, around
        )

    state, said = _each(state, look)
    return state, (*back, *said)


def _each(state: State, change: Callable[[Post], tuple[Post, Said]]) -> tuple[State, Said]:
    """Every post changed; the same state if none of them has."""
    changed = [change(post) for post in state.posts]
    posts = tuple(post for post, _ in changed)
    said = tuple(effect for _, effects in changed for effect in effects)
    return (state if posts == state.posts else replace(state, posts=posts)), said


def _area(settings: Settings, post: Post) -> Area:
    return next(area for area in settings.areas if area.name == post.area)
