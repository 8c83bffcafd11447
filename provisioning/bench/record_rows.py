# SPDX-License-Identifier: Apache-2.0
"""What a look at the hub's record gives: lanes, devices, cases and their pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from edge.contract.words import Lane

Row = Mapping[str, Any]


class Reader(Protocol):
    """A look at a record, in the SQL that SQLite and PostgreSQL have in common, with `?` for each value."""

    def rows(self, query: str, *values: str | int) -> list[Row]:
        """What the query gives, by name of column."""

    def gaps(self) -> int:
        """Sequences missing below the highest of their lane, over all lanes."""

    def close(self) -> None:
        """Let go."""


@dataclass(frozen=True, slots=True)
class LaneCount:
    """One lane of one epoch of a device. `expected` leaves out what the device told it had to shed."""

    device: str
    epoch: str
    lane: Lane
    expected: int
    received: int
    shed: int
    duplicates: int

    @property
    def lost(self) -> int:
        """Sequences below the highest that neither came nor were told as shed."""
        return self.expected - self.received


@dataclass(frozen=True, slots=True)
class Picture:
    """A photograph of a case, and whether its bytes are here and have the right hash."""

    sha256: str
    media_type: str
    view: str
    taken_at: str
    verified: bool


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case as received, newest first when listed. `data` is the device's own and is not to be trusted."""

    device: str
    case: str
    received_at: str
    data: dict[str, Any]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device by its last word on whether it is there, heard at `since`, with what the hub has of it."""

    device: str
    online: bool
    since: str
    agent: str
    role: str
    rows: int
