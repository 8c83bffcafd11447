# SPDX-License-Identifier: Apache-2.0
"""A live camera: RTSP, HTTP or a video device. It may vanish at any time, and is then opened anew."""

import os

import cv2
import numpy as np

from edge.config.shown import without_password
from edge.contract.problems import ProblemError
from edge.vision.source import Frame, Image, SourceLostError, Wanted, always
from edge.vision.steady import steady_us

_TIMEOUT_MS = 4000
"""Less than the five seconds in which a stall must be noticed."""
_LIMITS = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS)
_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_FFMPEG_OPTIONS = "rtsp_transport;tcp|fflags;nobuffer"
"""TCP, since UDP loses parts of key frames on a busy network; no buffer, since stale frames serve nobody."""
_MJPEG = cv2.VideoWriter.fourcc(*"MJPG")
_PACKED = -1
"""For `CAP_PROP_FORMAT`: frames are given as they come, before they are decoded."""


class Stream:
    """Frames of a live camera, stamped when they arrive. Raises `ProblemError` camera-unreachable."""

    def __init__(self, camera: str, source: str) -> None:
        self._source = source
        # Both timeouts hold only if FFmpeg is asked for by name and they are given while opening.
        if source.isdigit() or source.startswith("/dev/"):
            device: int | str = int(source) if source.isdigit() else source
            self._capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        else:
            self._capture = _opened(source)
        if not self._capture.isOpened():
            raise ProblemError("camera-unreachable", camera=camera, source=without_password(source))
        # Each picture stands for itself, so that those nobody looks at need not be decoded: 5 ms each at 1080p.
        self._packed = self._capture.get(cv2.CAP_PROP_FOURCC) == _MJPEG and self._capture.set(
            cv2.CAP_PROP_FORMAT, _PACKED
        )

    def read(self, wanted: Wanted = always) -> Frame | None:
        """Next wanted frame. Raises `SourceLostError`."""
        while self._capture.grab():
            at_us = steady_us()
            if wanted(at_us):
                image = self._picture()
                if image is not None:
                    return Frame(at_us, image)
        raise SourceLostError(f"{without_password(self._source)} gives no more frames")

    def _picture(self) -> Image | None:
        """Of the frame that was grabbed last; None if it is damaged."""
        given, picture = self._capture.retrieve()
        if not given:
            return None
        if not self._packed:
            return np.asarray(picture, np.uint8)
        image = cv2.imdecode(picture, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        return None if image is None else np.asarray(image, np.uint8)

    def close(self) -> None:
        """Let go of the device or the connection."""
        self._capture.release()


def _opened(address: str) -> cv2.VideoCapture:
    """With options that are for cameras alone: of a file opened later without a buffer, the first frames were lost."""
    ours = _OPTIONS not in os.environ
    os.environ.setdefault(_OPTIONS, _FFMPEG_OPTIONS)
    try:
        return cv2.VideoCapture(address, cv2.CAP_FFMPEG, [*_LIMITS, cv2.CAP_PROP_N_THREADS, 1])
    finally:
        if ours:
            del os.environ[_OPTIONS]
