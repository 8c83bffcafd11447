# SPDX-License-Identifier: Apache-2.0
"""The Unix socket on which programs of the same device talk to the agent: one JSON per line, answered in order.

Lines are taken in while earlier ones are still being committed, so that a fast sender shares fsyncs with itself.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from pydantic import BaseModel, ValidationError

from edge.contract.local import ASK, MAX_LINE_BYTES, Asked, Refused
from edge.contract.problems import Problem

OPEN_ANSWERS = 1024
"""Lines of one peer that may wait for their answer; then it is not read from until some are written."""

Handler = Callable[[Asked], Awaitable[BaseModel]]
"""Begins its work when called, and gives the answer when awaited."""


class LocalServer:
    """The agent's end of the socket."""

    def __init__(self, path: Path, handler: Handler) -> None:
        """Serve on `path`, which is replaced if a dead agent left it."""
        self._path = path
        self._handler = handler
        self._peers: set[asyncio.StreamWriter] = set()

    async def run(self) -> None:
        """Serve until cancelled."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._serve, self._path, limit=MAX_LINE_BYTES)
        self._path.chmod(0o660)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            # Newer Pythons would wait for peers that stay connected, such as a screen.
            server.close()
            for peer in self._peers:
                peer.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers: asyncio.Queue[asyncio.Future[BaseModel] | None] = asyncio.Queue(OPEN_ANSWERS)
        self._peers.add(writer)
        try:
            # If one ends badly so does the other: a peer that is gone would never empty the queue that is read into.
            async with asyncio.TaskGroup() as group:
                group.create_task(_answer(answers, writer))
                group.create_task(self._read(reader, answers))
        except* ConnectionError:
            pass
        finally:
            self._peers.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError, BrokenPipeError):
                await writer.wait_closed()

    async def _read(
        self, reader: asyncio.StreamReader, answers: asyncio.Queue[asyncio.Future[BaseModel] | None]
    ) -> None:
        while True:
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                await answers.put(None)
                return
            except asyncio.LimitOverrunError:
                await answers.put(_done(_refused("too long")))
                await answers.put(None)
                return
            await answers.put(self._begin(line))

    def _begin(self, line: bytes) -> "asyncio.Future[BaseModel]":
        try:
            ask = ASK.validate_json(line)
        except ValidationError as wrong:
            first = wrong.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            return _done(_refused(f"{where}: {first['msg']}" if where else first["msg"]))
        return asyncio.ensure_future(self._handler(ask))


async def _answer(answers: "asyncio.Queue[asyncio.Future[BaseModel] | None]", writer: asyncio.StreamWriter) -> None:
    while (pending := await answers.get()) is not None:
        answer = await pending
        writer.write(answer.model_dump_json(exclude_none=True).encode() + b"\n")
        # Costs nothing until the peer is slow to read; then its answers must not pile up here.
        await writer.drain()


def _refused(reason: str) -> Refused:
    return Refused(problem=Problem(code="line-invalid", detail={"reason": reason, "limit": MAX_LINE_BYTES}))


def _done(answer: BaseModel) -> "asyncio.Future[BaseModel]":
    done: asyncio.Future[BaseModel] = asyncio.get_running_loop().create_future()
    done.set_result(answer)
    return done
