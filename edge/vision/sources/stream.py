# SPDX-License-Identifier: Apache-2.0
"""A live camera: RTSP, HTTP or a video device. It may vanish at any time, and is then opened anew."""

import os
import re

import cv2
import numpy as np

from edge.contract.problems import ProblemError
from edge.vision.source import Frame, SourceLostError, Wanted, always
from edge.vision.steady import steady_us

_TIMEOUT_MS = 4000
"""Less than the five seconds in which a stall must be noticed."""
_LIMITS = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS)
_FFMPEG_OPTIONS = "rtsp_transport;tcp|fflags;nobuffer"
"""TCP, since UDP loses parts of key frames on a busy network; no buffer, since stale frames serve nobody."""


class Stream:
    """Frames of a live camera, stamped when they arrive. Raises `ProblemError` camera-unreachable."""

    def __init__(self, camera: str, source: str) -> None:
        self._source = source
        # Both timeouts hold only if FFmpeg is asked for by name and they are given while opening.
        if source.isdigit() or source.startswith("/dev/"):
            device: int | str = int(source) if source.isdigit() else source
            self._capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        else:
            os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", _FFMPEG_OPTIONS)
            self._capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, [*_LIMITS, cv2.CAP_PROP_N_THREADS, 1])
        if not self._capture.isOpened():
            raise ProblemError("camera-unreachable", camera=camera, source=without_password(source))

    def read(self, wanted: Wanted = always) -> Frame | None:
        """Next wanted frame. Raises `SourceLostError`."""
        while self._capture.grab():
            at_us = steady_us()
            if wanted(at_us):
                decoded, image = self._capture.retrieve()
                if decoded:
                    return Frame(at_us, np.asarray(image, np.uint8))
        raise SourceLostError(f"{without_password(self._source)} gives no more frames")

    def close(self) -> None:
        """Let go of the device or the connection."""
        self._capture.release()


def without_password(source: str) -> str:
    """The address fit for a log: nobody who reads it learns the camera's password, even one written with odd signs."""
    return re.sub(r"(?<=://).*@", "…@", source)
