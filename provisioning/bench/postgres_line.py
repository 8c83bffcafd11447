# SPDX-License-Identifier: Apache-2.0
"""A connection to PostgreSQL for a thread that has no loop of its own: made when first needed, and again when lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import asyncpg

from provisioning.bench.posting import StoreAwayError

Answer = TypeVar("Answer")
Work = Callable[[asyncpg.Connection], Awaitable[Answer]]
_AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what it calls a connection that ends between two of its own steps
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
)
"""It is down, starting, full, or gave up this transaction for another's sake: the same work again will do."""
_CONNECT_WITHIN_S: Final = 30.0
_ANSWER_WITHIN_S: Final = 60.0
"""A database whose machine is gone says nothing for ever."""
_CLOSE_WITHIN_S: Final = 2.0


class PostgresLine:
    """One connection; `began` runs on it each time it is made."""

    def __init__(self, address: str, began: Work[None] | None = None) -> None:
        """`address` is a postgresql:// URL."""
        self._address = address
        self._began = began
        self._loop = asyncio.new_event_loop()
        self._connection: asyncpg.Connection | None = None

    def ask(self, work: Work[Answer]) -> Answer:
        """What `work` gives. Raises `StoreAwayError` and forgets the connection when there is no answer to be had."""
        try:
            return self._loop.run_until_complete(self._ask(work))
        except _AWAY as wrong:
            if isinstance(wrong, ValueError):
                raise  # a value that asyncpg cannot send: our own mistake, and no better the next time
            self._forget()
            raise StoreAwayError(f"PostgreSQL: {type(wrong).__name__}: {str(wrong).partition(chr(10))[0]}") from wrong

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            try:
                self._loop.run_until_complete(self._connection.close(timeout=_CLOSE_WITHIN_S))
            except _AWAY:
                self._forget()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _ask(self, work: Work[Answer]) -> Answer:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._address,
                timeout=_CONNECT_WITHIN_S,
                command_timeout=_ANSWER_WITHIN_S,
                # An ack is a promise, whatever the server's own default; and no plan here is worth compiling.
                server_settings={"application_name": "dongtou-hub", "synchronous_commit": "on", "jit": "off"},
            )
            if self._began is not None:
                await self._began(self._connection)
        return await work(self._connection)

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None
