# SPDX-License-Identifier: Apache-2.0
"""A TCP relay that does to each connection what its script says: the n-th connection suffers the n-th fault.

Faults strike at counted bytes, never at times, so that the same script does the same again; when the script has
ended, the relay is a wire.
"""

import asyncio
import random
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

HOST: Final = "127.0.0.1"
_PIECE_BYTES: Final = 65_536
_DONE_WITHIN_S: Final = 5.0
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Kind(StrEnum):
    """What befalls a connection once so many bytes have gone up."""

    BLACK_HOLE = "black-hole"
    """From then on everything is swallowed both ways, and nobody is told."""
    HALF = "half"
    """The bytes up to there are delivered, then both ends see an end of file."""
    RESET = "reset"
    """The same with RST, which throws away what was still under way."""
    DEAF = "deaf"
    """Everything goes on upwards, nothing comes down: acknowledgements are lost."""
    BYTE_WISE = "byte-wise"
    """No loss: until then each byte comes alone, both ways; then the connection ends."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One connection's fate: `kind` strikes after `after` bytes from the device."""

    kind: Kind
    after: int


def script(seed: int, rounds: int, most_bytes: int) -> list[Fault]:
    """Every kind once per round, in any order, at any byte up to `most_bytes`: also before anybody has greeted."""
    chance = random.Random(seed)
    faults = []
    for _ in range(rounds):
        kinds = chance.sample(list(Kind), len(Kind))
        faults += [Fault(kind, chance.randint(1, most_bytes)) for kind in kinds]
    return faults


@dataclass(slots=True)
class _Line:
    """One connection: both ends, its fate, and what has gone up."""

    fault: Fault | None
    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    up: int = 0
    struck: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def left(self) -> int:
        """Bytes that may go up before the fault strikes."""
        return _PIECE_BYTES if self.fault is None else self.fault.after - self.up


class Proxy:
    """Relays a loopback port of its own to another one, on a thread of its own."""

    def __init__(self, target_port: int, faults: list[Fault]) -> None:
        """`start` starts it; `port` is known from then on."""
        self.port = 0
        self.struck: list[Fault] = []
        """Faults that have struck, in order."""
        self.noticed_s: list[float] = []
        """For each of them but the last, how long until the device dialled again."""
        self._target_port = target_port
        self._faults = deque(faults)
        self._struck_at_s: float | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._lines: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        """Started."""
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(_DONE_WITHIN_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Everything hung up, the thread ended."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_DONE_WITHIN_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> int:
        self._server = await asyncio.start_server(self._accepted, HOST, 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        if self._server:
            self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._struck_at_s is not None:
            self.noticed_s.append(time.monotonic() - self._struck_at_s)
            self._struck_at_s = None
        task = asyncio.ensure_future(self._carry(reader, writer))
        self._lines.add(task)
        task.add_done_callback(self._lines.discard)

    async def _carry(self, near: asyncio.StreamReader, near_writer: asyncio.StreamWriter) -> None:
        try:
            far, far_writer = await asyncio.open_connection(HOST, self._target_port)
        except OSError:
            near_writer.transport.abort()
            return
        line = _Line(self._faults.popleft() if self._faults else None, near_writer, far_writer)
        ways = [asyncio.ensure_future(way) for way in (self._upwards(line, near), _downwards(line, far))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            if line.fault is not None and not line.struck.is_set():
                # The connection ended by itself, as it may on a busy machine: the next one suffers in its place.
                self._faults.appendleft(line.fault)
            _hang_up(line)

    async def _upwards(self, line: _Line, near: asyncio.StreamReader) -> None:
        """Ends when the line shall end; a black hole goes on reading, as a far router would."""
        try:
            while piece := await near.read(max(1, min(_PIECE_BYTES, line.left))):
                if not (line.struck.is_set() and line.fault and line.fault.kind is Kind.BLACK_HOLE):
                    await _send(line.far, piece, _slowly(line))
                line.up += len(piece)
                if line.fault is not None and line.left <= 0 and not line.struck.is_set():
                    self._strike(line, line.fault)
                    if line.fault.kind in {Kind.HALF, Kind.RESET, Kind.BYTE_WISE}:
                        return
        except ConnectionError:
            return  # either end hung up: so do we

    def _strike(self, line: _Line, fault: Fault) -> None:
        line.struck.set()
        self.struck.append(fault)
        self._struck_at_s = time.monotonic()


async def _downwards(line: _Line, far: asyncio.StreamReader) -> None:
    try:
        while piece := await far.read(_PIECE_BYTES):
            if not line.struck.is_set():
                await _send(line.near, piece, _slowly(line))
        if line.struck.is_set():
            await asyncio.Event().wait()  # the broker gave up; the device must find out by itself
    except ConnectionError:
        return


async def _send(writer: asyncio.StreamWriter, piece: bytes, slowly: bool) -> None:
    for part in [piece[at : at + 1] for at in range(len(piece))] if slowly else [piece]:
        writer.write(part)
        await writer.drain()
        if slowly:
            await asyncio.sleep(0)


def _slowly(line: _Line) -> bool:
    return line.fault is not None and line.fault.kind is Kind.BYTE_WISE


def _hang_up(line: _Line) -> None:
    """End both ends: by RST if that is the fate, otherwise politely, after what was written has gone."""
    reset = line.fault is not None and line.fault.kind is Kind.RESET and line.struck.is_set()
    for writer in (line.near, line.far):
        channel = writer.get_extra_info("socket")
        if reset and channel is not None:
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            writer.transport.abort()
        else:
            writer.close()
