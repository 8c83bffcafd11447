# SPDX-License-Identifier: Apache-2.0
"""News of one camera on its way to the agent: bounded, keeping the newest sightings and every change of the camera."""

import asyncio
from collections import deque

from edge.core.tracks import Sighting
from edge.vision.lines import Back, Ended, Lost, Viewed

News = Sighting | Lost | Back | Viewed | Ended

_SIGHTINGS_AT_MOST = 32
"""Six seconds at five frames a second: who is that far behind is served best by the present."""


class NewsBox:
    """One writer, one reader, one loop."""

    def __init__(self) -> None:
        self.overrun = 0
        """Sightings that nobody took in time."""
        self._waiting: deque[News] = deque()
        self._changed = asyncio.Event()

    async def put(self, news: News, *, patient: bool) -> None:
        """Hand over. When full, `patient` waits for room; otherwise the oldest sighting gives way."""
        while patient and self._sightings() >= _SIGHTINGS_AT_MOST:
            self._changed.clear()
            await self._changed.wait()
        if isinstance(news, Sighting) and self._sightings() >= _SIGHTINGS_AT_MOST:
            self._waiting.remove(next(one for one in self._waiting if isinstance(one, Sighting)))
            self.overrun += 1
        self._waiting.append(news)
        self._changed.set()

    async def take(self) -> News:
        """The oldest news, waiting for some."""
        while not self._waiting:
            self._changed.clear()
            await self._changed.wait()
        self._changed.set()
        return self._waiting.popleft()

    def _sightings(self) -> int:
        return sum(isinstance(one, Sighting) for one in self._waiting)
