# SPDX-License-Identifier: Apache-2.0
"""Several cameras on one device, their workers born by one nursery: whoever dies, dies alone."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from edge.vision.lines import Back, Lost
from edge.vision.mailbox import News
from edge.vision.nursery_line import Nursery
from edge.vision.watch import CameraWatch
from tests.vision.scene import a_camera, news_of

pytestmark = pytest.mark.slow

WAIT_S = 300.0
Scene = Callable[[Nursery, list[CameraWatch], list[AsyncIterator[News]]], Awaitable[None]]


def _play(folder: Path, scene: Scene) -> None:
    """Three cameras on quiet streets."""

    async def play() -> None:
        cameras = [a_camera("street:quiet", name=f"cam-{number}", pace="live") for number in range(3)]
        nursery = Nursery(cameras)
        watches = [CameraWatch(one, folder / one.name, birth=nursery.bear) for one in cameras]
        running = asyncio.gather(nursery.run(), *(watch.run() for watch in watches), return_exceptions=True)
        try:
            async with asyncio.timeout(WAIT_S):
                await scene(nursery, watches, [watch.news() for watch in watches])
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(play())


def test_aborting_decoder_costs_one_camera(tmp_path: Path) -> None:
    """A worker that aborts, as OpenCV does over some streams, is born again; its neighbours do not even notice."""

    async def scene(_: Nursery, watches: list[CameraWatch], news: list[AsyncIterator[News]]) -> None:
        for each in news:
            await news_of(each, Back)
        pids = [watch.pid for watch in watches]
        assert pids[0]
        os.kill(pids[0], signal.SIGABRT)
        lost = await news_of(news[0], Lost)
        assert isinstance(lost, Lost)
        assert lost.problem.detail["reason"] == "SIGABRT"
        await news_of(news[0], Back)
        assert [watch.pid for watch in watches][1:] == pids[1:]
        assert [watch.state.restarts for watch in watches] == [1, 0, 0]
        assert all(watch.state.online for watch in watches)

    _play(tmp_path, scene)


def test_killed_nursery_is_replaced(tmp_path: Path) -> None:
    """When the nursery dies its workers go with it, each camera says so, and all of them are seen again."""

    async def scene(nursery: Nursery, watches: list[CameraWatch], news: list[AsyncIterator[News]]) -> None:
        for each in news:
            await news_of(each, Back)
        before = nursery.pid
        assert before
        os.kill(before, signal.SIGKILL)
        for each in news:
            await news_of(each, Lost)
            await news_of(each, Back)
        assert nursery.pid not in {None, before}

    _play(tmp_path, scene)
