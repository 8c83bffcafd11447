# SPDX-License-Identifier: Apache-2.0
"""A serial port on the asyncio loop. The only module that imports pyserial.

pyserial opens, locks and shapes the line; bytes then go straight through the file descriptor, because pyserial's own
reading blocks, breaks on descriptors above 1023, and tells of a lost port in three unrelated exceptions.
"""

import asyncio
import fcntl
import os
import termios
from collections.abc import Callable

import serial

from firmware_bridge.port import LineSettings, PortLostError, PortOpenError


def open_serial_port(name: str, settings: LineSettings) -> "SerialPort":
    """Open `name` (best a link under /dev/serial/by-id) for this process alone. Raises `PortOpenError`."""
    try:
        line = serial.Serial(
            name,
            baudrate=settings.baud,
            bytesize=settings.data_bits,
            parity=settings.parity.value,
            stopbits=settings.stop_bits,
            timeout=0,
            exclusive=True,
        )
    except (OSError, termios.error, ValueError) as refusal:
        raise PortOpenError(f"{name} cannot be opened: {refusal}") from refusal
    try:
        # pyserial's lock is advisory: only this keeps out a programme that does not ask for it.
        fcntl.ioctl(line.fileno(), termios.TIOCEXCL)
    except OSError as refusal:
        line.close()
        raise PortOpenError(f"{name} cannot be had alone: {refusal}") from refusal
    return SerialPort(name, line)


class SerialPort:
    """An open serial line. Make one with `open_serial_port`."""

    def __init__(self, name: str, line: serial.Serial) -> None:
        """Take over an open line, whose descriptor is non-blocking."""
        self._name = name
        self._line = line
        self._fd: int | None = line.fileno()
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def name(self) -> str:
        """The name it was opened by."""
        return self._name

    async def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See `Port.read`."""
        if data := self._take(max_bytes):
            return data
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_s):
                await self._ready(loop.add_reader, loop.remove_reader)
        except TimeoutError:
            return b""
        data = self._take(max_bytes)
        if not data:
            raise PortLostError(f"{self._name} hung up")  # ready, yet empty: how an unplugged adapter reads
        return data

    async def write(self, data: bytes) -> None:
        """See `Port.write`."""
        loop = asyncio.get_running_loop()
        while data:
            try:
                data = data[os.write(self._descriptor(), data) :]
            except BlockingIOError:
                await self._ready(loop.add_writer, loop.remove_writer)
            except OSError as failure:
                raise PortLostError(f"{self._name} is gone: {failure}") from failure

    def close(self) -> None:
        """See `Port.close`."""
        self._fd = None
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(PortLostError(f"{self._name} was closed"))
        self._line.close()

    def _take(self, max_bytes: int) -> bytes:
        try:
            return os.read(self._descriptor(), max_bytes)
        except BlockingIOError:
            return b""
        except OSError as failure:
            raise PortLostError(f"{self._name} is gone: {failure}") from failure

    def _descriptor(self) -> int:
        if self._fd is None:
            raise PortLostError(f"{self._name} was closed")
        return self._fd

    async def _ready(self, watch: Callable[..., None], unwatch: Callable[[int], bool]) -> None:
        fd = self._descriptor()
        ready = asyncio.get_running_loop().create_future()
        self._waiting.add(ready)
        watch(fd, _tell, ready)
        try:
            await ready
        finally:
            self._waiting.discard(ready)
            unwatch(fd)


def _tell(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
