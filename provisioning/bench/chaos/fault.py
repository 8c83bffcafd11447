# SPDX-License-Identifier: Apache-2.0
"""What can befall a connection: the words of a plan. One fault is one JSON line, so that a run can be shown again."""

from enum import StrEnum
from typing import Final, Self

from pydantic import Field, model_validator

from edge.contract.words import Said
from provisioning.bench.chaos.packets import PacketKind


class Kind(StrEnum):
    """Faults, first those that leave the line whole, then those that end it, then those that let none begin."""

    SWALLOW = "swallow"
    """`many` packets of kind `packet`, from the one with number `after` on, vanish; all others pass."""
    DELAY = "delay"
    """What comes after `after` bytes waits `ms` once, and all behind it."""
    JITTER = "jitter"
    """Each of the next `many` packets waits up to `ms`."""
    SLOW = "slow"
    """The next `many` bytes pass at `rate` bytes a second."""
    BYTE_WISE = "byte-wise"
    """The next `many` bytes come one by one."""

    HALF = "half"
    """The bytes up to there are delivered, then both ends see an end of file."""
    RESET = "reset"
    """The same with RST, which throws away what was still under way."""
    BLACK_HOLE = "black-hole"
    """From then on everything is swallowed, one way or both, and nobody is told."""
    HALF_OPEN = "half-open"
    """The end that `way` points to is gone, and the other is not told."""

    REFUSE = "refuse"
    """The connection is reset before a byte has passed."""
    MUTE = "mute"
    """It is accepted, and nobody ever answers."""


class Way(StrEnum):
    """Direction, seen from the device."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


CLOSED: Final = frozenset({Kind.REFUSE, Kind.MUTE})
"""Strike when a connection is made."""
ENDING: Final = frozenset({Kind.HALF, Kind.RESET, Kind.BLACK_HOLE, Kind.HALF_OPEN})
"""After these, nothing useful passes on that connection."""
_NEEDS: Final = {
    Kind.SWALLOW: ("packet", "after", "many"),
    Kind.DELAY: ("ms",),
    Kind.JITTER: ("ms", "many"),
    Kind.SLOW: ("rate", "many"),
    Kind.BYTE_WISE: ("many",),
}


class Fault(Said):
    """One fault: in whose turn it comes, where it strikes, and how.

    A turn is one connection's fate. Connections take the turns in order; what of a turn has not struck when its
    connection ends, the next connection suffers. A fault that ends the line waits for the others of its turn.
    """

    turn: int = Field(ge=0)
    kind: Kind
    way: Way = Way.UP
    after: int = Field(default=0, ge=0, description="bytes that came this way, or the number of a packet of its kind")
    packet: PacketKind | None = None
    many: int = Field(default=0, ge=0)
    ms: int = Field(default=0, ge=0, le=60_000)
    rate: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = [name for name in _NEEDS.get(self.kind, ()) if not getattr(self, name)]
        if missing:
            raise ValueError(f"{self.kind.value} needs {' and '.join(missing)}")
        if self.way is Way.BOTH and self.kind is not Kind.BLACK_HOLE:
            raise ValueError(f"{self.kind.value} strikes one way only")
        return self

    @property
    def counted(self) -> Way:
        """The way whose bytes or packets are counted for it."""
        return Way.UP if self.way is Way.BOTH else self.way
