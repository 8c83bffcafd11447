# SPDX-License-Identifier: Apache-2.0
"""The agent's side of the nursery: keeps it running, and holds the workers it bears. Loads no native code."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from edge.config.models import Camera
from edge.vision.child import QUIET, Child
from edge.vision.lines import MAX_LINE_BYTES

_MESSAGE_BYTES = 64
_PAUSE_S = 0.5


class Nursery:
    """One process from which workers are born, for as long as `run` runs; `bear` is a `Birth`."""

    def __init__(self, cameras: Iterable[Camera], models: Sequence[Path] = ()) -> None:
        """Have ready what workers of these cameras need; `models` are the config's."""
        self._command = (sys.executable, "-P", "-m", "edge.vision.nursery", *map(str, models))
        wanted = {detector.model_dump_json() for detector in (camera.detector for camera in cameras)}
        self._detectors = f"[{','.join(sorted(wanted))}]".encode()
        self._door: socket.socket | None = None
        self._open = asyncio.Event()
        self.pid: int | None = None
        """The nursery, while it lives."""

    async def run(self) -> None:
        """Keep it running. Cancel it to stop: the nursery ends, and its workers with it."""
        while True:
            await self._live_once()
            await asyncio.sleep(_PAUSE_S)

    async def bear(self) -> Child:
        """A new worker, once there is a nursery. Raises `OSError` if that has died."""
        await self._open.wait()
        ours, line = socket.socketpair()
        fate, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with line, told:
            try:
                if self._door is None:
                    raise ConnectionResetError("the nursery has just died")
                socket.send_fds(self._door, [b"b"], [line.fileno(), told.fileno()])
            except OSError:
                ours.close()
                fate.close()
                raise
        return await _born(ours, fate)

    async def _live_once(self) -> None:
        door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with door, theirs:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=theirs.fileno(), env=QUIET | os.environ
            )
            theirs.close()
            door.send(self._detectors)
            self._door, self.pid = door, process.pid
            self._open.set()
            try:
                await process.wait()
                # Should it be a model that has killed it, that is to cost one camera its worker, not all of them.
                self._detectors = b"[]"
            finally:
                self._open.clear()
                self._door = self.pid = None
                with suppress(ProcessLookupError):
                    process.kill()
                await asyncio.shield(process.wait())


class Born:
    """A worker of the nursery."""

    def __init__(
        self, pid: int, pidfd: int, fate: socket.socket, ends: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> None:
        self.pid, self._pidfd, self._fate = pid, pidfd, fate
        self.stdout, self.stdin = ends
        self._ended: asyncio.Future[int | None] = asyncio.ensure_future(self._hear_end())

    async def wait(self) -> int | None:
        """Its exit code once it has ended; None if the nursery died with it."""
        return await asyncio.shield(self._ended)

    async def bury(self) -> None:
        """Kill it; it is the nursery that leaves no zombie behind."""
        # By its descriptor: a number might be somebody else's by now.
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        await self._ended
        os.close(self._pidfd)
        self._fate.close()
        self.stdin.close()
        with suppress(OSError):
            await self.stdin.wait_closed()

    async def _hear_end(self) -> int | None:
        with suppress(OSError):
            if told := await asyncio.get_running_loop().sock_recv(self._fate, _MESSAGE_BYTES):
                return int(told)
        return None


async def _born(ours: socket.socket, fate: socket.socket) -> Born:
    """Hear the worker's number. Raises `OSError` when the nursery dies instead of telling it."""
    fate.settimeout(0)
    try:
        pid, pidfd = await _number(fate)
        ends = await asyncio.open_unix_connection(sock=ours, limit=MAX_LINE_BYTES)
    except BaseException:
        ours.close()
        fate.close()
        raise
    return Born(pid, pidfd, fate, ends)


async def _number(fate: socket.socket) -> tuple[int, int]:
    """The worker's process id and a descriptor of it. Raises `ConnectionResetError`."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(fate, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(fate)
    told, fds, _, _ = socket.recv_fds(fate, _MESSAGE_BYTES, 1)
    if not told:
        raise ConnectionResetError("the nursery has died in labour")
    return int(told), fds[0]
