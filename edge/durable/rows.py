# SPDX-License-Identifier: Apache-2.0
"""What lies in the outbox: rows before they have a place, places, and rows as read back."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from edge.contract.words import Lane

LANE_NUMBER: Final = {Lane.URGENT: 1, Lane.RECORD: 2, Lane.STATE: 3, Lane.BLOB: 4, Lane.METRIC: 5}
"""Number of a lane on disk. Telemetry, the bulk, is last: appends at a tree's far right are the cheapest."""
LANE_OF: Final = {number: lane for lane, number in LANE_NUMBER.items()}
SEQ_BITS: Final = 48
"""Room for 89 years of a hundred thousand events a second."""
ROW_OVERHEAD: Final = 40
"""Bytes a row costs besides its body, as accounted."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """An event on its way in. `body` is `contract.envelope.event_body`; `key` makes a repeat harmless."""

    lane: Lane
    time_us: int
    uptime_ms: int
    clock: str
    body: bytes
    key: str | None = None


class Row(NamedTuple):
    """An event in its place. A tuple, since a drain makes tens of thousands of them a second."""

    seq: int
    time_us: int
    uptime_ms: int
    clock: str
    body: bytes
    boot: int = 0
    """Which start of the agent wrote it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: its lane and sequence."""

    lane: Lane
    seq: int

    @property
    def number(self) -> int:
        """The primary key on disk: lane number, then sequence."""
        return place_number(self.lane, self.seq)


def place_number(lane: Lane, seq: int) -> int:
    """The primary key of a row on disk."""
    return LANE_NUMBER[lane] << SEQ_BITS | seq


def place_of(number: int) -> Place:
    """A primary key taken apart."""
    return Place(LANE_OF[number >> SEQ_BITS], number & (1 << SEQ_BITS) - 1)


@dataclass(slots=True)
class LaneAccount:
    """Running totals of one lane, kept in memory by the writer and on disk with every commit."""

    last_seq: int = 0
    acked_seq: int = 0
    rows: int = 0
    bytes: int = 0
    shed_rows: int = 0
    shed_bytes: int = 0
