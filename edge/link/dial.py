# SPDX-License-Identifier: Apache-2.0
"""What blocks while a connection is made: name resolution and the handshakes, each on a thread of its own."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable


def on_thread_of_its_own(work: Callable[[], None]) -> asyncio.Future[None]:
    """Not the loop's pool: at the end the loop would wait for its pool, and a name look-up can block for minutes."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def tell(failed: Exception | None) -> None:
        if done.cancelled():
            return
        if failed is None:
            done.set_result(None)
        else:
            done.set_exception(failed)

    def run() -> None:
        failed: Exception | None = None
        try:
            work()
        except (OSError, ValueError) as wrong:
            failed = wrong
        # The loop may be gone by now: then nobody waits for this connection any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(tell, failed)

    threading.Thread(target=run, name="dial", daemon=True).start()
    return done


async def listens(host: str, port: int, within_s: float) -> bool:
    """Whether somebody accepts a TCP connection there; it is closed at once."""

    def dial() -> None:
        socket.create_connection((host, port), within_s).close()

    try:
        async with asyncio.timeout(within_s):
            await on_thread_of_its_own(dial)
    except (OSError, TimeoutError):
        return False
    return True
