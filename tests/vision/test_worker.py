# SPDX-License-Identifier: Apache-2.0
"""The vision worker as the real process it is: killed, stopped, orphaned, and fed with what is no video."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from edge.config.models import Camera
from edge.core.tracks import VEHICLES, Sighting
from edge.vision.lines import Back, Ended, Heartbeat, Line, Lost, Settings, decode
from edge.vision.mailbox import News
from edge.vision.nursery_line import Nursery
from edge.vision.watch import WORKER, CameraWatch, Patience
from tests.vision.scene import a_camera, news_of, recording

pytestmark = pytest.mark.slow

WAIT_S = 300.0
Scene = Callable[[CameraWatch, AsyncIterator[News]], Awaitable[None]]


def _play(camera: Camera, ring: Path, scene: Scene) -> None:
    async def play() -> None:
        nursery = Nursery([camera])
        watch = CameraWatch(camera, ring, birth=nursery.bear)
        running = asyncio.gather(nursery.run(), watch.run(), return_exceptions=True)
        try:
            async with asyncio.timeout(WAIT_S):
                await scene(watch, watch.news())
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    asyncio.run(play())


def _busy_street() -> Camera:
    return a_camera("street:demo?cars=9", pace="live")


def test_killed_worker_is_replaced_and_sees_again(tmp_path: Path) -> None:
    """After SIGKILL the camera is told lost at once, and sightings go on from a new worker."""

    async def scene(watch: CameraWatch, news: AsyncIterator[News]) -> None:
        await news_of(news, Sighting)
        assert watch.pid
        os.kill(watch.pid, signal.SIGKILL)
        lost = await news_of(news, Lost)
        assert isinstance(lost, Lost)
        assert lost.problem.detail["reason"] == "SIGKILL"
        await news_of(news, Back)
        await news_of(news, Sighting)
        assert watch.state.restarts == 1

    _play(_busy_street(), tmp_path, scene)


def test_hung_worker_is_replaced(tmp_path: Path) -> None:
    """A worker that is stopped dead, as by a decoder that never returns, is seen and replaced within some seconds."""
    # Nobody is kept from the processor who does not ask for it, so however busy the machine is, this is the bound.
    assert Patience().silent_s + Patience().restart_first_s < 8

    async def scene(watch: CameraWatch, news: AsyncIterator[News]) -> None:
        await news_of(news, Back)
        assert watch.pid
        os.kill(watch.pid, signal.SIGSTOP)
        await news_of(news, Lost)
        await news_of(news, Back)
        assert watch.problem is None
        assert watch.state.restarts == 1

    _play(_busy_street(), tmp_path, scene)


def test_worker_dies_with_its_agent(tmp_path: Path) -> None:
    """When the agent is killed the kernel kills the worker, so that no camera is ever watched by two."""
    settings = Settings(camera=_busy_street().model_dump(mode="json"), ring=str(tmp_path))
    told = settings.model_dump_json().encode() + b"\n"
    agent = (
        "import subprocess, sys, time\n"
        f"worker = subprocess.Popen({WORKER!r}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        f"worker.stdin.write({told!r})\n"
        "worker.stdin.flush()\n"
        "print(worker.pid, worker.stdout.readline() and 'seen', flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", agent], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid, seen = parent.stdout.readline().split()
        assert seen == "seen"
        worker = os.pidfd_open(int(pid))
        parent.kill()
        try:
            # A process descriptor becomes readable when its process has ended.
            asyncio.run(asyncio.wait_for(_readable(worker), WAIT_S))
        finally:
            os.close(worker)


async def _readable(descriptor: int) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)


def _run(camera: Camera, ring: Path) -> list[Line]:
    settings = Settings(camera=camera.model_dump(mode="json"), ring=str(ring)).model_dump_json().encode() + b"\n"
    done = subprocess.run(WORKER, input=settings, capture_output=True, timeout=WAIT_S, check=False)
    return [decode(raw) for raw in done.stdout.splitlines(keepends=True)]


def test_real_recording_through_the_real_process(tmp_path: Path) -> None:
    """A real recording gives lines alone on standard output, sees its cars, drops no frame, and ends."""
    lines = _run(a_camera(str(recording("road_640x360.avi"))), tmp_path)
    assert isinstance(lines[0], Back)
    assert lines[0].ahead_us is not None
    assert lines[-1] == Ended()
    beats = [line for line in lines if isinstance(line, Heartbeat)]
    assert beats[-1].dropped == 0
    assert beats[-1].frames == pytest.approx(150, abs=3)
    sightings = [line.sighting for line in lines if line.line == "saw"]
    assert any(track.kind in VEHICLES for one in sightings for track in one.tracks)
    assert all((tmp_path / f"{one.scene.sha256}.jpg").exists() for one in sightings if one.scene)


def test_damaged_recording_ends_with_a_problem(tmp_path: Path) -> None:
    """What is no video ends with a code of the catalogue, not with a crash, and is not tried again for ever."""
    (tmp_path / "film.mp4").write_bytes(b"no film" * 1000)
    (line,) = _run(a_camera(str(tmp_path / "film.mp4")), tmp_path)
    assert isinstance(line, Ended)
    assert line.problem
    assert line.problem.code == "video-unreadable"
