# SPDX-License-Identifier: Apache-2.0
"""A camera's background as a file, so that a worker started anew still sees what stood there before it came.

Without it the car that stands while a worker dies is learnt as part of the road, and its case is lost.
"""

import contextlib
import time
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from edge.vision.detectors.background import Background, Mask
from edge.vision.source import Image

FILE: Final = "background.png"
KEEP_EVERY_S: Final = 20.0
"""Flash wears, and a background changes slowly."""
RECALL_WITHIN_S: Final = 300.0
"""After longer the sun has moved, and its shadows would be taken for things."""
_LAYERS = 4


class Recollection:
    """One picture of four layers: three of colour, and how restless each pixel is."""

    def __init__(self, folder: Path) -> None:
        """Keep it in `folder`; nothing is read or written yet."""
        self._file = folder / FILE
        self._due_s = 0.0

    def keep(self, background: Background) -> None:
        """Write it down if it is time. That it cannot be written costs nothing but a new beginning."""
        if time.monotonic() < self._due_s:
            return
        self._due_s = time.monotonic() + KEEP_EVERY_S
        colours, noise = background.remembered()
        written, png = cv2.imencode(".png", cv2.merge((*cv2.split(colours), noise)), (cv2.IMWRITE_PNG_COMPRESSION, 1))
        unfinished = self._file.with_suffix(".tmp")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            if written:
                unfinished.write_bytes(png.tobytes())
                unfinished.replace(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                unfinished.unlink()

    def recall(self, like: Image) -> Background | None:
        """What was kept a short while ago of pictures of this size."""
        try:
            age_s = time.time() - self._file.stat().st_mtime
            stored = np.frombuffer(self._file.read_bytes(), np.uint8)
        except OSError:
            return None
        if not 0 <= age_s <= RECALL_WITHIN_S or not stored.size:
            return None
        whole = cv2.imdecode(stored, cv2.IMREAD_UNCHANGED)
        if whole is None or whole.shape != (*like.shape[:2], _LAYERS):
            return None
        colours: Image = np.ascontiguousarray(whole[:, :, :3], np.uint8)
        noise: Mask = np.ascontiguousarray(whole[:, :, 3], np.uint8)
        return Background([colours], noise)
