# SPDX-License-Identifier: Apache-2.0
"""A cable between device and broker that can be cut: a TCP relay on loopback.

Cut, it swallows: what is connected stays connected and nothing gets through, as when somebody pulls a plug two streets
away; who tries anew is refused. Restored, the old connections are gone, and new ones work.
"""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Final, Self, TypeVar

from provisioning.bench.broker import HOST

_PIECE_BYTES: Final = 65_536
_DONE_WITHIN_S: Final = 5.0
Answer = TypeVar("Answer")


class CutLink:
    """Relays a loopback port of its own to another one, on a thread of its own."""

    def __init__(self, target_port: int) -> None:
        """Relay to `target_port`. `start` starts it; `port` is known from then on."""
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cut-link", daemon=True)
        self._whole = asyncio.Event()
        self._lines: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    def start(self) -> Self:
        """Accept connections."""
        self._thread.start()
        self._whole.set()
        self.port = self._do(self._serve())
        return self

    def cut(self) -> None:
        """From now on nothing gets through."""
        self._do(self._set_whole(whole=False))

    def restore(self) -> None:
        """From now on new connections get through."""
        self._do(self._set_whole(whole=True))

    def stop(self) -> None:
        """Hang up and end the thread."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        """Started."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stopped, whatever happened."""
        self.stop()

    def _do(self, work: Coroutine[None, None, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_DONE_WITHIN_S)

    async def _serve(self) -> int:
        self._server = await asyncio.start_server(self._accepted, HOST, self.port)
        return int(self._server.sockets[0].getsockname()[1])

    async def _set_whole(self, *, whole: bool) -> None:
        if whole:
            await self._hang_up()
            self._whole.set()
        else:
            self._whole.clear()

    async def _hang_up(self) -> None:
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _end(self) -> None:
        if self._server:
            self._server.close()
        await self._hang_up()
        # An aborted connection is closed one turn of the loop later, and its stream hears of that one turn after.
        for _ in range(3):
            await asyncio.sleep(0)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole.is_set():
            writer.transport.abort()
            return
        line = asyncio.ensure_future(self._relay(reader, writer))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target_port)
        except OSError:
            writer.transport.abort()
            return
        ways = [asyncio.ensure_future(self._pump(*way)) for way in ((reader, far_writer), (far_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            writer.transport.abort()
            far_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(_PIECE_BYTES):
                await self._whole.wait()
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            return  # either end hung up: so do we
