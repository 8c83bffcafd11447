# SPDX-License-Identifier: Apache-2.0
"""The other end of a wire, so that one story can be told of every kind of port."""

import asyncio
import os
import termios
import tty
from typing import Protocol

from firmware_bridge.port import LineSettings, Port
from firmware_bridge.ports.memory_port import joined
from firmware_bridge.ports.serial_port import open_serial_port

LONG_S = 200.0


class FarEnd(Protocol):
    """A board as the wire shows it."""

    port: Port

    async def say(self, data: bytes) -> None: ...

    async def hear(self, count: int) -> bytes: ...

    def hang_up(self) -> None: ...


class MemoryFarEnd:
    """The other half of a joined pair."""

    def __init__(self) -> None:
        near, self._far = joined()
        self.port: Port = near

    async def say(self, data: bytes) -> None:
        await self._far.write(data)

    async def hear(self, count: int) -> bytes:
        heard = b""
        while len(heard) < count:
            heard += await self._far.read(count - len(heard), LONG_S)
        return heard

    def hang_up(self) -> None:
        self._far.close()


class PtyFarEnd:
    """The master of a pseudo-terminal whose slave is opened as a serial port."""

    def __init__(self, settings: LineSettings | None = None) -> None:
        self._master: int | None
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.device = os.ttyname(slave)
        self.port: Port = open_serial_port(self.device, settings or LineSettings(baud=115200))
        os.close(slave)

    async def say(self, data: bytes) -> None:
        assert self._master is not None
        await asyncio.to_thread(os.write, self._master, data)

    async def hear(self, count: int) -> bytes:
        heard = b""
        while len(heard) < count:
            assert self._master is not None
            heard += await asyncio.to_thread(os.read, self._master, count - len(heard))
        return heard

    def baud(self) -> int:
        """The line speed as the kernel has it: both sides of a pseudo-terminal share one setting."""
        assert self._master is not None
        return int(termios.tcgetattr(self._master)[5])

    def hang_up(self) -> None:
        if self._master is not None:
            os.close(self._master)
            self._master = None


def memory_far_end() -> FarEnd:
    """A wire in memory."""
    return MemoryFarEnd()


def pty_far_end() -> FarEnd:
    """A wire through the kernel's terminal layer."""
    return PtyFarEnd()
