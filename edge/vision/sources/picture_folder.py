# SPDX-License-Identifier: Apache-2.0
"""A recording kept as numbered pictures in a folder."""

from pathlib import Path

import cv2
import numpy as np

from edge.contract.problems import ProblemError
from edge.vision.source import Frame, Wanted, always
from edge.vision.sources.pace import Pace, Pacing

_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp"})


class PictureFolder:
    """Pictures in the order of their names, `fps` a second. Raises `ProblemError` video-missing."""

    def __init__(self, folder: Path, fps: float, pacing: Pacing) -> None:
        self._pictures = sorted(file for file in folder.iterdir() if file.suffix.lower() in _ENDINGS)
        if not self._pictures:
            raise ProblemError("video-missing", path=str(folder))
        self._fps, self._pace = fps, Pace(pacing)
        self._next = 0

    def read(self, wanted: Wanted = always) -> Frame | None:
        """Next wanted picture, None after the last. Raises `ProblemError` video-unreadable."""
        while self._next < len(self._pictures):
            at_us = self._pace.reach(self._next / self._fps)
            file = self._pictures[self._next]
            self._next += 1
            if wanted(at_us):
                image = cv2.imread(str(file), cv2.IMREAD_COLOR)
                if image is None:
                    raise ProblemError("video-unreadable", path=str(file), reason="it is no picture")
                return Frame(at_us, np.asarray(image, np.uint8))
        return None

    def close(self) -> None:
        """Nothing is held open."""
