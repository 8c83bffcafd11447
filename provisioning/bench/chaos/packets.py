# SPDX-License-Identifier: Apache-2.0
"""Where one MQTT packet ends and the next begins, so that a single one can be taken out of a stream.

What must always be true: the packets of a stream, put end to end, are the stream; what is no MQTT passes as it came.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_MOST_BYTES: Final = 4 * 1024 * 1024
"""A packet that claims to be longer is not waited for: the stream is passed on as bytes from there."""
_LENGTH_BYTES: Final = 4
_SEVEN_BITS: Final = 0x7F
_MORE: Final = 0x80


class PacketKind(StrEnum):
    """MQTT control packets in the order of their numbers (MQTT 5.0, 2.1.2), and bytes that are none."""

    OPAQUE = "opaque"
    CONNECT = "connect"
    CONNACK = "connack"
    PUBLISH = "publish"
    PUBACK = "puback"
    PUBREC = "pubrec"
    PUBREL = "pubrel"
    PUBCOMP = "pubcomp"
    SUBSCRIBE = "subscribe"
    SUBACK = "suback"
    UNSUBSCRIBE = "unsubscribe"
    UNSUBACK = "unsuback"
    PINGREQ = "pingreq"
    PINGRESP = "pingresp"
    DISCONNECT = "disconnect"
    AUTH = "auth"


_KINDS: Final = tuple(PacketKind)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as it stood in the stream, or a piece of a stream that holds no packets."""

    kind: PacketKind
    raw: bytes


class Splitter:
    """One way of one connection: bytes in as they come, whole packets out."""

    def __init__(self, first: PacketKind) -> None:
        """A stream that does not begin with `first` is not MQTT (but perhaps TLS)."""
        # The whole byte: the flags of a greeting are zero, while TLS begins with 0x16.
        self._begins: bytes | None = bytes((_KINDS.index(first) << 4,))
        self._held = b""
        self._opaque = False

    def feed(self, piece: bytes) -> list[Packet]:
        """The packets that are complete now."""
        self._held += piece
        packets: list[Packet] = []
        while self._held and not self._opaque:
            kind = _KINDS[self._held[0] >> 4]
            if kind is PacketKind.OPAQUE or self._begins not in {None, self._held[:1]}:
                self._opaque = True
                break
            self._begins = None
            size = _size(self._held)
            if size is None or size > len(self._held):
                self._opaque = size is not None and size > _MOST_BYTES
                break
            packets.append(Packet(kind, self._held[:size]))
            self._held = self._held[size:]
        if self._opaque and self._held:
            packets.append(Packet(PacketKind.OPAQUE, self._held))
            self._held = b""
        return packets


def _size(begun: bytes) -> int | None:
    """How long the packet that begins here is in all; None while its length is not there yet."""
    size = 0
    for place, byte in enumerate(begun[1 : 1 + _LENGTH_BYTES]):
        size |= (byte & _SEVEN_BITS) << (7 * place)
        if not byte & _MORE:
            return 2 + place + size
    return None if len(begun) <= _LENGTH_BYTES else _MOST_BYTES + 1
