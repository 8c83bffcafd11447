# SPDX-License-Identifier: Apache-2.0
"""Who looks for more than tracks in a camera's pictures, as roles have asked. What nobody asked for is not loaded."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, assert_never

from edge.config.models import Camera
from edge.contract.problems import ProblemError
from edge.core.errands import Errand, ReadPlates, ReadSpaces, TakePictures, WatchSurface
from edge.core.tracks import Sighting
from edge.vision.evidence import Photographer
from edge.vision.source import Frame


class Attendant(Protocol):
    """Adds what it finds to each sighting."""

    def due(self, at_us: int) -> bool:
        """Whether it wants a frame of this time even if nothing moves and no track lives."""
        ...

    def attend(self, frame: Frame, sighting: Sighting) -> Sighting:
        """The sighting of this frame, with more in it; the same if it is not yet time."""
        ...


def attendants(
    errands: Sequence[Errand],
    camera: Camera,
    models: Sequence[Path],
    photographer: Photographer,
    memory: Path | None = None,
) -> tuple[Attendant, ...]:
    """One for each errand; `memory` keeps what they have learnt over restarts.

    Raises `ProblemError` if one that is needed cannot be run on this device.
    """
    able = []
    for errand in errands:
        try:
            able.append(_attendant(errand, camera, models, photographer, memory))
        except ProblemError:
            if not isinstance(errand, ReadPlates) or errand.needed:
                raise
    return tuple(able)


def _attendant(
    errand: Errand, camera: Camera, models: Sequence[Path], photographer: Photographer, memory: Path | None
) -> Attendant:
    match errand:
        case ReadSpaces():
            from edge.vision.spaces.reader import SpaceReader  # noqa: PLC0415 - only where spaces are asked for

            return SpaceReader(errand, models)
        case ReadPlates():
            from edge.vision.plates.attendant import PlateAttendant  # noqa: PLC0415 - the same for plates

            return PlateAttendant(errand, camera, models, photographer)
        case WatchSurface():
            from edge.vision.surfaces.attendant import SurfaceAttendant  # noqa: PLC0415 - the same for surfaces

            return SurfaceAttendant(errand, photographer, memory)
        case TakePictures():
            from edge.vision.onlooker import Onlooker  # noqa: PLC0415 - the same for pictures

            return Onlooker(errand, photographer, camera.evidence.every_s)
    assert_never(errand)
