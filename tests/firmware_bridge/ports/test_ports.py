# SPDX-License-Identifier: Apache-2.0
"""Every kind of port keeps the promises of `Port`: each story runs in memory and on a real pseudo-terminal."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

pytest.importorskip("serial", reason="pyserial is not installed (extra `serial`)")

from firmware_bridge.port import PortLostError
from tests.firmware_bridge.ports.far_ends import LONG_S, FarEnd, memory_far_end, pty_far_end

BIG = bytes(range(256)) * 256

Story = Callable[[FarEnd], Awaitable[None]]
Play = Callable[[Story], None]


@pytest.fixture(params=[memory_far_end, pty_far_end], ids=["memory", "pty"])
def play(request: pytest.FixtureRequest) -> Play:
    """Tell a story on a fresh wire of one kind."""

    def on_a_wire(story: Story) -> None:
        async def told() -> None:
            far = request.param()
            try:
                await story(far)
            finally:
                far.port.close()
                far.hang_up()

        asyncio.run(told())

    return on_a_wire


def test_bytes_arrive_as_they_were_sent(play: Play) -> None:
    """All byte values pass both ways: no terminal setting translates or swallows any."""

    async def story(far: FarEnd) -> None:
        await far.port.write(bytes(range(256)))
        assert await far.hear(256) == bytes(range(256))
        await far.say(bytes(range(256)))
        assert b"".join([await far.port.read(1, LONG_S) for _byte in range(256)]) == bytes(range(256))

    play(story)


def test_silence_is_an_empty_answer(play: Play) -> None:
    """No reply is an ordinary event on a bus, so it is a value and not an exception."""

    async def story(far: FarEnd) -> None:
        assert await far.port.read(10, 0.01) == b""
        assert await far.port.read(10, 0) == b""

    play(story)


def test_read_waits_for_a_late_byte(play: Play) -> None:
    """A read that found nothing is woken by the first byte that comes."""

    async def story(far: FarEnd) -> None:
        reading = asyncio.ensure_future(far.port.read(10, LONG_S))
        await asyncio.sleep(0)
        await far.say(b"late")
        assert await reading == b"late"

    play(story)


def test_read_takes_no_more_than_it_may(play: Play) -> None:
    """What exceeds `max_bytes` stays for the next read."""

    async def story(far: FarEnd) -> None:
        await far.say(b"abcdef")
        assert await far.port.read(4, LONG_S) == b"abcd"
        assert await far.port.read(4, LONG_S) == b"ef"

    play(story)


def test_cancelled_read_loses_nothing(play: Play) -> None:
    """Giving up on a reply leaves the bytes for whoever reads next."""

    async def story(far: FarEnd) -> None:
        reading = asyncio.ensure_future(far.port.read(10, LONG_S))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await far.say(b"kept")
        assert await far.port.read(10, LONG_S) == b"kept"

    play(story)


def test_write_waits_while_the_line_is_full(play: Play) -> None:
    """More than the line holds goes out whole once the far end reads, and the loop runs on meanwhile."""

    async def story(far: FarEnd) -> None:
        writing = asyncio.ensure_future(far.port.write(BIG))
        await asyncio.sleep(0)
        assert not writing.done()
        assert await far.hear(len(BIG)) == BIG
        await writing

    play(story)


def test_unplugged_while_reading(play: Play) -> None:
    """A wire that goes away ends the read at once, not at its time-out."""

    async def story(far: FarEnd) -> None:
        reading = asyncio.ensure_future(far.port.read(10, LONG_S))
        await asyncio.sleep(0)
        far.hang_up()
        with pytest.raises(PortLostError):
            await reading

    play(story)


def test_unplugged_stays_unplugged(play: Play) -> None:
    """After a loss both directions say so every time: the way back is to open the name again."""

    async def story(far: FarEnd) -> None:
        far.hang_up()
        for _attempt in range(2):
            with pytest.raises(PortLostError):
                await far.port.read(10, LONG_S)
            with pytest.raises(PortLostError):
                await far.port.write(b"x")

    play(story)


def test_closing_wakes_the_reader(play: Play) -> None:
    """Nobody hangs on a port that this side has closed, and closing twice does nothing."""

    async def story(far: FarEnd) -> None:
        reading = asyncio.ensure_future(far.port.read(10, LONG_S))
        await asyncio.sleep(0)
        far.port.close()
        far.port.close()
        with pytest.raises(PortLostError):
            await reading
        with pytest.raises(PortLostError):
            await far.port.write(b"x")

    play(story)
