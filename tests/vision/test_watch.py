# SPDX-License-Identifier: Apache-2.0
"""The agent's side of a camera, against workers that behave badly in a few lines of Python."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from edge.contract.problems import Problem
from edge.core.tracks import Sighting
from edge.vision.child import spawned
from edge.vision.lines import Back, Ended, Heartbeat, Line, Lost, Saw, encode
from edge.vision.mailbox import News
from edge.vision.starved import waited_s
from edge.vision.watch import CameraWatch, Patience
from tests.vision.scene import START_US, a_camera

CALM = Patience(start_s=100.0, silent_s=100.0, restart_first_s=0.01, restart_last_s=0.05)
QUICK = replace(CALM, silent_s=0.3)
"""Where silence is what happens."""
BEAT = Heartbeat(frames=3, dropped=1, tracks=0, stage_ms={"gate": 0.5})
READ = "import os, sys, time\nsys.stdin.readline()\n"
WAIT_S = 200.0


def _says(*lines: Line) -> str:
    return f"os.write(1, {b''.join(map(encode, lines))!r})\n"


def _watch(programme: str, pace: str = "live", patience: Patience = CALM) -> CameraWatch:
    return CameraWatch(
        a_camera(pace=pace), Path("ring"), birth=spawned((sys.executable, "-c", READ + programme)), patience=patience
    )


def _play(watch: CameraWatch, scene: Callable[[], Awaitable[None]]) -> None:
    async def play() -> None:
        running = asyncio.create_task(watch.run())
        try:
            async with asyncio.timeout(WAIT_S):
                await scene()
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    asyncio.run(play())


def _first_news(watch: CameraWatch, count: int) -> list[News]:
    told: list[News] = []

    async def scene() -> None:
        async for news in watch.news():
            told.append(news)
            if len(told) == count:
                return

    _play(watch, scene)
    return told


def _codes(told: list[News]) -> list[str]:
    return [one.problem.code if isinstance(one, Lost) else type(one).__name__ for one in told]


def test_recording_is_told_to_its_end() -> None:
    """What a worker says arrives in order, and the end of a recording ends the watch without a restart."""
    sighting = Sighting("cam-1", START_US, ())
    watch = _watch(_says(Back(), Saw(sighting=sighting), BEAT, Ended()))
    told: list[News] = []

    async def play() -> None:
        async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as tasks:
            tasks.create_task(watch.run())
            told.extend([news async for news in watch.news()])

    asyncio.run(play())
    assert told == [Back(), sighting, Ended()]
    assert watch.state.model_dump() == {
        "name": "cam-1", "online": False, "frames": 3, "dropped": 1, "restarts": 0, "tracks": 0
    }  # fmt: skip


def test_death_loses_the_camera_and_is_mended() -> None:
    """A worker that crashes is told as a lost camera once, with how it ended, and another one takes its place."""
    watch = _watch(_says(Back(), BEAT) + "os.kill(os.getpid(), 11)\n")
    told = _first_news(watch, 4)
    assert _codes(told) == ["Back", "vision-died", "Back", "vision-died"]
    assert isinstance(told[1], Lost)
    assert told[1].problem.detail["reason"] == "SIGSEGV"
    assert watch.state.restarts >= 1
    assert watch.state.frames >= 6


def test_silence_is_a_hang() -> None:
    """A worker that says nothing for too long is killed and replaced."""
    watch = _watch(_says(Back()) + "time.sleep(600)\n", patience=QUICK)
    assert _codes(_first_news(watch, 3)) == ["Back", "vision-hung", "Back"]


def test_worker_kept_from_the_processor_is_no_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a silent worker only waits for its turn it is left alone, for a while."""
    watch = _watch(_says(Back()) + "time.sleep(600)\n", patience=replace(QUICK, starved_s=2.0))
    monkeypatch.setattr("edge.vision.watch.waited_s", lambda _pid: time.monotonic())
    (_, lost, _) = _first_news(watch, 3)
    assert isinstance(lost, Lost)
    assert lost.problem.code == "vision-hung"
    assert cast("float", lost.problem.detail["silent_s"]) >= 2.0


def test_waiting_for_the_processor_is_counted() -> None:
    """Two that keep one processor busy wait for each other; nobody waits who has ended."""
    spin = f"import os\nos.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}})\nwhile True: pass\n"
    rivals = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(2)]
    try:
        until_s = time.monotonic() + WAIT_S
        while not all(waited_s(rival.pid) > 0.1 for rival in rivals):
            assert time.monotonic() < until_s
            time.sleep(0.01)
    finally:
        for rival in rivals:
            rival.kill()
            rival.wait()
    assert [waited_s(rival.pid) for rival in rivals] == [0.0, 0.0]


def test_nonsense_ends_the_worker() -> None:
    """A line that is not understood, or that never ends, costs the worker its life and nobody else anything."""
    assert _codes(_first_news(_watch(_says(Back()) + "os.write(1, b'hello\\n')\ntime.sleep(600)\n"), 2)) == [
        "Back",
        "vision-line-invalid",
    ]
    assert _codes(_first_news(_watch(_says(Back()) + "while True: os.write(1, b'x' * 4096)\n"), 2)) == [
        "Back",
        "vision-line-invalid",
    ]


def test_lost_camera_is_told_once(tmp_path: Path) -> None:
    """However often a worker dies before the camera is back, the camera is lost only once."""
    count = f"life = len(os.listdir({str(tmp_path)!r}))\nopen({str(tmp_path)!r} + f'/{{life}}', 'w').close()\n"
    lost = _says(Lost(problem=Problem(code="camera-unreachable")))
    watch = _watch(f"{count}if life < 2:\n    {lost}    {lost}    sys.exit(3)\n{_says(Back())}time.sleep(600)\n")
    assert _codes(_first_news(watch, 2)) == ["camera-unreachable", "Back"]
    assert watch.state.restarts == 2


def test_reader_that_takes_its_time_is_no_hang() -> None:
    """While the agent itself is slow to take a recording's sightings, the worker waits and is not blamed."""
    sightings = [Saw(sighting=Sighting("cam-1", START_US + number, ())) for number in range(100)]
    watch = _watch(_says(Back(), *sightings, Ended()), pace="fast", patience=QUICK)

    async def scene() -> None:
        news = watch.news()
        await anext(news)
        await asyncio.sleep(3 * QUICK.silent_s)
        assert len([one async for one in news]) == 101

    _play(watch, scene)
    assert watch.state.restarts == 0


def test_stopping_ends_the_worker() -> None:
    """When the watch is cancelled its worker is gone, even one that would not go by itself."""
    watch = _watch(
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + _says(Back()) + "time.sleep(600)\n"
    )
    pids: list[int] = []

    async def scene() -> None:
        await anext(watch.news())
        assert watch.pid
        pids.append(watch.pid)

    _play(watch, scene)
    assert watch.pid is None
    assert not Path(f"/proc/{pids[0]}").exists()
