# SPDX-License-Identifier: Apache-2.0
"""A TCP relay on loopback that does to its connections what a plan says; without a plan it is a cable that can be cut.

Cut, it swallows: what is connected stays connected and nothing gets through, as when somebody pulls a plug two streets
away; who tries anew is refused. Restored, the old connections are gone, and new ones work.
"""

import asyncio
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, Self, TypeVar
from weakref import WeakSet

from provisioning.bench.broker import HOST
from provisioning.bench.chaos.course import Course, Deliver, Strike, Turn
from provisioning.bench.chaos.fault import ENDING, Fault, Kind, Way
from provisioning.bench.service import Startable

_PIECE_BYTES: Final = 65_536
_DONE_WITHIN_S: Final = 30.0
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_OTHER: Final = {Way.UP: Way.DOWN, Way.DOWN: Way.UP}
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that has struck: on which connection, counted from 1, and when on the machine's steady clock."""

    fault: Fault
    connection: int
    at_s: float


@dataclass(slots=True, eq=False)
class _Line:
    """One connection: both ends, its fate, and which ways swallow what they are given."""

    number: int
    turn: Turn
    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    holes: set[Way] = field(default_factory=set)
    ended: Fault | None = None
    silent: set[Way] = field(default_factory=set)
    """Ways whose end of file is kept from the other end."""


class Proxy(Startable):
    """Relays a loopback port of its own to another address, on a thread of its own."""

    def __init__(
        self,
        target: int | tuple[str, int],
        plan: Iterable[Fault] = (),
        *,
        port: int = 0,
        on_strike: Callable[[Struck], None] = lambda _: None,
    ) -> None:
        """`target` is a port of this machine or an address. `start` starts it; `port` is known from then on."""
        self.port = port
        self.struck: list[Struck] = []
        """Faults that have struck, in order."""
        self.accepted_s: list[float] = []
        """When each connection was made, on the machine's steady clock."""
        self.noticed_s: list[float] = []
        """For each fault that ended a line, how long until the device dialled again; the last one may be missing."""
        self.left = 0
        """Faults of the plan that have not struck yet."""
        self._target = (HOST, target) if isinstance(target, int) else target
        self._turns: deque[Turn] = deque()
        self._on_strike = on_strike
        self._ended_at_s: float | None = None
        self._cut = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chaos", daemon=True)
        self._tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._writers: WeakSet[asyncio.StreamWriter] = WeakSet()
        self._server: asyncio.Server | None = None
        self._take_on(plan)

    def start(self) -> Self:
        """Accept connections."""
        self._thread.start()
        self.port = self._do(self._serve())
        return self

    def stop(self) -> None:
        """Hang up and end the thread."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """From now on nothing gets through."""
        self._do(self._set_cut(cut=True))

    def restore(self) -> None:
        """From now on new connections get through."""
        self._do(self._set_cut(cut=False))

    def add(self, plan: Iterable[Fault]) -> None:
        """More turns, after those that are left."""
        self._do(self._added(plan))

    def calm(self) -> None:
        """Forget what is left of the plan, and be a wire for every connection made from now on."""
        self._do(self._set_calm())

    def hang_up(self) -> None:
        """Reset every connection there is, without counting that as a fault."""
        self._do(self._hang_up())

    def _do(self, work: Coroutine[None, None, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_DONE_WITHIN_S)

    def _take_on(self, plan: Iterable[Fault]) -> None:
        turns = [Turn(list(faults)) for _, faults in groupby(plan, key=lambda fault: fault.turn)]
        self._turns += turns
        self.left += sum(len(turn.left) for turn in turns)

    async def _serve(self) -> int:
        self._server = await asyncio.start_server(self._accepted, HOST, self.port)
        return int(self._server.sockets[0].getsockname()[1])

    async def _added(self, plan: Iterable[Fault]) -> None:
        self._take_on(plan)

    async def _set_calm(self) -> None:
        self._turns.clear()
        self.left = 0
        await self._hang_up()

    async def _set_cut(self, *, cut: bool) -> None:
        self._cut = cut
        if not cut:
            await self._hang_up()

    async def _hang_up(self) -> None:
        tasks = dict(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in tasks.values():  # of a task that was ended before it began, nobody has closed it
            _reset(writer)

    async def _end(self) -> None:
        if self._server:
            self._server.close()
        await self._hang_up()
        for writer in self._writers:  # closed politely, and still full of what a frozen end does not take
            writer.transport.abort()
        # An aborted connection is closed one turn of the loop later, and its stream hears of that one turn after.
        for _ in range(3):
            await asyncio.sleep(0)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        now_s = time.monotonic()
        self.accepted_s.append(now_s)
        if self._ended_at_s is not None:
            self.noticed_s.append(now_s - self._ended_at_s)
            self._ended_at_s = None
        number, turn = len(self.accepted_s), self._next_turn()
        closed = turn.closed
        if self._cut or (closed and closed.kind is Kind.REFUSE):
            _reset(writer)
        if closed and not self._cut:
            self._strike(turn, closed, number)
        if not writer.transport.is_closing():
            work = _swallow_all(reader, writer) if closed else self._carry(number, turn, reader, writer)
            task = asyncio.ensure_future(work)
            self._tasks[task] = writer
            task.add_done_callback(self._tasks.pop)

    def _next_turn(self) -> Turn:
        while self._turns and not self._turns[0].left:
            self._turns.popleft()
        return self._turns[0] if self._turns else Turn([])

    async def _carry(
        self, number: int, turn: Turn, near: asyncio.StreamReader, near_writer: asyncio.StreamWriter
    ) -> None:
        try:
            far, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(near_writer)
            return
        self._writers.update((near_writer, far_writer))
        line = _Line(number, turn, near_writer, far_writer)
        ways = [
            asyncio.ensure_future(self._relay(line, Way.UP, near, far_writer)),
            asyncio.ensure_future(self._relay(line, Way.DOWN, far, near_writer)),
        ]
        cancelled = True
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            cancelled = False
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            reset = cancelled or (line.ended is not None and line.ended.kind is Kind.RESET)
            for writer in (near_writer, far_writer):
                if reset:
                    _reset(writer)
                else:
                    writer.close()

    async def _relay(self, line: _Line, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ends when the line shall end; a black hole goes on reading, as a far router would."""
        course = Course(way, line.turn)
        try:
            while piece := await reader.read(_PIECE_BYTES):
                for step in course.feed(piece):
                    match step:
                        case Strike(fault):
                            if self._strike(line.turn, fault, line.number) and _ends(line, fault):
                                return
                        case Deliver():
                            if way not in line.holes and not self._cut:
                                await _deliver(writer, step)
        except ConnectionError:
            pass  # that end hung up
        if way in line.silent or self._cut:
            await asyncio.Event().wait()

    def _strike(self, turn: Turn, fault: Fault, connection: int) -> bool:
        if not turn.strike(fault):
            return False
        struck = Struck(fault, connection, time.monotonic())
        self.struck.append(struck)
        self.left = max(0, self.left - 1)
        if fault.kind in ENDING:
            self._ended_at_s = struck.at_s
        self._on_strike(struck)
        return True


def _ends(line: _Line, fault: Fault) -> bool:
    """Do to the line what the fault says; true if it is over."""
    if fault.kind not in ENDING:
        return False
    line.ended = fault
    if fault.kind not in {Kind.BLACK_HOLE, Kind.HALF_OPEN}:
        return True
    line.holes = {Way.UP, Way.DOWN} if fault.way is Way.BOTH or fault.kind is Kind.HALF_OPEN else {fault.way}
    # A broker that gives up on a hole is not heard by the device, which must find out by itself.
    line.silent = {Way.DOWN}
    if fault.kind is Kind.HALF_OPEN:
        line.silent = {_OTHER[fault.way]}
        _reset(line.far if fault.way is Way.UP else line.near)
    return False


async def _swallow_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.read(_PIECE_BYTES):
            pass
    except ConnectionError:
        pass  # it gave up
    finally:
        writer.close()


async def _deliver(writer: asyncio.StreamWriter, step: Deliver) -> None:
    if step.wait_s:
        await asyncio.sleep(step.wait_s)
    for part in [step.data[at : at + 1] for at in range(len(step.data))] if step.apart else [step.data]:
        writer.write(part)
        await writer.drain()
        if step.apart:
            await asyncio.sleep(0)


def _reset(writer: asyncio.StreamWriter) -> None:
    channel = writer.get_extra_info("socket")
    if channel is not None and not writer.transport.is_closing():
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
