# SPDX-License-Identifier: Apache-2.0
"""Two ports joined in memory, so that a driver and its simulator can talk without a wire."""

import asyncio

from firmware_bridge.port import PortLostError

LINE_BYTES = 4096
"""What is under way in one direction before the writer must wait: a Linux tty holds as much."""


class MemoryPort:
    """One end of a joined pair. What was written before the other end closed can still be read."""

    def __init__(self, name: str, arriving: "_Line", leaving: "_Line") -> None:
        """Use `joined`: an end alone is of no use."""
        self._name = name
        self._arriving = arriving
        self._leaving = leaving

    @property
    def name(self) -> str:
        """The name given to `joined`, with the side."""
        return self._name

    async def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See `Port.read`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._arriving.wait_for_bytes()
        except TimeoutError:
            return b""
        return self._arriving.take(max_bytes)

    async def write(self, data: bytes) -> None:
        """See `Port.write`."""
        while data:
            await self._leaving.wait_for_room()
            data = data[self._leaving.put(data) :]

    def close(self) -> None:
        """See `Port.close`."""
        self._arriving.hang_up()
        self._arriving.held.clear()
        self._leaving.hang_up()


class _Line:
    """One direction: bytes under way, and a bell that rings whenever something about them changes."""

    def __init__(self) -> None:
        self.held = bytearray()
        self._hung_up = False
        self._bells: list[asyncio.Future[None]] = []

    async def wait_for_bytes(self) -> None:
        while not self.held:
            await self._next_change()

    async def wait_for_room(self) -> None:
        while self._hung_up or len(self.held) >= LINE_BYTES:
            await self._next_change()

    def put(self, data: bytes) -> int:
        taken = data[: LINE_BYTES - len(self.held)]
        self.held += taken
        self._ring()
        return len(taken)

    def take(self, max_bytes: int) -> bytes:
        taken = bytes(self.held[:max_bytes])
        del self.held[:max_bytes]
        self._ring()
        return taken

    def hang_up(self) -> None:
        self._hung_up = True
        self._ring()

    async def _next_change(self) -> None:
        if self._hung_up:
            raise PortLostError("the other end of the memory port is closed")
        bell = asyncio.get_running_loop().create_future()
        self._bells.append(bell)
        await bell

    def _ring(self) -> None:
        bells, self._bells = self._bells, []
        for bell in bells:
            if not bell.done():
                bell.set_result(None)


def joined(name: str = "memory") -> tuple[MemoryPort, MemoryPort]:
    """Two ends of one wire: what one writes, the other reads."""
    there, back = _Line(), _Line()
    return MemoryPort(f"{name}:a", back, there), MemoryPort(f"{name}:b", there, back)
