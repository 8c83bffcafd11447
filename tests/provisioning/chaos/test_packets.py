# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st

from provisioning.bench.chaos.packets import Packet, PacketKind, Splitter

CONNECT = bytes((0x10, 2)) + b"ab"
PUBLISH = bytes((0x32, 0x80, 0x01)) + bytes(128)
PINGREQ = bytes((0xC0, 0))


@given(st.lists(st.sampled_from((PUBLISH, PINGREQ)), max_size=5), st.integers(1, 40))
def test_any_cutting_gives_the_same_packets(more: list[bytes], size: int) -> None:
    """However a stream is cut into pieces, the same whole packets come out, and together they are the stream."""
    stream = CONNECT + b"".join(more)
    splitter = Splitter(PacketKind.CONNECT)
    packets = [p for at in range(0, len(stream), size) for p in splitter.feed(stream[at : at + size])]
    assert [packet.raw for packet in packets] == [CONNECT, *more]
    assert packets[0].kind is PacketKind.CONNECT
    assert {packet.kind for packet in packets[1:]} <= {PacketKind.PUBLISH, PacketKind.PINGREQ}


@given(st.lists(st.binary(min_size=1), min_size=1))
def test_what_is_no_mqtt_passes_as_it_came(pieces: list[bytes]) -> None:
    """Nothing is held back for ever: noise, TLS and monstrous lengths come out, in order and complete."""
    splitter = Splitter(PacketKind.CONNECT)
    tls = b"\x16" + b"".join(pieces)
    assert b"".join(packet.raw for packet in splitter.feed(tls)) == tls


def test_a_monstrous_length_is_not_waited_for() -> None:
    """A packet that claims 256 MB, or a length that never ends, turns the stream into mere bytes."""
    for head in (bytes((0x30, 0xFF, 0xFF, 0xFF, 0x7F)), bytes((0x30, 0xFF, 0xFF, 0xFF, 0xFF))):
        splitter = Splitter(PacketKind.CONNECT)
        assert splitter.feed(CONNECT + head + b"x") == [
            Packet(PacketKind.CONNECT, CONNECT),
            Packet(PacketKind.OPAQUE, head + b"x"),
        ]
        assert splitter.feed(b"y") == [Packet(PacketKind.OPAQUE, b"y")]
