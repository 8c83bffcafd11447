# SPDX-License-Identifier: Apache-2.0
"""Port: frame to detections."""

from dataclasses import dataclass
from typing import Protocol

from edge.core.geometry import Box
from edge.core.tracks import Kind
from edge.vision.source import Image


@dataclass(frozen=True, slots=True)
class Detection:
    """One object in one frame; `score` 0 to 1, `box` in fractions of the picture."""

    kind: Kind
    score: float
    box: Box


class Detector(Protocol):
    """Finds objects in a picture."""

    def detect(self, image: Image) -> list[Detection]:
        """All objects above the detector's threshold, overlapping boxes of one object already merged."""
        ...
