# SPDX-License-Identifier: Apache-2.0
"""What the device promised against what the hub has: the one place where a loss, a double or a disorder is found."""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from provisioning.bench.record import Record
from tests.faults.tally import Tally
from tests.scenarios.load import LOAD_TYPE, Line

_ALL: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """One row of the hub, as the load's programs can know it again. `whole` if its bytes are those that were sent."""

    source: str
    id: str
    lane: str
    emitter: str
    n: int
    whole: bool = True


def audit(
    record: Record, accepted: Sequence[Line], told_gone: frozenset[str] = frozenset(), *, by_arrival: bool = False
) -> Tally:
    """Hold a hub's record against what was accepted; `told_gone` was told as no longer held.

    `by_arrival` asks for more than the wire promises, where order is the sequence's: that events also arrived in it.
    """
    arrivals = list(read_arrivals(record))
    found = compare(accepted, arrivals, told_gone)
    return Tally(
        accepted=len(accepted),
        lost=max(found.lost, record.lost(), record.gaps()),
        duplicated=max(found.duplicated, record.duplicated()),
        disordered=found.disordered + (overtaken(arrivals) if by_arrival else 0),
        corrupt=found.corrupt + record.refused_count() + record.blobs_expected() - record.blobs_verified(),
    )


def read_arrivals(record: Record) -> Iterator[Arrival]:
    """What the load sent and the hub has, in the order in which it first came."""
    for event in reversed(record.events(f"%{LOAD_TYPE}", most=_ALL)):
        yield _arrival(event)


def compare(accepted: Sequence[Line], arrivals: Sequence[Arrival], told_gone: frozenset[str] = frozenset()) -> Tally:
    """The bare comparison, of values alone."""
    there = {arrival.id: arrival for arrival in arrivals}
    due = {line.id: line for line in accepted}
    facts = {(arrival.emitter, arrival.n, arrival.id) for arrival in arrivals}
    told_twice = Counter((emitter, n) for emitter, n, _ in facts)
    return Tally(
        accepted=len(accepted),
        lost=len(due.keys() - there.keys() - told_gone),
        duplicated=len(arrivals) - len(there) + sum(count - 1 for count in told_twice.values()),
        disordered=_disordered(accepted),
        corrupt=sum(not _same(due.get(named), arrival) for named, arrival in there.items()),
    )


def overtaken(arrivals: Iterable[Arrival]) -> int:
    """Events that arrived after a later one of their lane and epoch."""
    highest: dict[tuple[str, str, str], int] = {}
    late = 0
    for arrival in arrivals:
        epoch, lane, seq = arrival.id.split("-")
        lane_of = (arrival.source, epoch, lane)
        late += int(seq) < highest.get(lane_of, 0)
        highest[lane_of] = max(int(seq), highest.get(lane_of, 0))
    return late


def _disordered(accepted: Iterable[Line]) -> int:
    """In each lane of one epoch, an emitter's later event must have the higher sequence."""
    streams: dict[tuple[str, str, str], list[int]] = {}
    for line in accepted:
        epoch, _, seq = line.id.split("-")
        streams.setdefault((line.emitter, epoch, line.lane.value), []).append(int(seq))
    return sum(before >= after for seqs in streams.values() for before, after in pairwise(seqs))


def _same(line: Line | None, arrival: Arrival) -> bool:
    """Whether what arrived is what was asked for; what nobody asked for is not."""
    if line is None or not arrival.whole:
        return False
    return (line.emitter, line.n, line.lane.value) == (arrival.emitter, arrival.n, arrival.lane)


def _arrival(event: dict[str, Any]) -> Arrival:
    data = event["data"]
    whole = zlib.crc32(data["pad"].encode()) == data["sum"] and f"-{event['lane']}-" in event["id"]
    return Arrival(event["source"], event["id"], event["lane"], data["emitter"], data["n"], whole)
