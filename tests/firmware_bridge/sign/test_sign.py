# SPDX-License-Identifier: Apache-2.0
import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.port import Port
from firmware_bridge.ports.memory_port import joined
from firmware_bridge.sign.codec import FrameError, decode, encode, length
from firmware_bridge.sign.driver import SignSilentError, show
from firmware_bridge.sign.messages import Show
from firmware_bridge.sign.profile import ProfileError, read_profile, shipped
from firmware_bridge.sign.simulator import SignSimulator

OWN = """
name = "own"
[value]
digits = 3
encoding = "{encoding}"
pad = " "
blank = "{blank}"
[[frame]]
part = "address"
size = 2
order = "low-first"
[[frame]]
part = "digits"
[[frame]]
part = "checksum"
of = "{sum}"
from = 1
[reply]
within_s = {within_s}
[[reply.frame]]
bytes = "06"
[[reply.frame]]
part = "address"
size = 2
"""


def own(folder: Path, encoding: str = "bcd", sum_: str = "xor8", within_s: float = 60.0) -> str:
    """A maker's own profile in a file."""
    file, text = folder / "own.toml", OWN.replace("{within_s}", str(within_s))
    file.write_text(text.replace("{encoding}", encoding).replace("{blank}", "-").replace("{sum}", sum_), "utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("name", "value", "frame"),
    [
        ("led-ascii", 7, "aa 55 03 01 30 30 37 9a 0d"),
        ("led-ascii", None, "aa 55 03 01 2d 2d 2d 8a 0d"),
        ("led-modbus", 123, "03 06 00 00 00 7b c8 0b"),
        ("led-modbus", 123456, "03 06 00 00 27 0f d3 dc"),
        ("led-modbus", None, "03 06 00 00 ff ff 89 98"),
    ],
)
def test_frames_are_these_bytes(name: str, value: int | None, frame: str) -> None:
    """A sign on a pole cannot be updated with us: what it is sent is pinned."""
    assert encode(read_profile(name), Show(3, value)).hex(" ") == frame


@pytest.mark.parametrize("encoding", ["ascii", "bcd", "binary", "segments"])
@pytest.mark.parametrize("sum_", ["sum8", "xor8", "lrc", "crc16-modbus"])
def test_a_profile_of_ones_own_reads_back_what_it_says(tmp_path: Path, encoding: str, sum_: str) -> None:
    """Every coding and every sum, both ways, for every number a sign can show."""
    profile = read_profile(own(tmp_path, encoding, sum_=sum_))
    for value in (0, 7, 40, 999):
        assert decode(profile, encode(profile, Show(513, value))) == Show(513, value)
    if encoding != "binary":
        assert decode(profile, encode(profile, Show(513, None))) == Show(513, None)


@given(st.integers(0, 255), st.none() | st.integers(0, 99_999), st.integers(0, 7), st.integers(1, 255))
def test_a_frame_with_one_byte_changed_is_refused_or_differs(address: int, value: int | None, at: int, by: int) -> None:
    """Noise on the bus never shows as the number that was meant for another sign."""
    profile = read_profile("led-modbus")
    frame = bytearray(encode(profile, Show(address, value)))
    frame[at] ^= by
    with pytest.raises(FrameError):
        decode(profile, bytes(frame))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("name = 1", "value"),
        ("name = 'x'\n[value]\ndigits = 12\n[[frame]]\npart = 'digits'", "1 to 8"),
        ("name = 'x'\n[value]\ndigits = 3\n[[frame]]\nbytes = '00'", "no digits"),
        ("name = 'x'\n[value]\ndigits = 3\n[[frame]]\npart = 'colour'", "not understood"),
        ("name = 'x'\nframe = []\n[value]\ndigits = 3", "1 to 32 parts"),
        ("name = 'x'\n[value]\ndigits = 3\nencoding = 'morse'\n[[frame]]\npart = 'digits'", "morse"),
        ("name = ", "Invalid"),
    ],
)
def test_a_profile_that_cannot_be_used_says_why(tmp_path: Path, table: str, said: str) -> None:
    """Whoever writes one down finds his slip by the message."""
    file = tmp_path / "slip.toml"
    file.write_text(table, "utf-8")
    with pytest.raises(ProfileError, match=said):
        read_profile(str(file))


def test_a_name_that_is_no_profile_is_told_those_that_are() -> None:
    """Misspelt names are the usual case."""
    assert shipped() == ["led-ascii", "led-modbus"]
    with pytest.raises(ProfileError, match="led-ascii, led-modbus come along"):
        read_profile("led-asci")


def test_signs_share_a_bus_and_each_shows_its_own_number(tmp_path: Path) -> None:
    """Over a wire that splits frames anywhere; a sign hears its own address alone."""
    profile = read_profile(own(tmp_path))
    signs = SignSimulator(profile, frozenset({1, 2}))
    for what in (Show(1, 5), Show(2, None), Show(3, 9)):
        for byte in encode(profile, what):
            signs.feed(bytes([byte]))
    assert signs.shown == {1: 5, 2: None}


def test_a_sign_that_is_deaf_once_is_told_again_and_one_that_stays_so_is_named(tmp_path: Path) -> None:
    """Three tries; the number is the same, so telling it again does no harm."""
    profile = read_profile(own(tmp_path, within_s=0.5))
    signs = SignSimulator(profile, frozenset({1}))

    async def told() -> None:
        near, far = joined()
        async with asyncio.TaskGroup() as group:
            answering = group.create_task(answered(far, signs))
            signs.deaf = 1
            await show(near, profile, Show(1, 12))
            assert signs.shown == {1: 12}
            signs.deaf = 9
            with pytest.raises(SignSilentError, match="no answer"):
                await show(near, profile, Show(1, 13))
            answering.cancel()

    asyncio.run(told())


def test_an_answer_of_another_sign_is_none(tmp_path: Path) -> None:
    """Two signs with crossed addresses must not look like one that works."""
    profile = read_profile(own(tmp_path))

    async def told() -> None:
        near, far = joined()
        other = encode(profile, Show(2, 0), profile.reply)
        async with asyncio.TaskGroup() as group:
            answering = group.create_task(parroted(far, length(profile.frame), other))
            with pytest.raises(SignSilentError, match="sign 2 answered"):
                await show(near, profile, Show(1, 13))
            answering.cancel()

    asyncio.run(told())


async def answered(port: Port, signs: SignSimulator) -> None:
    """The far end of a bus."""
    while True:
        await port.write(signs.feed(await port.read(64, 200.0)))


async def parroted(port: Port, size: int, answer: bytes) -> None:
    """Somebody who gives the same answer to every frame."""
    held = b""
    while True:
        held += await port.read(64, 200.0)
        if len(held) >= size:
            held = b""
            await port.write(answer)
