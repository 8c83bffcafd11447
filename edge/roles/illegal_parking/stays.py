# SPDX-License-Identifier: Apache-2.0
"""What the role remembers. It is written to flash, so it is small and changes only when something has happened.

What must always be true here: every instant of a stay is capture time on one time line, so that their differences are
true even where the wall clock is not; and `first_us <= last_us`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from pydantic import TypeAdapter

from edge.core.clock import SECOND_US
from edge.core.geometry import Box
from edge.core.tracks import Kind, Name, PictureRef, PlateRead, Track

REMEMBER_US = 5 * SECOND_US
"""While nothing else changes, `last_us` is brought up to date this often: a checkpoint costs a write to flash."""
REMEMBER_RESIDENT_US = 600 * SECOND_US
"""…and only this often where nobody will ever ask for it."""


class Phase(StrEnum):
    """How far a stay has come."""

    RESIDENT = "resident"
    """Stood there before the camera first looked; can get no case, and is known only so as not to be taken for new."""
    STANDING = "standing"
    """Within the zone's grace; nobody has been told."""
    OPENED = "opened"
    """Beyond the grace; the hub knows, photographs are being taken."""
    COMPLETED = "completed"
    """The case is out; the vehicle is watched until it leaves, so that it gets no second one."""
    EXEMPT = "exempt"
    """May stay, by its kind or its plate; watched until it leaves, and then told in short if it stayed for long."""

    @property
    def quiet(self) -> bool:
        """Whether no case can come of it (any more)."""
        return self in {Phase.RESIDENT, Phase.COMPLETED, Phase.EXEMPT}


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture that has been taken out of the ring for this stay."""

    view: Literal["whole-scene", "vehicle", "plate"]
    picture: PictureRef


@dataclass(frozen=True, slots=True)
class Empty:
    """The place has been seen without the vehicle: since when, when last, and for how long in all.

    `heard_ms` is the uptime of the last look or tick, `silent_ms` how long there have been ticks without a look.
    `left`: the vehicle was seen elsewhere. `looks` counts looks up to a few; less than `silence_us` is no silence for a
    camera that looks seldom.
    """

    since_us: int
    last_us: int
    heard_ms: int
    watched_us: int = 0
    silent_ms: int = 0
    left: bool = False
    looks: int = 0
    silence_us: int = 0


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why a vehicle may stay: its kind, or the pattern of the list that its plate agrees with."""

    by: Literal["kind", "plate"]
    rule: str


@dataclass(frozen=True, slots=True)
class Passer:
    """A vehicle in the stay's own lane: on which side of it, -1 or 1, it was last seen whole, and how wide.

    `within`: since then it was seen where the stay's vehicle should stand.
    """

    name: Name
    side: int
    width: float
    within: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """One vehicle standing in one zone. `first_us` and `last_us`: when it was first and last seen to stand there.

    `track_id` with `track_first_us` names its track, since ids begin anew with each start of the vision worker.
    `still_us` is that track's word for when it came to stand; `box` is the place that counts as the same one; `case`
    is "" until the stay is opened. `plate` is the best that was read of it, without its picture. `queue` names the
    vehicles that stand in line with it, `passers` those that may be driving through it. `told_clock`: the hub knows
    that the case waits for the clock. `seldom_us`: so long takes a look for certain, where looks are far apart.
    """

    zone: str
    camera: str
    vehicle: Kind
    phase: Phase
    track_id: int
    track_first_us: int
    still_us: int
    box: Box
    first_us: int
    last_us: int
    case: str = ""
    photographs: tuple[Kept, ...] = ()
    empty: Empty | None = None
    plate: PlateRead | None = None
    exemption: Exemption | None = None
    queue: tuple[Name, ...] = ()
    passers: tuple[Passer, ...] = ()
    told_clock: bool = False
    seldom_us: int = 0

    @property
    def scenes(self) -> tuple[PictureRef, ...]:
        """The whole-scene pictures, oldest first."""
        return tuple(kept.picture for kept in self.photographs if kept.view == "whole-scene")

    @property
    def closeup(self) -> PictureRef | None:
        """The plate's, if it was kept."""
        return next((kept.picture for kept in reversed(self.photographs) if kept.view == "plate"), None)

    def is_of(self, track: Track) -> bool:
        """Whether the track is the one this stay was last bound to."""
        return track.name == (self.track_id, self.track_first_us)


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a camera stands, and since when."""

    camera: str
    preset: str | None
    since_us: int


@dataclass(frozen=True, slots=True)
class State:
    """All stays of the device; `device` is "" until the agent has told its name.

    `boot_us` is when the machine was booted, by the wall clock: it moves when that is set. Sightings are then let pass
    until `deaf_until_ms` of uptime. `online` names the cameras that are looking, in order, `readers` those whose
    pictures have ever given a plate. `turns` says where cameras that turn stand. `exempted` counts what was told of.
    """

    device: str = ""
    boot_us: int = 0
    deaf_until_ms: int = 0
    online: tuple[str, ...] = ()
    stays: tuple[Stay, ...] = ()
    readers: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    exempted: int = 0


ADAPTER = TypeAdapter(State)


def shifted(stay: Stay, by_us: int) -> Stay:
    """The stay on a time line that was moved by so much.

    Photographs of an unfinished stay are set aside: they are dated by a clock that has been found wrong.
    """
    empty = stay.empty
    return replace(
        stay,
        still_us=stay.still_us + by_us,
        first_us=stay.first_us + by_us,
        last_us=stay.last_us + by_us,
        photographs=(),
        queue=(),
        passers=(),
        empty=empty and replace(empty, since_us=empty.since_us + by_us, last_us=empty.last_us + by_us),
    )


def bound(stay: Stay, track: Track) -> Stay:
    """The stay bound to the track that shows its vehicle; the same object if it already is.

    Its place moves along only under another name, or when its case is out: many nudges are no nudge. Before it is
    opened, a name that came to stand at another time has moved, and is not noted.
    """
    still_us = track.still_since_us
    same = stay.is_of(track)
    if still_us is None or (same and (still_us == stay.still_us or not stay.case)):
        return stay
    box = stay.box if same and stay.phase is not Phase.COMPLETED else track.box
    return replace(stay, track_id=track.id, track_first_us=track.first_us, still_us=still_us, box=box)


def told_again(stay: Stay, at_us: int) -> Stay:
    """The stay seen at an instant: dated anew when that is due, else the same object."""
    due_us = REMEMBER_RESIDENT_US if stay.phase is Phase.RESIDENT else REMEMBER_US
    return replace(stay, last_us=at_us) if at_us - stay.last_us >= due_us else stay
