# SPDX-License-Identifier: Apache-2.0
"""What a fault suite counted: faults put in, events accepted, and what went wrong with any of them."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over a suite. `accepted` events were promised durable; all that follows must stay 0."""

    faults: int = 0
    accepted: int = 0
    lost: int = 0
    duplicated: int = 0
    disordered: int = 0
    corrupt: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Tally)))

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled, out of order or corrupt."""
        return not (self.lost or self.duplicated or self.disordered or self.corrupt)

    def figures(self) -> dict[str, int]:
        """By name, for JSON."""
        return asdict(self)


class Suite(Protocol):
    """A module of this package that plays one kind of mishap, `NAME` and `MEANING` telling which."""

    NAME: str
    MEANING: str

    def play(self, seed: int, scale: float, folder: Path) -> Tally:
        """Play with chances drawn from `seed`; `scale` 1 is the full suite, 0.05 what a test can afford.

        `folder` is empty and the suite's own. Whatever it starts it ends.
        """
        ...
