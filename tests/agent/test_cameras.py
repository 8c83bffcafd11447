# SPDX-License-Identifier: Apache-2.0
"""A camera of the agent, watched by a real worker."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from edge.agent.cameras import CameraPost
from edge.agent.role_runner import Surroundings
from edge.core.clock import SystemClock
from edge.durable.store import Store
from tests.durable.stores import NOW, open_bare
from tests.vision.scene import a_camera

WITHIN_S = 200.0


def test_camera_is_behind_while_nobody_looks(tmp_path: Path) -> None:
    """Silence means that nothing is there only while the worker looks: not before its first look, nor stopped dead."""

    async def story() -> None:
        open_bare(tmp_path).close()
        store = Store.open(tmp_path, asyncio.get_running_loop().call_soon_threadsafe, "boot", NOW)
        unused: Any = None
        clock = SystemClock()
        around = Surroundings(store, clock, "pole-1", unused, unused, committed=lambda: None)
        config = cast("Any", SimpleNamespace(store=SimpleNamespace(folder=tmp_path), models=()))
        post = CameraPost(a_camera(), config, around, (), lambda: 0)
        assert post.behind(clock.now())
        running = asyncio.create_task(post.run())
        try:
            await _until(lambda: not post.behind(clock.now()))
            worker = post._watch.pid
            assert worker
            os.kill(worker, signal.SIGSTOP)
            await _until(lambda: post.behind(clock.now()))
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            store.close()

    asyncio.run(story())


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not holds():  # noqa: ASYNC110 - what another process has not done tells no event
            await asyncio.sleep(0.05)
