# SPDX-License-Identifier: Apache-2.0
"""News of a camera: the newest sightings, and every change."""

import asyncio

from edge.contract.problems import Problem
from edge.core.tracks import Sighting
from edge.vision.lines import Back, Lost
from edge.vision.mailbox import News, NewsBox

LOST = Lost(problem=Problem(code="camera-stalled"))


def _sighting(number: int) -> Sighting:
    return Sighting("cam", number, ())


async def _drain(box: NewsBox, last: News) -> list[News]:
    taken: list[News] = []
    while not taken or taken[-1] != last:
        taken.append(await box.take())
    return taken


def test_newest_sightings_and_all_changes_are_kept() -> None:
    """When nobody reads, the oldest sightings give way and are counted; the camera's changes all stay."""

    async def play() -> None:
        box = NewsBox()
        await box.put(Back(), patient=False)
        await box.put(_sighting(0), patient=False)
        await box.put(LOST, patient=False)
        for number in range(1, 101):
            await box.put(_sighting(number), patient=False)
        taken = await _drain(box, _sighting(100))
        assert taken[:2] == [Back(), LOST]
        assert taken[2:] == [_sighting(number) for number in range(69, 101)]
        assert box.overrun == 69

    asyncio.run(play())


def test_recording_waits_for_its_reader() -> None:
    """A patient writer loses nothing: it is held back until there is room."""

    async def play() -> None:
        box = NewsBox()

        async def write() -> None:
            for number in range(200):
                await box.put(_sighting(number), patient=True)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(write())
            taken = await _drain(box, _sighting(199))
        assert taken == [_sighting(number) for number in range(200)]
        assert box.overrun == 0

    asyncio.run(play())
