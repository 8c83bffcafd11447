# SPDX-License-Identifier: Apache-2.0
"""Takes whole scenes of those whom nobody else would photograph: people where a role watches for people."""

from dataclasses import replace

from edge.core.errands import TakePictures
from edge.core.tracks import PictureRef, Sighting
from edge.vision.evidence import Photographer
from edge.vision.source import Frame


class Onlooker:
    """An attendant: gives a sighting its scene while one of the asked kinds is seen and the sighting has none."""

    def __init__(self, errand: TakePictures, photographer: Photographer, every_s: float) -> None:
        self._kinds, self._photographer, self._every_us = errand.kinds, photographer, round(every_s * 1e6)
        self._scene: PictureRef | None = None
        self._due_us: int | None = None

    def due(self, at_us: int) -> bool:  # noqa: ARG002 - the shape of `Attendant`
        """Never: where nothing lives there is nobody to photograph."""
        return False

    def attend(self, frame: Frame, sighting: Sighting) -> Sighting:
        """The sighting with a whole scene, a new one every so often."""
        if not any(track.kind in self._kinds for track in sighting.tracks):
            self._due_us = self._scene = None
            return sighting
        if sighting.scene is not None:
            return sighting
        if self._due_us is None or not 0 <= self._due_us - frame.at_us <= self._every_us:
            self._due_us = frame.at_us + self._every_us
            self._scene = self._photographer.store(self._photographer.shot(frame))
        return replace(sighting, scene=self._scene)
