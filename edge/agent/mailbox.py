# SPDX-License-Identifier: Apache-2.0
"""A role's inbox: typed, bounded, and with a stated rule for when it is full."""

import asyncio
from collections import deque

from edge.core.inputs import Input, Seen, Ticked


class RoleMailbox:
    """Sightings and ticks are worth something only while fresh: when full, the oldest of them goes and is counted.

    Everything else (a camera lost, a start) is kept whatever happens; there are few of them.
    """

    def __init__(self, capacity: int = 64) -> None:
        """Hold `capacity` inputs before anything is dropped."""
        self._capacity = capacity
        self._inputs: deque[Input] = deque()
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self.dropped = 0

    def put(self, happened: Input) -> None:
        """Put in, dropping the oldest perishable input if there is no room."""
        if len(self._inputs) >= self._capacity:
            self._drop_oldest_perishable()
        self._inputs.append(happened)
        self._filled.set()

    async def room(self) -> None:
        """Wait until nothing would be dropped by the next `put`."""
        while len(self._inputs) >= self._capacity:
            self._room.clear()
            await self._room.wait()

    async def get(self) -> Input:
        """Wait for the next input and take it out."""
        while not self._inputs:
            self._filled.clear()
            await self._filled.wait()
        self._room.set()
        return self._inputs.popleft()

    def _drop_oldest_perishable(self) -> None:
        for place, happened in enumerate(self._inputs):
            if isinstance(happened, Seen | Ticked):
                del self._inputs[place]
                self.dropped += 1
                return
