# SPDX-License-Identifier: Apache-2.0
"""Which pictures a case needs and when (GA/T 832-2014: panoramas at different times, 10 s or more apart)."""

from collections.abc import Iterator

from edge.core.clock import SECOND_US
from edge.core.tracks import PictureRef, Sighting, Track
from edge.roles.illegal_parking.config import Zone
from edge.roles.illegal_parking.stays import Kept, Stay


def pictures_due(stay: Stay, zone: Zone, sighting: Sighting, track: Track) -> tuple[Kept, ...]:
    """What is to be kept now: a whole scene if one is due, and with it the vehicle's close-up if there is a new one."""
    scene = sighting.scene
    if scene is None or track.still_since_us is None or not _scene_due(stay, zone, scene, sighting.at_us):
        return ()
    return (Kept("whole-scene", scene), *_closeup(stay, sighting.at_us, track.closeup))


def plate_due(stay: Stay, track: Track) -> tuple[Kept, ...]:
    """The plate's close-up, the first one that was taken of the vehicle as it stands."""
    closeup = track.plate.closeup if track.plate else None
    if closeup is None or stay.closeup is not None or closeup.taken_us < stay.first_us:
        return ()
    return (Kept("plate", closeup),)


def enough(stay: Stay, zone: Zone) -> bool:
    """Whether the stay has all the whole scenes that its case must show."""
    return len(stay.scenes) >= zone.photos


def _scene_due(stay: Stay, zone: Zone, scene: PictureRef, at_us: int) -> bool:
    """The last one waits for the limit, so that the pictures themselves show how long the vehicle stood."""
    scenes = stay.scenes
    if not _shows(stay, scene, at_us):
        return False
    if scenes and scene.taken_us - scenes[-1].taken_us < zone.photo_interval_s * SECOND_US:
        return False
    return len(scenes) < zone.photos - 1 or scene.taken_us - stay.first_us >= zone.limit_s * SECOND_US


def _closeup(stay: Stay, at_us: int, picture: PictureRef | None) -> Iterator[Kept]:
    if picture is not None and _shows(stay, picture, at_us):
        yield Kept("vehicle", picture)


def _shows(stay: Stay, picture: PictureRef, at_us: int) -> bool:
    """Whether a picture is new, and of the standing vehicle as it stands now."""
    known = any(kept.picture.sha256 == picture.sha256 for kept in stay.photographs)
    return not known and picture.taken_us >= stay.first_us and picture.fresh(at_us)
