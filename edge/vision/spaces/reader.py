# SPDX-License-Identifier: Apache-2.0
"""Looks at parking spaces every so often, whether anything moves or not: a car that was there before us does not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edge.core.errands import ReadSpaces
from edge.core.tracks import Sighting, SpaceSeen
from edge.vision.source import Frame
from edge.vision.spaces.classifier import shipped

EARLY = 0.9
"""A camera's frames never come exactly in time; one that is a little early is the one that was meant."""


class SpaceReader:
    """The attendant of one `ReadSpaces`. Raises `ProblemError` if this device has no model for it."""

    def __init__(self, errand: ReadSpaces, models: Sequence[Path]) -> None:
        self._names = [name for name, _ in errand.spaces]
        self._outlines = [outline for _, outline in errand.spaces]
        self._every_us = round(errand.every_s * 1e6 * EARLY)
        self._classifier = shipped(models)
        self._looked_us: int | None = None

    def due(self, at_us: int) -> bool:
        """Whether so long has passed; also when time went backwards."""
        return self._looked_us is None or not 0 <= at_us - self._looked_us < self._every_us

    def attend(self, frame: Frame, sighting: Sighting) -> Sighting:
        """Each space with how sure it is that something stands there; the same sighting between two looks."""
        if not self.due(frame.at_us):
            return sighting
        self._looked_us = frame.at_us
        sure = self._classifier.occupied(frame.image, self._outlines)
        seen = tuple(SpaceSeen(name, value) for name, value in zip(self._names, sure, strict=True))
        return replace(sighting, spaces=(*sighting.spaces, *seen))
