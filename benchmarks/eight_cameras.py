# SPDX-License-Identifier: Apache-2.0
"""Eight cameras of 1080p through real workers and the real detector: frames a second, delay, memory, processor time.

Films are packed as MPEG-4 (OpenCV's wheels bring no H.264 encoder): a real roadside, enlarged, for busy cameras, and an
empty road from above with the noise of a sensor for idle ones. They are played at 12.5 frames a second.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from benchmarks.eyes import OURS
from benchmarks.figures import Figures, percentile, progress
from benchmarks.processes import cpu_s, pss_mb
from benchmarks.workplace import DATA
from edge.config.models import Camera, Detector, Evidence
from edge.core.clock import uptime_us
from edge.core.tracks import Sighting
from edge.vision.lines import Back
from edge.vision.nursery_line import Nursery
from edge.vision.source import Image
from edge.vision.watch import CameraWatch

CAMERAS = 8
FILM = DATA / "video" / "road_overhead_768x432.mp4"
BUSY = DATA / "video" / "road_640x360.avi"
_SIZE = (1920, 1080)
_FPS = 12.5
_WARM_S = 8.0
_ONLINE_WITHIN_S = 40.0
_SPARE_S = 20.0
"""Of film, for cameras that begin at different times."""
_LOOK_EVERY_S, _WEIGH_EVERY_S = 0.05, 0.5
_FEWEST_TOLD = 3
_NOISES = 8
EMPTY = slice(112, 170)
"""Frames of the film in which the road is empty."""


@dataclass(slots=True)
class _Heard:
    """What the agent's side was told, and how old it then was."""

    delays_ms: list[float] = field(default_factory=list)


def measure(folder: Path, seconds: float) -> Figures:
    """Busy, then idle; empty without the film or the model."""
    if not (FILM.exists() and BUSY.exists()):
        return {}
    frames = film_frames(FILM)
    chance = np.random.default_rng(1)
    count = round((_WARM_S + seconds + _SPARE_S) * _FPS)
    busy = _packed(folder / "busy.mp4", film_frames(BUSY), count, None)
    idle = _packed(folder / "idle.mp4", frames[EMPTY], count, chance)
    active = asyncio.run(_run(folder / "busy", busy, seconds, busy=True))
    calm = asyncio.run(_run(folder / "idle", idle, seconds, busy=False))
    return {
        "cameras": CAMERAS,
        "active_fps": active["fps"],
        "idle_fps": calm["fps"],
        "p95_ms": active["p95_ms"],
        "memory_mib": max(active["memory_mib"], calm["memory_mib"]),
        "cpu_pct": active["cpu_pct"],
        "idle_cpu_pct": calm["cpu_pct"],
        "frames_dropped": active["dropped"],
    }


@dataclass(slots=True)
class _Tally:
    """One camera's frames, as its worker tells them once a second."""

    told: list[tuple[float, int]] = field(default_factory=list)

    def note(self, frames: int) -> None:
        """So many there are now."""
        if not self.told or frames != self.told[-1][1]:
            self.told.append((time.monotonic(), frames))

    @property
    def fps(self) -> float:
        """From one time it told to another: what lies before and after would be off by up to a second."""
        if len(self.told) < _FEWEST_TOLD:
            return 0.0
        (begun_s, before), (ended_s, after) = self.told[1], self.told[-1]
        return (after - before) / (ended_s - begun_s)


async def _run(folder: Path, film: Path, seconds: float, *, busy: bool) -> Figures:
    cameras = [_camera(number, film, busy=busy) for number in range(CAMERAS)]
    models, heard = [DATA / "models"], _Heard()
    nursery = Nursery(cameras, models)
    watches = [CameraWatch(one, folder / one.name, models, birth=nursery.bear) for one in cameras]
    async with _running(nursery, watches, heard):
        await _all_online(watches)
        await asyncio.sleep(_WARM_S)
        heard.delays_ms.clear()
        tallies, dropped, begun = [_Tally() for _ in watches], _count(watches, "dropped"), time.monotonic()
        spent, most, weighed = _cpu(nursery, watches), 0.0, begun
        while time.monotonic() - begun < seconds:
            await asyncio.sleep(_LOOK_EVERY_S)
            for tally, watch in zip(tallies, watches, strict=True):
                tally.note(watch.state.frames)
            if time.monotonic() - weighed >= _WEIGH_EVERY_S:
                weighed, most = time.monotonic(), max(most, _memory_mb(nursery, watches))
        took = time.monotonic() - begun
        progress(f"  {film.stem}: {[watch.stage_ms for watch in watches[:2]]}")
        return {
            "fps": round(sum(tally.fps for tally in tallies) / CAMERAS, 1),
            "dropped": _count(watches, "dropped") - dropped,
            "p95_ms": round(percentile(heard.delays_ms, 0.95)) if heard.delays_ms else None,
            "memory_mib": round(most),
            "cpu_pct": round((_cpu(nursery, watches) - spent) / took * 100, 1),
        }


async def _all_online(watches: list[CameraWatch]) -> None:
    async with asyncio.timeout(_ONLINE_WITHIN_S):
        while not all(watch.state.online for watch in watches):  # noqa: ASYNC110 - states are read, nobody tells of them
            await asyncio.sleep(0.2)


@asynccontextmanager
async def _running(nursery: Nursery, watches: list[CameraWatch], heard: _Heard) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(nursery.run())]
    tasks += [asyncio.create_task(watch.run()) for watch in watches]
    tasks += [asyncio.create_task(_hear(watch, heard)) for watch in watches]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _hear(watch: CameraWatch, heard: _Heard) -> None:
    ahead_us = 0
    async for news in watch.news():
        match news:
            case Back():
                ahead_us = news.ahead_us or 0
            case Sighting():
                heard.delays_ms.append((uptime_us() + ahead_us - news.at_us) / 1e3)
            case _:
                pass


def _camera(number: int, film: Path, *, busy: bool) -> Camera:
    return Camera(
        name=f"cam-{number}",
        source=str(film),
        pace="live",
        fps=5.0,
        idle_fps=2.0,
        # Busy cameras are busy all the time, whatever the gate would spare them.
        gate=not busy,
        detector=Detector(kind="onnx", model=OURS),
        evidence=Evidence(every_s=1.0, ring_mb=16, jpeg_quality=85, width=1920),
    )


def _pids(nursery: Nursery, watches: list[CameraWatch]) -> list[int]:
    return [pid for pid in (nursery.pid, *(watch.pid for watch in watches)) if pid]


def _memory_mb(nursery: Nursery, watches: list[CameraWatch]) -> float:
    try:
        return sum(pss_mb(pid) for pid in _pids(nursery, watches))
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # one of them has just ended


def _cpu(nursery: Nursery, watches: list[CameraWatch]) -> float:
    return sum(cpu_s(pid) for pid in _pids(nursery, watches))


def _count(watches: list[CameraWatch], name: str) -> int:
    return sum(int(getattr(watch.state, name)) for watch in watches)


def film_frames(film: Path) -> list[Image]:
    """Every frame of a film."""
    capture, frames = cv2.VideoCapture(str(film), cv2.CAP_FFMPEG), []
    while capture.grab():
        frames.append(np.asarray(capture.retrieve()[1], np.uint8))
    capture.release()
    return frames


def _packed(path: Path, frames: list[Image], count: int, chance: np.random.Generator | None) -> Path:
    """The frames over and over; with `chance`, the first of them under one noise or another."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), _FPS, _SIZE)
    large = cv2.resize(frames[0], _SIZE, interpolation=cv2.INTER_CUBIC)
    noises = [] if chance is None else [chance.integers(0, 4, large.shape, np.uint8) for _ in range(_NOISES)]
    for number in range(count):
        if chance is None:
            writer.write(cv2.resize(frames[number % len(frames)], _SIZE, interpolation=cv2.INTER_LINEAR))
        else:
            writer.write(cv2.add(large, noises[chance.integers(_NOISES)]))
    writer.release()
    return path
