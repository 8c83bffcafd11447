# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.framing.cobs import Damaged, Decoder, Packet, encode, max_frame_bytes

PACKETS = st.one_of(
    st.binary(max_size=40),
    st.binary(min_size=250, max_size=260),
    st.integers(250, 520).map(lambda size: b"\x01" * size),
    st.lists(st.sampled_from([b"\x00", b"\x01" * 253, b"\x01" * 254, b"\xff"]), max_size=6).map(b"".join),
)
ONE_TO_FE = bytes(range(1, 0xFF))


@pytest.mark.parametrize(
    ("packet", "frame"),
    [
        (b"", b"\x01\x00"),
        (b"\x00", b"\x01\x01\x00"),
        (b"\x00\x00", b"\x01\x01\x01\x00"),
        (b"\x11\x22\x00\x33", b"\x03\x11\x22\x02\x33\x00"),
        (b"\x11\x00\x00\x00", b"\x02\x11\x01\x01\x01\x00"),
        (ONE_TO_FE, b"\xff" + ONE_TO_FE + b"\x00"),
        (b"\x00" + ONE_TO_FE, b"\x01\xff" + ONE_TO_FE + b"\x00"),
        (ONE_TO_FE + b"\xff", b"\xff" + ONE_TO_FE + b"\x02\xff\x00"),
        (ONE_TO_FE + b"\x00", b"\xff" + ONE_TO_FE + b"\x01\x01\x00"),
    ],
)
def test_frames_are_those_of_the_paper(packet: bytes, frame: bytes) -> None:
    """The published examples, with the runs of 254 where encoders go wrong, come out byte for byte and back."""
    assert encode(packet) == frame
    assert Decoder(len(packet)).feed(frame) == (Packet(packet),)


@given(PACKETS)
def test_frame_has_one_zero_and_a_known_length(packet: bytes) -> None:
    """A receiver can cut at zeros and size its buffer."""
    frame = encode(packet)
    assert frame.index(0) == len(frame) - 1
    assert len(frame) - 1 <= max_frame_bytes(len(packet))


@given(st.lists(PACKETS, max_size=4), st.integers(1, 300))
def test_every_packet_comes_back_in_any_portions(packets: list[bytes], portion_bytes: int) -> None:
    """Packets survive encoding, joining, and being cut anywhere."""
    stream = b"".join(encode(packet) for packet in packets)
    decoder = Decoder(2000)
    found = [
        packet
        for start in range(0, len(stream), portion_bytes)
        for packet in decoder.feed(stream[start : start + portion_bytes])
    ]
    assert found == [Packet(packet) for packet in packets]


@given(st.binary(max_size=400), PACKETS)
def test_noise_costs_no_packet_after_the_next_zero(noise: bytes, packet: bytes) -> None:
    """Whatever came before, a zero puts the decoder right for the frame that follows."""
    decoder = Decoder(2000)
    decoder.feed(noise)
    assert decoder.feed(b"\x00" + encode(packet))[-1] == Packet(packet)


def test_frame_cut_short_is_reported() -> None:
    """A code byte that promises more than came is damage, not a shorter packet."""
    assert Decoder(100).feed(b"\x05\x11\x22\x00") == (Damaged(3, "ends before its last code byte says"),)


def test_packet_above_the_cap_is_reported() -> None:
    """The cap counts the packet, whether the frame's length or its content gives it away."""
    decoder = Decoder(4)
    assert [type(found) for found in decoder.feed(encode(b"12345") + encode(b"1234567890") + encode(b"1234"))] == [
        Damaged,
        Damaged,
        Packet,
    ]


def test_reset_forgets_half_a_frame() -> None:
    """Half a frame from before a port was opened anew does not spoil the first new one."""
    decoder = Decoder(100)
    decoder.feed(b"\x05\x11")
    decoder.reset()
    assert decoder.feed(encode(b"new")) == (Packet(b"new"),)
