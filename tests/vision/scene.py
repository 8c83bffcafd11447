# SPDX-License-Identifier: Apache-2.0
"""Cameras, frames and a scripted detector for the tests of vision."""

import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.workplace import DATA
from edge.config.models import Camera, Detector, Evidence
from edge.core.geometry import Box
from edge.core.tracks import Kind
from edge.vision.detector import Detection
from edge.vision.mailbox import News
from edge.vision.source import Frame, Image

START_US = 1_750_000_000_000_000
RECORDINGS = DATA / "video"
CAR = Box(0.4, 0.6, 0.6, 0.76)


def a_camera(source: str = "street:demo", **changes: object) -> Camera:
    """A camera with small, quick settings."""
    settings = {
        "name": "cam-1",
        "source": source,
        "pace": "fast",
        "fps": 5.0,
        "idle_fps": 2.0,
        "gate": True,
        "detector": Detector(kind="motion"),
        "evidence": Evidence(every_s=1.0, ring_mb=64, jpeg_quality=85, width=1920),
    }
    return Camera.model_validate(settings | changes)


def recording(name: str) -> Path:
    """A real recording, or the test is skipped."""
    path = RECORDINGS / name
    if not path.exists():
        pytest.skip(f"the recording {name} is not on this machine")
    return path


def grey(level: int = 100, rows: int = 180, columns: int = 320) -> Image:
    """An even picture."""
    return np.full((rows, columns, 3), level, np.uint8)


def frame(at_s: float, image: Image | None = None) -> Frame:
    """A frame so many seconds after the start."""
    return Frame(START_US + round(at_s * 1e6), grey() if image is None else image)


async def news_of(news: AsyncIterator[News], kind: type[News]) -> News:
    """The next of that kind; what comes before it is let pass."""
    async for one in news:
        if isinstance(one, kind):
            return one
    raise AssertionError(f"the news ended without {kind.__name__}")


class Eye:
    """Looks at everything, as long as it may; notes what was begun and what came of it."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.may.set()
        self.asked, self.begun, self.given_up = threading.Event(), 0, 0

    def due(self, at_us: int) -> bool:
        return True

    def begin(self, at_us: int) -> bool:
        self.asked.set()
        self.begun += self.may.is_set()
        return self.may.is_set()

    def give_up(self) -> None:
        self.given_up += 1


class ScriptedDetector:
    """Sees what the script says about the time; frames tell it by their order, five a second."""

    def __init__(self, script: Callable[[float], list[Detection]], fps: float = 5.0) -> None:
        self._script, self._fps = script, fps
        self.looks = 0

    def detect(self, image: Image) -> list[Detection]:
        """What the script has for this look."""
        self.looks += 1
        return self._script((self.looks - 1) / self._fps)


def a_car(box: Box = CAR) -> Detection:
    """A car that is surely one."""
    return Detection(Kind.CAR, 0.9, box)
