# SPDX-License-Identifier: Apache-2.0
"""A recording: a video file, decoded by OpenCV's FFmpeg."""

from pathlib import Path

import cv2
import numpy as np

from edge.contract.problems import ProblemError
from edge.vision.source import Frame, Wanted, always
from edge.vision.sources.pace import Pace, Pacing

_FPS_IF_UNKNOWN = 25.0
_FPS_MOST = 240.0
_MISSING_SHARE = 0.05
"""Containers round the number of their frames; what lacks a twentieth was cut off."""


class VideoFile:
    """Frames of a file at the times they were recorded. Raises `ProblemError` video-missing, video-unreadable."""

    def __init__(self, path: Path, pacing: Pacing) -> None:
        self._path = path
        if not path.is_file():
            raise ProblemError("video-missing", path=str(path))
        # FFmpeg alone: OpenCV's own AVI reader kills the process over files that FFmpeg merely refuses. One thread:
        # each further one keeps pictures of its own, and who watches several cameras has no core to spare for them.
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        if not self._capture.isOpened():
            raise ProblemError("video-unreadable", path=str(path), reason="no decoder accepts it")
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._fps = fps if 0 < fps <= _FPS_MOST else _FPS_IF_UNKNOWN
        self._announced = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self._grabbed = 0
        self._position_s = -1.0
        self._pace = Pace(pacing)

    def read(self, wanted: Wanted = always) -> Frame | None:
        """Next wanted frame, None at the end. Raises `ProblemError` video-unreadable, video-truncated."""
        while self._capture.grab():
            at_us = self._pace.reach(self._position())
            self._grabbed += 1
            if wanted(at_us):
                decoded, image = self._capture.retrieve()
                if decoded:
                    return Frame(at_us, np.asarray(image, np.uint8))
        self._check_whole()
        return None

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()

    def _position(self) -> float:
        """Where the grabbed frame lies: the file's own time stamp, or by its number where none is told that rises."""
        stamped_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        numbered_s = self._position_s + 1 / self._fps if self._grabbed else 0.0
        self._position_s = stamped_s if stamped_s > self._position_s else numbered_s
        return self._position_s

    def _check_whole(self) -> None:
        if not self._grabbed:
            raise ProblemError("video-unreadable", path=str(self._path), reason="it holds no frame that can be decoded")
        if self._announced - self._grabbed > max(2.0, self._announced * _MISSING_SHARE):
            raise ProblemError("video-truncated", path=str(self._path), frames=self._grabbed, announced=self._announced)
