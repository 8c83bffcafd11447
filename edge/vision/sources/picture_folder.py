# SPDX-License-Identifier: Apache-2.0
"""A recording kept as pictures in a folder."""

from pathlib import Path

import cv2
import numpy as np

from edge.contract.problems import ProblemError
from edge.vision.source import Frame, Wanted, always
from edge.vision.sources.dated import dated, pictures
from edge.vision.sources.pace import Pace, Pacing


class PictureFolder:
    """Pictures at the times that their names say, else in the order of their names, `fps` a second.

    Times count where more than half of the names say one; the other pictures are then left out. Played live they come
    `fps` a second all the same: nobody waits for five minutes to see a camera's next picture. Raises `ProblemError`
    video-missing.
    """

    def __init__(self, folder: Path, fps: float, pacing: Pacing) -> None:
        named = pictures(folder)
        if not named:
            raise ProblemError("video-missing", path=str(folder))
        timed = dated(folder) if pacing == "fast" else []
        if 2 * len(timed) > len(named):
            first_us = timed[0][0]
            self._pictures = [((at_us - first_us) / 1e6, file) for at_us, file in timed]
            self._pace = Pace(pacing, first_us)
        else:
            self._pictures = [(number / fps, file) for number, file in enumerate(named)]
            self._pace = Pace(pacing)
        self._next = 0

    def read(self, wanted: Wanted = always) -> Frame | None:
        """Next wanted picture, None after the last. Raises `ProblemError` video-unreadable."""
        while self._next < len(self._pictures):
            position_s, file = self._pictures[self._next]
            at_us = self._pace.reach(position_s)
            self._next += 1
            if wanted(at_us):
                image = cv2.imread(str(file), cv2.IMREAD_COLOR)
                if image is None:
                    raise ProblemError("video-unreadable", path=str(file), reason="it is no picture")
                return Frame(at_us, np.asarray(image, np.uint8))
        return None

    def close(self) -> None:
        """Nothing is held open."""
