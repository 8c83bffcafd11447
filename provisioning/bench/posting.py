# SPDX-License-Identifier: Apache-2.0
"""What the hub's bookkeeping asks of a store: one posting in, durable as a whole, and the acks that may then be said.

What must always be true of a store, however many workers write into it at the same time:
- `commit` returns only when everything posted survives a power cut; a posting committed twice has the effect of one;
- the acks of one place (a device's epoch) never fall, and each carries a later time than the one before, in the order
  of the commits: an ack that is overtaken on its way is told by its time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from edge.contract.blobs import BlobRef
from edge.contract.outbox import Shed
from edge.contract.presence import Presence, Reported
from edge.contract.words import Lane
from provisioning.bench.blob_files import Piece
from provisioning.bench.intake import Batch
from provisioning.bench.ledger import Span, runs

REFUSED_KEPT: Final = 10_000
"""Refused messages on record at most: a device gone mad shall not fill the hub's disk."""
HEAD_BYTES: Final = 1024
"""So much is kept of what was refused, and of the reason."""
TICK: Final = timedelta(microseconds=1)
STEP_BACK: Final = timedelta(seconds=10)
"""A clock that is behind by more than this was set back, and its new time counts; less is waited out."""

Place = tuple[str, str]
"""Device and epoch: what one ack speaks of."""
LaneKey = tuple[str, str, Lane]
"""Device, epoch, lane."""


class StoreAwayError(Exception):
    """The store does not answer just now; the same again will do once it is back. The message says what was seen."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that broke the contract: where it came, why it was refused, how it began."""

    where: str
    reason: str
    head: bytes = b""


@dataclass(frozen=True, slots=True)
class ShedNote:
    """A range told by the event `id` that will never come."""

    place: Place
    id: str
    shed: Shed


@dataclass(frozen=True, slots=True)
class RefNote:
    """A blob that the event `id` refers to."""

    place: Place
    id: str
    ref: BlobRef


@dataclass(slots=True)
class Posting:
    """What one commit makes durable, in the order it came."""

    batches: list[Batch] = field(default_factory=list)
    pieces: list[tuple[Place, Piece]] = field(default_factory=list)
    sheds: list[ShedNote] = field(default_factory=list)
    refs: list[RefNote] = field(default_factory=list)
    presence: dict[str, Presence] = field(default_factory=dict)
    reported: dict[str, Reported] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    asked: set[Place] = field(default_factory=set)
    """Places that are to be told where the hub stands, whether or not anything came from them."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to make durable; acks may be asked for all the same."""
        rows = self.batches or self.pieces or self.sheds or self.refs or self.presence or self.reported
        return not (rows or self.refused)

    def settled(self) -> dict[LaneKey, list[Span]]:
        """What is in, or will never come, by lane; in an order that is the same for every worker."""
        spans: dict[LaneKey, list[Span]] = {}
        for batch in self.batches:
            spans.setdefault(batch.key, []).extend(runs(batch.sequences))
        for note in self.sheds:
            spans.setdefault((*note.place, note.shed.lane), []).append((note.shed.from_, note.shed.to))
        return dict(sorted(spans.items()))

    def by_blob(self) -> dict[str, list[Piece]]:
        """The pieces by blob; in an order that is the same for every worker."""
        pieces: dict[str, list[Piece]] = {}
        for _, piece in self.pieces:
            pieces.setdefault(piece.sha256, []).append(piece)
        return dict(sorted(pieces.items()))

    def places(self) -> list[Place]:
        """Every place this touches or asks of, sorted."""
        return sorted(self.asked | {(device, epoch) for device, epoch, _ in self.settled()})


@dataclass(frozen=True, slots=True)
class Said:
    """Where the hub stands with one place: a watermark for each lane it knows, at an instant of the store's clock."""

    place: Place
    acks: dict[Lane, int]
    at: datetime
    blobs: frozenset[str] = frozenset()
    """Of those that were sent or referred to just now, the ones that had been here whole before."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A lane of a device that is there, with what is missing below its highest sequence."""

    key: LaneKey
    watermark: int
    holes: list[Span]


class Store(Protocol):
    """Where a worker of the hub keeps its record."""

    def commit(self, posting: Posting) -> list[Said]:
        """Make it durable; where the hub now stands with every place of it that has lanes, sorted by place.

        Raises `StoreAwayError`; whether the posting is in is then unknown, and posting it again is right either way.
        """

    def standing(self) -> Iterable[Standing]:
        """Lanes with holes, of devices that are there."""

    def devices(self) -> list[str]:
        """Every device that ever said a word."""

    def close(self) -> None:
        """Let go. What was not committed is as if it had never come."""


def said_after(now: datetime, before: datetime | None) -> datetime:
    """The instant of an ack: the present, but later than the ack before it unless the clock was set back."""
    if before is None or now > before or now < before - STEP_BACK:
        return now
    return before + TICK


def here_before(posting: Posting, there: frozenset[str] | set[str]) -> dict[Place, set[str]]:
    """Which places need not send a blob (again), `there` being those that are whole."""
    here: dict[Place, set[str]] = {}
    for place, sha256 in named_blobs(posting):
        if sha256 in there:
            here.setdefault(place, set()).add(sha256)
    return here


def named_blobs(posting: Posting) -> Iterator[tuple[Place, str]]:
    """Every blob that was sent a piece of, or referred to, and by whom."""
    for place, piece in posting.pieces:
        yield place, piece.sha256
    for note in posting.refs:
        yield note.place, note.ref.sha256
