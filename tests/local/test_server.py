# SPDX-License-Identifier: Apache-2.0
import asyncio
import contextlib
import json
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from edge.contract.local import MAX_LINE_BYTES, Asked, EmitAsked, Emitted, Refused
from edge.contract.problems import Problem
from edge.local.server import OPEN_ANSWERS, LocalServer

WITHIN_S = 200.0


@pytest.fixture
def path() -> Iterator[Path]:
    """A short path: the name of a Unix socket has room for 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="dt-") as folder:
        yield Path(folder) / "run" / "agent.sock"


class Desk:
    """Answers emits with their key once the gate is open, and counts what it was asked."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = 0

    async def answer(self, ask: Asked) -> BaseModel:
        self.asked += 1
        if not isinstance(ask, EmitAsked):
            return Refused(problem=Problem(code="agent-unreachable"))
        await self.gate.wait()
        return Emitted(id=ask.event.key or "")


@contextlib.asynccontextmanager
async def serving(path: Path, desk: Desk) -> AsyncIterator[LocalServer]:
    server = LocalServer(path, desk.answer)
    work = asyncio.create_task(server.run())
    async with asyncio.timeout(WITHIN_S):
        while not is_up(path):  # noqa: ASYNC110  (a file appears)
            await asyncio.sleep(0.001)
    try:
        yield server
    finally:
        work.cancel()
        await asyncio.wait([work])


@contextlib.asynccontextmanager
async def peer(path: Path) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A program on the socket, gone at the end as if it had been killed."""
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def is_up(path: Path) -> bool:
    return path.is_socket() and mode(path) == 0o660


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def emit(key: str) -> bytes:
    event = {"type": "a.b.v1", "data": {}, "key": key}
    return json.dumps({"ask": "emit", "event": event}).encode() + b"\n"


async def answer(reader: asyncio.StreamReader) -> dict[str, object]:
    async with asyncio.timeout(WITHIN_S):
        return dict(json.loads(await reader.readline()))


async def settled(server: LocalServer) -> None:
    """Until no peer is left."""
    async with asyncio.timeout(WITHIN_S):
        while server._peers:  # noqa: ASYNC110  (the server tells nobody that a peer has gone)
            await asyncio.sleep(0.001)


def test_answers_come_in_order(path: Path) -> None:
    """Lines are taken in while earlier ones still wait, and answered in their order."""

    async def story() -> None:
        desk = Desk()
        async with serving(path, desk), peer(path) as (reader, writer):
            desk.gate.clear()
            writer.write(b"".join(emit(str(number)) for number in range(50)) + b'{"ask": "status"}\n')
            async with asyncio.timeout(WITHIN_S):
                while desk.asked < 51:  # noqa: ASYNC110  (the desk counts)
                    await asyncio.sleep(0.001)
            desk.gate.set()
            assert [(await answer(reader))["id"] for _ in range(50)] == [str(number) for number in range(50)]
            assert (await answer(reader))["answer"] == "refused"

    asyncio.run(story())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"rubbish\n", "Invalid JSON"),
        (b'{"ask": "fly"}\n', "does not match any of the expected tags"),
        (b'{"ask": "emit", "event": {"type": "a.b.v1"}}\n', "emit.event.data: Field required"),
    ],
    ids=["rubbish", "unknown_ask", "field_missing"],
)
def test_wrong_line_is_refused_and_the_next_one_served(path: Path, line: bytes, reason: str) -> None:
    """A mistake costs one line: it is named, and the conversation goes on."""

    async def story() -> None:
        async with serving(path, Desk()), peer(path) as (reader, writer):
            writer.write(line + emit("next"))
            refused = await answer(reader)
            assert refused["answer"] == "refused"
            assert reason in json.dumps(refused["problem"])
            assert (await answer(reader))["id"] == "next"

    asyncio.run(story())


def test_endless_line_is_cut_off(path: Path) -> None:
    """The agent's memory is not the sender's to spend."""

    async def story() -> None:
        async with serving(path, Desk()) as server, peer(path) as (reader, writer):
            writer.write(b"x" * (3 * MAX_LINE_BYTES))
            assert "too long" in json.dumps(await answer(reader))
            await settled(server)

    asyncio.run(story())


def test_peer_that_hangs_up_leaves_nothing_behind(path: Path) -> None:
    """A program killed with thousands of lines on the way is forgotten as soon as its answers find nobody."""

    async def story() -> None:
        desk = Desk()
        desk.gate.clear()
        async with serving(path, desk) as server:
            async with peer(path) as (_, writer):
                writer.write(b"".join(emit(str(number)) for number in range(3 * OPEN_ANSWERS)))
                async with asyncio.timeout(WITHIN_S):
                    while desk.asked <= OPEN_ANSWERS:  # noqa: ASYNC110  (the desk counts)
                        await asyncio.sleep(0.001)
            desk.gate.set()
            await settled(server)

    asyncio.run(story())


def test_peer_that_does_not_read_is_not_read_from(path: Path) -> None:
    """Answers nobody takes pile up to a limit, then the agent stops listening to that peer."""

    async def story() -> None:
        desk = Desk()
        async with serving(path, desk) as server:
            async with peer(path) as (_, writer):
                lines = b"".join(emit("k" * 100) for _ in range(1000))
                before = -1
                while not desk.asked or desk.asked != before:  # until a whole second brings nothing more
                    before = desk.asked
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(1.0):
                            while True:
                                await writer.drain()
                                writer.write(lines)
                (waiting,) = server._peers
                assert waiting.transport.get_write_buffer_size() < 1024 * 1024
            await settled(server)

    asyncio.run(story())


def test_dead_agents_socket_is_replaced_and_ours_removed(path: Path) -> None:
    """What a killed agent left is no hindrance; what we leave is nothing, though a screen is still connected."""
    path.parent.mkdir()
    path.write_text("left over")

    async def story() -> None:
        async with contextlib.AsyncExitStack() as screen:
            async with serving(path, Desk()):
                reader, writer = await screen.enter_async_context(peer(path))
                writer.write(emit("a"))
                await answer(reader)
            async with asyncio.timeout(WITHIN_S):
                assert await reader.read() == b""

    asyncio.run(story())
    assert not path.exists()


def test_desk_that_crashes_ends_the_conversation(path: Path) -> None:
    """An unforeseen failure closes that connection, is seen in the log, and the next one is served."""

    async def story() -> None:
        desk = Desk()
        seen: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))

        async def crash(_: Asked) -> BaseModel:
            raise RuntimeError("a test")

        async with serving(path, desk) as server:
            server._handler = crash
            async with peer(path) as (reader, writer):
                writer.write(emit("a"))
                assert await reader.read() == b""
            await settled(server)
            server._handler = desk.answer
            async with peer(path) as (reader, writer):
                writer.write(emit("b"))
                assert (await answer(reader))["id"] == "b"
        assert "RuntimeError('a test')" in repr(seen)

    asyncio.run(story())
