# SPDX-License-Identifier: Apache-2.0
"""What the role remembers: the plan, who is where, incidents, and which cameras look.

What must always be true here: instants in `_us` are wall-clock or capture times of one time line; those in `_ms` are
uptime of this boot and begin anew with each start of the agent.
"""

from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from edge.contract.port import Party, PlanLevel
from edge.core.clock import Now, set_by_us
from edge.core.geometry import Box
from edge.core.tracks import Kind, Track


@dataclass(frozen=True, slots=True)
class Plan:
    """The typhoon plan as the hub has ordered it last; `until_us` None for as long as nothing else is ordered."""

    level: PlanLevel
    issued_us: int
    until_us: int | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody in a closed area: since when, when last seen there, and for how long in all."""

    track_id: int
    track_first_us: int
    kind: Kind
    box: Box
    since_us: int
    last_us: int
    there_us: int = 0

    def is_of(self, track: Track) -> bool:
        """Whether it was this track that showed it last."""
        return track.name == (self.track_id, self.track_first_us)


@dataclass(frozen=True, slots=True)
class Incident:
    """An alarm that is not over."""

    name: str
    level: PlanLevel
    since_us: int
    last_us: int
    told_us: int
    most: int
    reminders: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """One party (people or vehicles) in one area. `count` is what the hub was told of last, at `told_ms`.

    `heard_ms` is when somebody was there last; `rung_ms` when new alarms were rung, as far as that still matters.
    """

    area: str
    camera: str
    party: Party
    guests: tuple[Guest, ...] = ()
    incident: Incident | None = None
    heard_ms: int = 0
    count: int = 0
    told_ms: int | None = None
    rung_ms: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Eye:
    """A camera that is lost: since when, and whether that was told."""

    camera: str
    since_ms: int
    told: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """All of it; `device` is "" until the agent has told its name, `boot_us` when it was booted by the wall clock."""

    device: str = ""
    boot_us: int = 0
    plan: Plan | None = None
    posts: tuple[Post, ...] = ()
    lost: tuple[Eye, ...] = ()

    def sees(self, camera: str) -> bool:
        """Whether a camera gives pictures."""
        return all(eye.camera != camera for eye in self.lost)


ADAPTER = TypeAdapter(State)


def clock_followed(state: State, now: Now) -> State:
    """When the wall clock is set, incidents move with it; whoever is not yet overdue begins anew."""
    jump_us = set_by_us(state.boot_us, now)
    if not state.device or not jump_us:
        return state
    return replace(state, boot_us=now.boot_us, posts=tuple(_shifted(post, jump_us) for post in state.posts))


def _shifted(post: Post, by_us: int) -> Post:
    old = post.incident
    moved = old and replace(
        old, since_us=old.since_us + by_us, last_us=old.last_us + by_us, told_us=old.told_us + by_us
    )
    return replace(post, guests=(), incident=moved)
