# SPDX-License-Identifier: Apache-2.0
"""Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999): packets free of zeros, each ended by one zero.

Bytes in, packets out; no wire and no clock. After any damage the next zero puts the decoder right again.
"""

from dataclasses import dataclass

from firmware_bridge.framing.delimited import Overlong, Piece, Splitter

END = b"\x00"
_LONGEST_RUN = 254
"""A code byte counts itself and the bytes to the next zero: FF is 254 bytes with no zero after them."""


@dataclass(frozen=True)
class Packet:
    """A packet as its sender gave it."""

    data: bytes


@dataclass(frozen=True)
class Damaged:
    """Bytes that were no packet, and why. What they carried is for the sender to say again."""

    dropped_bytes: int
    why: str


def encode(packet: bytes) -> bytes:
    """One frame with its closing zero; at most one byte in 254 longer, plus two."""
    frame = bytearray()
    runs = packet.split(END)
    for last, run in ((index == len(runs) - 1, run) for index, run in enumerate(runs)):
        full, rest = divmod(len(run), _LONGEST_RUN)
        for start in range(0, full * _LONGEST_RUN, _LONGEST_RUN):
            frame += b"\xff" + run[start : start + _LONGEST_RUN]
        # A packet that ends with a full run needs no code byte after it.
        if rest or not last or not full:
            frame.append(rest + 1)
            frame += run[full * _LONGEST_RUN :]
    return bytes(frame) + END


def max_frame_bytes(packet_bytes: int) -> int:
    """Length of the longest frame, closing zero left out, that a packet of `packet_bytes` can become."""
    return packet_bytes + packet_bytes // _LONGEST_RUN + 1


class Decoder:
    """Incremental decoder with a capped buffer."""

    def __init__(self, max_packet_bytes: int) -> None:
        """A frame that could only hold a longer packet is dropped and reported."""
        self._splitter = Splitter(END, max_frame_bytes(max_packet_bytes))
        self._max_packet_bytes = max_packet_bytes

    def feed(self, data: bytes) -> tuple[Packet | Damaged, ...]:
        """What `data` completes, in order. Zeros beyond the one that ends a frame are idle line and mean nothing."""
        return tuple(self._decoded(piece) for piece in self._splitter.feed(data))

    def reset(self) -> None:
        """Forget a frame that has begun."""
        self._splitter.reset()

    def _decoded(self, piece: Piece | Overlong) -> Packet | Damaged:
        if isinstance(piece, Overlong):
            return Damaged(piece.dropped_bytes, "longer than any packet we accept")
        packet = _unstuffed(piece.data)
        if packet is None:
            return Damaged(len(piece.data), "ends before its last code byte says")
        if len(packet) > self._max_packet_bytes:
            return Damaged(len(piece.data), "longer than any packet we accept")
        return Packet(packet)


def _unstuffed(frame: bytes) -> bytes | None:
    packet = bytearray()
    at = 0
    while at < len(frame):
        end = at + frame[at]
        if end > len(frame):
            return None
        packet += frame[at + 1 : end]
        if frame[at] <= _LONGEST_RUN and end < len(frame):
            packet += END
        at = end
    return bytes(packet)
