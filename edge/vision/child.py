# SPDX-License-Identifier: Apache-2.0
"""A vision worker as the agent holds it: two ends to talk through, a way to end it, and word of how it ended.

Loads no native code. A worker is a program of its own (`spawned`) or is born by the nursery of the device
(`edge.vision.nursery_line`); who watches a camera need not know which.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

from edge.vision.lines import MAX_LINE_BYTES

QUIET = {
    # The decoder's remarks about each damaged frame would bury the agent's log; the environment may ask for them.
    "OPENCV_LOG_LEVEL": "ERROR",
    "OPENCV_FFMPEG_LOGLEVEL": "8",
    # A worker has one thread for its work, and idle ones of a library would be lost in a fork.
    "OPENBLAS_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}


class Child(Protocol):
    """One worker, alive or dead."""

    @property
    def pid(self) -> int:
        """Its process id."""
        ...

    @property
    def stdin(self) -> asyncio.StreamWriter:
        """What it reads."""
        ...

    @property
    def stdout(self) -> asyncio.StreamReader:
        """What it says."""
        ...

    async def wait(self) -> int | None:
        """Its exit code once it has ended, less than 0 for a signal; None if nobody can tell."""
        ...

    async def bury(self) -> None:
        """Kill it, and leave neither a zombie nor a descriptor behind."""
        ...


Birth = Callable[[], Awaitable[Child]]
"""A new worker each time. Raises `OSError` when there can be none now."""


class Spawned:
    """A worker that is a program of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both were asked for")
        self._process = process
        self.pid, self.stdin, self.stdout = process.pid, process.stdin, process.stdout

    async def wait(self) -> int | None:
        """Its exit code once it has ended."""
        return await self._process.wait()

    async def bury(self) -> None:
        """Kill it, and leave neither a zombie nor a pipe behind."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self.stdin.close()
        # Read to its end: asyncio lets go of a process only when its pipes are through, however much was left in them.
        with suppress(ConnectionResetError):
            await self.stdout.read()
        await self._process.wait()
        with suppress(BrokenPipeError, ConnectionResetError):
            await self.stdin.wait_closed()


def spawned(command: Sequence[str]) -> Birth:
    """Workers that are this program, started anew each time."""

    async def bear() -> Child:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, limit=MAX_LINE_BYTES, env=QUIET | os.environ
        )
        return Spawned(process)

    return bear
