# SPDX-License-Identifier: Apache-2.0
"""What vision says about the world: tracks and references to pictures, never pictures."""

from dataclasses import dataclass, replace
from enum import StrEnum

from edge.contract.blobs import BlobRef
from edge.core.clock import SECOND_US
from edge.core.geometry import Box


class Kind(StrEnum):
    """What a track is. Detectors map their own classes to these; `vehicle` is one that cannot tell."""

    CAR = "car"
    VAN = "van"
    BUS = "bus"
    TRUCK = "truck"
    TWO_WHEELER = "two-wheeler"
    PERSON = "person"
    VEHICLE = "vehicle"
    OTHER = "other"

    __hash__ = str.__hash__  # An enumeration's own is written in Python, and trackers ask for it many times a frame.

    @property
    def family(self) -> "Kind":
        """What stays the same when a detector mixes kinds up from frame to frame: `vehicle` for all vehicles."""
        return Kind.VEHICLE if self in VEHICLES else self


VEHICLES = frozenset({Kind.CAR, Kind.VAN, Kind.BUS, Kind.TRUCK, Kind.VEHICLE})
"""Kinds that can park where they must not."""

FRESH_US = 5 * SECOND_US
"""A picture older than this may show a place before the latest look at it."""

Name = tuple[int, int]
"""A track's id and the instant it began, since ids begin anew with each start of vision."""


@dataclass(frozen=True, slots=True)
class PictureRef:
    """A picture in the evidence ring, by the SHA-256 of its JPEG bytes; `taken_us` is capture time, wall clock.

    `pixels` are its width and height, `camera_pixels` those of the camera's own picture that it was made from.
    """

    sha256: str
    size: int
    media_type: str
    taken_us: int
    pixels: tuple[int, int] | None = None
    camera_pixels: tuple[int, int] | None = None

    @property
    def blob(self) -> BlobRef:
        """The same picture in the contract's words."""
        return BlobRef(sha256=self.sha256, size=self.size, media_type=self.media_type)

    def fresh(self, at_us: int) -> bool:
        """Whether it shows what was looked at in an instant."""
        return abs(at_us - self.taken_us) <= FRESH_US


@dataclass(frozen=True, slots=True)
class PlateRead:
    """A number plate as the looks at one track agree on it; `sure` 0 to 1, `looks` how many had a say."""

    text: str
    sure: float
    colour: str
    looks: int
    closeup: PictureRef | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """One object followed through a camera's frames.

    `arrived` tells that it was seen to come: it moved, or the background changed where it stands. `still_since_us` is
    the capture time since which it has not moved, None while it moves. `seen` is false while it is only remembered
    (occluded).
    """

    id: int
    kind: Kind
    score: float
    box: Box
    first_us: int
    last_us: int
    seen: bool
    arrived: bool
    still_since_us: int | None
    closeup: PictureRef | None = None
    plate: PlateRead | None = None

    @property
    def name(self) -> Name:
        """What tells it from all others of its camera, over restarts as well."""
        return self.id, self.first_us


@dataclass(frozen=True, slots=True)
class SpaceSeen:
    """One parking space: how sure it is that something stands in it, 0 to 1, from its own pixels alone."""

    name: str
    occupied: float


@dataclass(frozen=True, slots=True)
class SurfaceChange:
    """A part of a watched surface that has looked different since `since_us`, whatever passed over it meanwhile."""

    surface: str
    box: Box
    share: float
    """Of the surface, 0 to 1."""
    since_us: int
    before: PictureRef | None = None
    """The last whole scene from before it, with nothing new on the surface."""


@dataclass(frozen=True, slots=True)
class SurfaceLook:
    """A surface that was looked at, and since when it has been learnt: what lay there before that is taken for road."""

    name: str
    learnt_us: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """All tracks of one camera at one capture time, the newest whole-scene picture, and what errands asked for.

    `spaces` and `changes` are there when they were looked at: no word of a space says nothing of it. `surfaces` are
    the surfaces that were looked at, so that no change of one of them means that it is as it was. `preset` is where a
    camera that turns stands, None while it turns or where nobody says. `before_us`: the capture time of the frame that
    was looked at before this one, so that who reckons with looks knows how far they are apart.
    """

    camera: str
    at_us: int
    tracks: tuple[Track, ...]
    scene: PictureRef | None = None
    spaces: tuple[SpaceSeen, ...] = ()
    surfaces: tuple[SurfaceLook, ...] = ()
    changes: tuple[SurfaceChange, ...] = ()
    preset: str | None = None
    before_us: int | None = None

    @property
    def fresh_scene(self) -> PictureRef | None:
        """The whole-scene picture, if it shows this look."""
        return self.scene if self.scene is not None and self.scene.fresh(self.at_us) else None


def moved(sighting: Sighting, by_us: int) -> Sighting:
    """The same by a clock that shows `by_us` more."""
    return replace(
        sighting,
        at_us=sighting.at_us + by_us,
        tracks=tuple(_track_moved(track, by_us) for track in sighting.tracks),
        scene=_picture_moved(sighting.scene, by_us),
        surfaces=tuple(replace(look, learnt_us=look.learnt_us + by_us) for look in sighting.surfaces),
        changes=tuple(_change_moved(change, by_us) for change in sighting.changes),
        before_us=None if sighting.before_us is None else sighting.before_us + by_us,
    )


def _track_moved(track: Track, by_us: int) -> Track:
    still_us = track.still_since_us
    return replace(
        track,
        first_us=track.first_us + by_us,
        last_us=track.last_us + by_us,
        still_since_us=None if still_us is None else still_us + by_us,
        closeup=_picture_moved(track.closeup, by_us),
        plate=track.plate and replace(track.plate, closeup=_picture_moved(track.plate.closeup, by_us)),
    )


def _change_moved(change: SurfaceChange, by_us: int) -> SurfaceChange:
    return replace(change, since_us=change.since_us + by_us, before=_picture_moved(change.before, by_us))


def _picture_moved(picture: PictureRef | None, by_us: int) -> PictureRef | None:
    return picture and replace(picture, taken_us=picture.taken_us + by_us)
