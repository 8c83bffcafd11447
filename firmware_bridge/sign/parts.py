# SPDX-License-Identifier: Apache-2.0
"""The parts a sign's frame is made of, each with its size, so that a frame can be made and taken apart by one list."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Literal

from firmware_bridge.framing.checksums import crc16_modbus, lrc

Encoding = Literal["ascii", "bcd", "binary", "segments"]
Order = Literal["high-first", "low-first"]
Sum = Literal["sum8", "xor8", "lrc", "crc16-modbus"]

SEGMENTS = (0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F)
"""Digits 0 to 9 on seven segments, bit 0 the upper one and on clockwise, bit 6 the middle."""
DASH, DARK = 0x40, 0x00


@dataclass(frozen=True)
class Constant:
    """Bytes that are always the same."""

    data: bytes


@dataclass(frozen=True)
class Address:
    """Which sign of the bus is meant."""

    size: int
    order: Order


@dataclass(frozen=True)
class Digits:
    """The number. `pad` stands before it ("0" or " "), `blank` in place of it when there is none."""

    digits: int
    encoding: Encoding
    pad: str
    blank: str

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        match self.encoding:
            case "ascii" | "segments":
                return self.digits
            case "bcd":
                return (self.digits + 1) // 2
            case "binary":
                return 2


@dataclass(frozen=True)
class Checksum:
    """A sum over everything from the byte `first` on up to itself."""

    of: Sum
    first: int
    order: Order

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 2 if self.of == "crc16-modbus" else 1

    def over(self, data: bytes) -> bytes:
        """The sum of a frame's bytes so far."""
        part = data[self.first :]
        sums: dict[Sum, Callable[[bytes], int]] = {
            "sum8": lambda some: sum(some) & 0xFF,
            "xor8": lambda some: reduce(xor, some, 0),
            "lrc": lrc,
            "crc16-modbus": crc16_modbus,
        }
        total = sums[self.of](part)
        return total.to_bytes(self.size, "big" if self.order == "high-first" else "little")


Part = Constant | Address | Digits | Checksum
