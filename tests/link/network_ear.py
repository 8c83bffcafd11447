# SPDX-License-Identifier: Apache-2.0
"""Prints a line whenever the network of its namespace changes; started by tests inside one of their own."""

import asyncio

from edge.link.network import watch_network
from edge.link.port import Events


async def listen() -> None:
    """Until killed."""
    events: Events = asyncio.Queue()
    watching = asyncio.create_task(watch_network(events))
    await asyncio.sleep(0)
    print("listening", flush=True)  # noqa: T201  (what the test reads)
    while not watching.done():
        print(type(await events.get()).__name__, flush=True)  # noqa: T201  (the same)


if __name__ == "__main__":
    asyncio.run(listen())
