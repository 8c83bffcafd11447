# SPDX-License-Identifier: Apache-2.0
"""Frames of a profile: made from what a sign is to show, and taken apart again. Driver and simulator share it."""

from collections.abc import Sequence
from typing import Literal, assert_never

from firmware_bridge.sign.messages import Show
from firmware_bridge.sign.parts import DARK, DASH, SEGMENTS, Address, Checksum, Constant, Digits, Order, Part
from firmware_bridge.sign.profile import Profile

BLANK_NIBBLE = 0xF
"""In packed decimal, what no digit is: signs show nothing for it."""


class FrameError(Exception):
    """These bytes are no frame of the profile; the message says where they are not."""


def encode(profile: Profile, show: Show, parts: Sequence[Part] | None = None) -> bytes:
    """The frame, or another of the profile's, such as its reply."""
    made = b""
    for part in profile.frame if parts is None else parts:
        match part:
            case Constant(data=data):
                made += data
            case Address(size=size, order=order):
                made += show.address.to_bytes(size, _byte_order(order))
            case Digits():
                made += _coded(part, _within(profile, show.value))
            case Checksum():
                made += part.over(made)
            case _:
                assert_never(part)
    return made


def decode(profile: Profile, frame: bytes, parts: Sequence[Part] | None = None) -> Show:
    """What a frame says. Raises `FrameError`."""
    layout = profile.frame if parts is None else parts
    if len(frame) != length(layout):
        raise FrameError(f"{len(frame)} bytes instead of {length(layout)}")
    address, value, at = 0, None, 0
    for part in layout:
        size = _size(part)
        piece, before, at = frame[at : at + size], frame[:at], at + size
        match part:
            case Constant(data=data):
                if piece != data:
                    raise FrameError(f"{piece.hex(' ')} where {data.hex(' ')} belongs")
            case Address(order=order):
                address = int.from_bytes(piece, _byte_order(order))
            case Digits():
                value = _read(part, piece)
            case Checksum():
                if piece != part.over(before):
                    raise FrameError(f"the sum is {piece.hex(' ')}, and should be {part.over(before).hex(' ')}")
            case _:
                assert_never(part)
    return Show(address, None if value == profile.unknown else value)


def length(parts: Sequence[Part]) -> int:
    """Bytes of a frame."""
    return sum(_size(part) for part in parts)


def _size(part: Part) -> int:
    return len(part.data) if isinstance(part, Constant) else part.size


def _within(profile: Profile, value: int | None) -> int | None:
    if value is None:
        return profile.unknown
    largest: int = 10**profile.digits - 1
    return max(0, min(value, largest))


def _coded(part: Digits, value: int | None) -> bytes:
    text = part.blank * part.digits if value is None else str(value).rjust(part.digits, part.pad)
    match part.encoding:
        case "ascii":
            return text.encode("ascii")
        case "segments":
            return bytes(SEGMENTS[int(sign)] if sign.isdigit() else DASH if sign == "-" else DARK for sign in text)
        case "bcd":
            text = text.rjust(2 * part.size, part.blank if value is None else part.pad)
            nibbles = [int(sign) if sign.isdigit() else BLANK_NIBBLE for sign in text]
            return bytes(high << 4 | low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True))
        case "binary":
            return (0 if value is None else value).to_bytes(2, "big")


def _read(part: Digits, piece: bytes) -> int | None:
    if part.encoding == "binary":
        return int.from_bytes(piece, "big")
    match part.encoding:
        case "ascii":
            text = piece.decode("ascii", "replace")
        case "segments":
            text = "".join(str(SEGMENTS.index(byte)) if byte in SEGMENTS else " " for byte in piece)
        case "bcd":
            text = piece.hex().replace("f", " ")
    text = text.strip()
    return int(text) if text.isdecimal() else None


def _byte_order(order: Order) -> Literal["big", "little"]:
    return "big" if order == "high-first" else "little"
