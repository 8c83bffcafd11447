# SPDX-License-Identifier: Apache-2.0
"""From a camera's `source` to whatever gives its frames."""

from pathlib import Path

from edge.config.models import Camera
from edge.config.shown import without_password
from edge.contract.problems import ProblemError
from edge.vision.source import FrameSource
from edge.vision.sources.picture_folder import PictureFolder
from edge.vision.sources.stream import Stream
from edge.vision.sources.street.scenario import SCHEME, read_scenario
from edge.vision.sources.street.street import Street
from edge.vision.sources.video_file import VideoFile

_ADDRESSES = ("rtsp://", "rtsps://", "http://", "https://")


def is_live(camera: Camera) -> bool:
    """Whether its frames come in their own time and are lost if nobody takes them."""
    return camera.pace == "live" or _is_stream(camera.source)


def open_source(camera: Camera) -> FrameSource:
    """The camera's frames. Raises `ProblemError` source-invalid, camera-unreachable, video-missing or -unreadable."""
    source = camera.source
    if source.startswith(SCHEME):
        return Street(read_scenario(source), camera.pace)
    if _is_stream(source):
        return Stream(camera.name, source)
    if "://" in source:
        raise ProblemError("source-invalid", source=without_password(source), reason="such addresses are not supported")
    path = Path(source)
    return PictureFolder(path, camera.fps, camera.pace) if path.is_dir() else VideoFile(path, camera.pace)


def _is_stream(source: str) -> bool:
    return source.isdigit() or source.startswith(("/dev/", *_ADDRESSES))
