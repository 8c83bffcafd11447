# SPDX-License-Identifier: Apache-2.0
"""What the bridge needs of a wire to a board: read, write, close. A real serial port is one kind, memory is another.

Invariants every port keeps:
1. One reader and one writer at a time; reading and writing may overlap.
2. A cancelled read has taken no bytes, so that giving up on a reply never costs the next one.
3. A port that is lost stays lost: the way back is to open its name again, which may by then be another device node.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class PortLostError(Exception):
    """The wire is gone (unplugged, hung up, closed). Next: close the port and open its name again after a pause."""


class PortOpenError(Exception):
    """The port cannot be had: missing, in use, or it refuses the settings. Next: correct what the message names."""


class Parity(StrEnum):
    """The parity bit, by the letter that data sheets use in 8N1, 8E1, 7O1."""

    NONE = "N"
    EVEN = "E"
    ODD = "O"


@dataclass(frozen=True)
class LineSettings:
    """How both ends agree to shape a byte; 9600 8N1 unless said otherwise."""

    baud: int = 9600
    data_bits: int = 8
    parity: Parity = Parity.NONE
    stop_bits: int = 1


class Port(Protocol):
    """One open wire to one board or one bus of boards."""

    @property
    def name(self) -> str:
        """The name it was opened by, for logs and for opening it again."""
        ...

    async def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """The 1 to `max_bytes` bytes that came first, or none after `timeout_s`. Raises `PortLostError`."""
        ...

    async def write(self, data: bytes) -> None:
        """Hand over all of `data`, waiting while the line is full. Raises `PortLostError`."""
        ...

    def close(self) -> None:
        """Let go of the wire; whoever waits on it gets `PortLostError`. Closing twice does nothing."""
        ...
