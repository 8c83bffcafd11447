# SPDX-License-Identifier: Apache-2.0
"""Shows numbers on the signs of one bus. The same number again does no harm, so a frame without answer is repeated."""

import asyncio

from firmware_bridge.port import Port
from firmware_bridge.sign.codec import FrameError, decode, encode, length
from firmware_bridge.sign.messages import Show
from firmware_bridge.sign.profile import Profile

TRIES = 3
QUIET_S = 0.05
"""A bus is left alone for so long between frames; Modbus RTU asks for 3.5 characters, 4 ms at 9600 baud."""


class SignSilentError(Exception):
    """A sign that answers has not answered, or not rightly. Next: look at its power, its wires and its address."""


async def show(port: Port, profile: Profile, what: Show) -> None:
    """Send the number and, where the profile has an answer, wait for it. Raises `SignSilentError`, `PortLostError`."""
    frame = encode(profile, what)
    if profile.reply is None:
        await port.write(frame)
        await asyncio.sleep(QUIET_S)
        return
    wrong = "no answer"
    for _ in range(TRIES):
        await _emptied(port)
        await port.write(frame)
        answer = await _answer(port, length(profile.reply), profile.reply_within_s)
        try:
            said = decode(profile, answer, profile.reply)
        except FrameError as error:
            wrong = str(error) if answer else "no answer"
            continue
        if said.address == what.address:
            return
        wrong = f"sign {said.address} answered"
    raise SignSilentError(f"sign {what.address}: {wrong}, {TRIES} times")


async def _emptied(port: Port) -> None:
    """What comes late, from a frame that was given up, must not be taken for the answer to the next."""
    while await port.read(256, QUIET_S):
        pass


async def _answer(port: Port, size: int, within_s: float) -> bytes:
    loop = asyncio.get_running_loop()
    until, got = loop.time() + within_s, b""
    while len(got) < size and (left_s := until - loop.time()) > 0:
        got += await port.read(size - len(got), left_s)
    return got
