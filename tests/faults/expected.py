# SPDX-License-Identifier: Apache-2.0
"""What a store must and may hold, by the ledger of what was asked of it and what it answered."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Final

from edge.contract.blobs import MAX_CHUNK_BYTES
from edge.contract.words import Lane
from tests.faults.store_play import Op, Told, picture_of

_AGAIN: Final = 20

Key = tuple[int, int]
"""Who asked for a row: number of the operation and the row's index in it; `chunk_index` of a picture's chunk."""


class Expected:
    """What the ledger has told so far. Memory grows with what is held, hardly with what was."""

    def __init__(self, *, sheds_by_itself: bool = False) -> None:
        """Nothing yet. With `sheds_by_itself`, rows may go unasked if the store tells of it."""
        self.sheds_by_itself = sheds_by_itself
        self.asked = 0
        """The highest number so far."""
        self.open: dict[int, Op] = {}
        """Not answered, or refused."""
        self.first = 1
        """Where the store's present owner began; what an earlier one left open may have gone through more since."""
        self.refused: set[int] = set()
        self.codes: set[str] = set()
        """Problems that operations were refused with."""
        self.held: dict[Lane, dict[int, Key]] = {lane: {} for lane in Lane}
        self.last: Counter[Lane] = Counter()
        self.through: Counter[Lane] = Counter()
        self.shed: dict[Lane, list[tuple[int, int]]] = {lane: [] for lane in Lane}
        self.state = 0
        self.recent: deque[tuple[Op, Told]] = deque(maxlen=_AGAIN)
        """Keyed operations that a caller who missed the answer might ask for again."""
        self.pictures: dict[str, int] = {}
        """SHA-256 to the number of the operation."""
        self.accepted = 0
        self._chunks: dict[int, tuple[int, int]] = {}

    def hear(self, lines: Iterable[Op | Told]) -> None:
        """Take in more of the ledger."""
        for line in lines:
            if isinstance(line, Op):
                self.open[line.n] = line
                self.refused.discard(line.n)
                self.asked = max(self.asked, line.n)
                if line.way:
                    self.pictures[picture_of(line)[1].sha256] = line.n
            elif line.refused:
                self.refused.add(line.n)
                self.codes.add(line.refused)
            else:
                self._done(self.open.pop(line.n), line)

    def restarted(self) -> None:
        """A new owner asks from here on."""
        self.first = self.asked + 1

    def may_be_gone(self, lane: Lane, seq: int) -> bool:
        """Whether somebody asked for a row to be forgotten or shed, and be it in vain."""
        forgotten = any(op.forget is lane and seq <= op.through for op in self.open.values())
        return forgotten or seq <= self.through[lane] or self.may_be_shed(lane, seq)

    def may_be_shed(self, lane: Lane, seq: int) -> bool:
        """Whether somebody asked for a row to be given up."""
        open_sheds = (shed for op in self.open.values() for shed in self._sheds(op))
        return any(first <= seq <= last for first, last in self.shed[lane]) or any(
            its is lane and first <= seq <= last for its, first, last in open_sheds
        )

    def _done(self, op: Op, told: Told) -> None:
        self.accepted += len(told.places)
        for (lane, seq), key in zip(told.places, keys_of(op), strict=True):
            self.held[lane][seq] = key
            self.last[lane] = max(self.last[lane], seq)
        if op.way:
            chunks = [seq for lane, seq in told.places if lane is Lane.BLOB]
            self._chunks[op.n] = (min(chunks), max(chunks))
        if op.state:
            self.state = op.n
        if op.keyed:
            self.recent.append((op, told))
        if op.forget is not None:
            self.through[op.forget] = max(self.through[op.forget], op.through)
            self._let_go(op.forget, 0, op.through)
        for lane, first, last in self._sheds(op):
            self.shed[lane].append((first, last))
            self._let_go(lane, first, last)

    def _sheds(self, op: Op) -> Iterator[tuple[Lane, int, int]]:
        if op.shed:
            yield op.shed
        if op.skip and op.skip in self._chunks:
            yield (Lane.BLOB, *self._chunks[op.skip])

    def _let_go(self, lane: Lane, first: int, last: int) -> None:
        for seq in [seq for seq in self.held[lane] if first <= seq <= last]:
            del self.held[lane][seq]


def keys_of(op: Op) -> list[Key]:
    """Who asked for each row of an operation, in the order of its places."""
    offsets = range(0, op.picture, MAX_CHUNK_BYTES) if op.way else ()
    return [(op.n, i) for i in range(len(op.rows))] + [(op.n, chunk_index(offset)) for offset in offsets]


def chunk_index(offset: int) -> int:
    """Behind all rows."""
    return 1_000_000 + offset
