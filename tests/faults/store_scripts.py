# SPDX-License-Identifier: Apache-2.0
"""Plays on a store: a mixed one without an end for power cuts, and short ones that reach every kind of write."""

import random
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Final

from edge.contract.words import Lane
from tests.faults.store_play import Op, Player, Told, Way

_AT_ONCE: Final = 6
"""Operations on their way at the same time, so that commits are shared."""
_LANES: Final = (Lane.URGENT, Lane.RECORD, Lane.RECORD, Lane.STATE, Lane.METRIC)
_WAYS: Final[tuple[Way, ...]] = ("bytes", "link", "copy")
_BACKLOG: Final = 150
"""Rows of a lane before its oldest are acknowledged."""


def write_for_ever(
    hold: Callable[[], None], folder: Path, ledger: Path, outside: Path, seed: int, first: int, lax: bool
) -> None:
    """Append, keep pictures, acknowledge and shed until killed. `lax` trusts the page cache: what must not be done."""
    hold()
    player = Player(folder, ledger, outside)
    if lax:
        player.store.commit_from_thread(lambda txn: None).result()
        player.store._writer._db.execute("PRAGMA synchronous = NORMAL")
    waiting: deque[tuple[Op, Future[object]]] = deque()
    mixture = Mixture(random.Random(seed), first, player)
    for op in mixture.operations():
        waiting.append((op, player.ask(op)))
        if len(waiting) >= _AT_ONCE:
            asked, answer = waiting.popleft()
            mixture.hear(asked, player.settle(asked, answer))


class Mixture:
    """Operations drawn by chance, with what they refer to: rows held, ranges acknowledged, pictures on their way."""

    def __init__(self, chance: random.Random, first: int, player: Player) -> None:
        """Begin with number `first`."""
        self._chance, self._first, self._player = chance, first, player
        self._pictures: list[Op] = []

    def operations(self) -> Iterator[Op]:
        """Without end."""
        for n in count(self._first):
            yield self._drain(n) or self._draw(n)

    def hear(self, op: Op, told: Told) -> None:
        """Pictures that are queued may be skipped later."""
        if op.way and not told.refused:
            self._pictures.append(op)

    def _drain(self, n: int) -> Op | None:
        accounts = self._player.store.accounts
        longest = max(Lane, key=lambda lane: accounts[lane].rows)
        account = accounts[longest]
        if account.rows < (_BACKLOG if longest is not Lane.BLOB else 12):
            return None
        if longest is Lane.METRIC and self._chance.random() < 0.5:
            first = account.acked_seq + 1
            return Op(n, shed=(longest, first, first + account.rows // 2))
        through = account.last_seq - self._chance.randrange(account.rows)
        if longest is Lane.BLOB:
            self._pictures.clear()
        return Op(n, forget=longest, through=through)

    def _draw(self, n: int) -> Op:
        chance = self._chance
        rows = tuple(chance.choices(_LANES, k=chance.randint(1, 4)))
        pad = chance.choice((0, 50, 300, 2000))
        kind = chance.random()
        if kind < 0.1:
            way: Way = chance.choice(_WAYS)
            return Op(n, (Lane.RECORD,), pad=pad, picture=chance.randint(1, 200_000), way=way)
        if kind < 0.13 and self._pictures:
            skipped = self._pictures.pop()
            return Op(n, skip=skipped.n, picture=skipped.picture)
        return Op(n, rows, keyed=kind > 0.5, pad=pad, state=kind > 0.8)
