# SPDX-License-Identifier: Apache-2.0
"""Short plays that between them reach every kind of write of a store. Each begins on what its `prepare` left."""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable.database import STORE
from edge.durable.migrations import MIGRATIONS
from edge.durable.rows import ROW_OVERHEAD, Place
from tests.durable.stores import NOW
from tests.faults.store_play import Ledger, Op, Player, Told, drop, put, rows_of

FOLDER: Final = "dt"
"""The store's folder on its disk."""
FILLER: Final = "filler"
"""What takes the disk's room, beside the store's folder."""
_PATIENCE: Final = 10
_TIMES: Final = 3
"""Times that a refused operation is asked for again."""
_BALLAST: Final = 1024 * 1024
_ROWS_THAT_FILL: Final = 40
_SMALL: Final = Op(0, (Lane.RECORD,))


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a play takes place: a disk, a ledger on another disk, and a folder there.

    A store that does not open is opened again, up to `starts` times in all, as the service manager does. Then `opened`
    is called.
    """

    disk: Path
    ledger: Path
    outside: Path
    starts: int = 1
    opened: Callable[[], None] = lambda: None

    @property
    def folder(self) -> Path:
        """The store's folder."""
        return self.disk / FOLDER

    def player(self, ballast_bytes: int = 0) -> Player:
        """Open the store, and again if it fails. Raises the last `ProblemError`."""
        for _ in range(self.starts - 1):
            with contextlib.suppress(ProblemError):
                return self._player(ballast_bytes)
        return self._player(ballast_bytes)

    def _player(self, ballast_bytes: int) -> Player:
        player = Player(self.folder, self.ledger, self.outside, ballast_bytes)
        self.opened()
        return player


@dataclass(frozen=True, slots=True)
class ShortPlay:
    """What is there before, what is done, and whether the store may be a new one after.

    Faults are put in from the start, or after the store was opened: which of two threads comes to its third fsync first
    is then no question, since one alone makes any.
    """

    prepare: Callable[[Ground], None]
    play: Callable[[Ground], None]
    from_start: bool = False
    one_of: int = 1
    """So many of its writes are like those of another play that one of them will do."""
    may_be_new: bool = False
    needs_disk: bool = False


class Asking:
    """A player who numbers operations, and asks again for what was refused."""

    def __init__(self, player: Player, first: int) -> None:
        """Small checkpoints, so that the log starts anew within a play."""
        self._player, self._n = player, first
        self.store = player.store
        player.store._writer.blocks.log_pages = 12

    def until_accepted(self) -> None:
        """Whatever went wrong before must be over."""
        for _ in range(_PATIENCE):
            if not self(_SMALL).refused:
                return

    def __call__(self, op: Op, times: int = _TIMES) -> Told:
        """Ask, under the next number."""
        op = replace(op, n=self._n)
        self._n += 1
        told = self._player.do(op)
        for _ in range(times - 1):
            if told.refused and (op.keyed or not op.rows):
                told = self._player.do(op)
        return told


def _nothing(ground: Ground) -> None:
    ground.disk.mkdir(exist_ok=True)


def _some_rows(ground: Ground) -> None:
    player = ground.player()
    asking = Asking(player, 1)
    for lane in (Lane.RECORD, Lane.METRIC, Lane.METRIC, Lane.STATE, Lane.URGENT):
        asking(Op(0, (lane, lane), keyed=True, pad=100, state=True))
    asking(Op(0, (Lane.RECORD,), picture=150_000, way="bytes"))
    asking(Op(0, (Lane.RECORD,), picture=50_000, way="link"))
    asking(Op(0, (Lane.METRIC,) * 20, pad=300))
    player.store.close()


def _older_shape(ground: Ground) -> None:
    """A store as the first version wrote it, with rows."""
    ground.folder.mkdir(parents=True)
    db = Database(ground.folder / STORE)
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA application_id = 0x44544547")
    db.enable_wal()
    MIGRATIONS.apply(db, stop_before="m002_gaps_and_offsets")
    ledger = Ledger(ground.ledger)
    for n in range(1, 6):
        op = Op(n, (Lane.RECORD,), keyed=True)
        (row,) = rows_of(op)
        ledger.ask(op)
        number = Place(Lane.RECORD, n).number
        with db.conn:
            db.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, 0, ?)", (number, NOW.wall_us, 1, row.clock, row.body))
            db.execute("INSERT INTO emit_keys VALUES (?, ?)", (row.key, number))
            size = len(row.body) + ROW_OVERHEAD
            db.execute("UPDATE lanes SET last_seq = ?, rows = ?, bytes = bytes + ? WHERE name = 'record'", (n, n, size))
        ledger.tell(Told(n, ((Lane.RECORD, n),)))
    db.close()


def _another_programs(ground: Ground) -> None:
    ground.folder.mkdir(parents=True)
    with closing(sqlite3.connect(ground.folder / STORE)) as db, db:
        db.execute("CREATE TABLE photos (name TEXT)")


def _noise(ground: Ground) -> None:
    ground.folder.mkdir(parents=True)
    (ground.folder / STORE).write_bytes(b"\xa5" * 12_288)


def _start_and_append(ground: Ground) -> None:
    player = ground.player()
    asking = Asking(player, 100)
    asking(_SMALL)
    asking(Op(0, (Lane.RECORD, Lane.METRIC), keyed=True, state=True))
    asking.until_accepted()
    player.store.close()


def _append(ground: Ground) -> None:
    player = ground.player()
    asking = Asking(player, 100)
    for pad in (0, 50, 2000, 6000, 0, 0):
        asking(Op(0, (Lane.URGENT,), pad=pad))
        asking(Op(0, (Lane.RECORD, Lane.METRIC, Lane.STATE), keyed=True, pad=pad))
    asking.until_accepted()
    player.store.close()


def _role_states(ground: Ground) -> None:
    player = ground.player()
    asking = Asking(player, 100)
    for keyed in (True, False, True):
        asking(Op(0, (Lane.STATE,), keyed=keyed, state=True))
        asking(Op(0, state=True))
    asking.until_accepted()
    player.store.close()


def _pictures(ground: Ground) -> None:
    player = ground.player()
    asking = Asking(player, 100)
    for way in ("bytes", "link", "copy", "link", "bytes", "copy"):
        asking(Op(0, (Lane.RECORD,), keyed=True, picture=140_000, way=way))
    asking.until_accepted()
    player.store.close()


def _acknowledge(ground: Ground) -> None:
    player = ground.player()
    asking = Asking(player, 100)
    for lane, through in ((Lane.METRIC, 9), (Lane.BLOB, 1), (Lane.RECORD, 2), (Lane.BLOB, 2), (Lane.BLOB, 3)):
        asking(Op(0, forget=lane, through=through))
        asking(Op(0, (Lane.STATE,), keyed=True))
    for lane in (Lane.METRIC, Lane.RECORD, Lane.STATE):
        asking(Op(0, forget=lane, through=player.store.accounts[lane].last_seq))
    asking.until_accepted()
    player.store.close()


def _shed(ground: Ground) -> None:
    player = ground.player()
    asking = Asking(player, 100)
    for first, last in ((1, 3), (4, 15), (20, 24)):
        asking(Op(0, shed=(Lane.METRIC, first, last)))
        asking(Op(0, (Lane.METRIC,), keyed=True))
    asking(Op(0, skip=6, picture=150_000))
    asking(Op(0, skip=7, picture=50_000))
    asking.until_accepted()
    player.store.close()


def _full_disk(ground: Ground) -> None:
    """Somebody fills the disk, the hub empties the outbox, somebody tidies up."""
    player = ground.player(_BALLAST)
    asking = Asking(player, 100)
    room = os.statvfs(ground.disk)
    put(ground.disk / FILLER, bytes(room.f_bavail * room.f_frsize - 200_000))
    for _ in range(_ROWS_THAT_FILL):
        if asking(Op(0, (Lane.RECORD,), pad=9000), times=1).refused == "disk-full":
            break
    last = player.store.accounts[Lane.RECORD].last_seq
    for through in (4, min(8, last), last):
        asking(Op(0, forget=Lane.RECORD, through=through))
        asking(Op(0, (Lane.METRIC,), pad=5000), times=1)
    drop(ground.disk / FILLER)
    for _ in range(3):
        asking(Op(0, (Lane.RECORD,), keyed=True))
    asking.until_accepted()
    player.store.close()


PLAYS: Final = {
    "first-start": ShortPlay(_nothing, _start_and_append, from_start=True),
    "migration": ShortPlay(_older_shape, _start_and_append, from_start=True),
    "start": ShortPlay(_some_rows, _start_and_append, from_start=True),
    "append": ShortPlay(_some_rows, _append),
    "role-states": ShortPlay(_some_rows, _role_states),
    "pictures": ShortPlay(_some_rows, _pictures),
    "acknowledgements": ShortPlay(_some_rows, _acknowledge),
    "shedding": ShortPlay(_some_rows, _shed),
    "full-disk": ShortPlay(_some_rows, _full_disk, needs_disk=True),
    "foreign-store": ShortPlay(_another_programs, _start_and_append, from_start=True, one_of=8, may_be_new=True),
    "broken-store": ShortPlay(_noise, _start_and_append, from_start=True, one_of=8, may_be_new=True),
}


def run(hold: Callable[[], None], name: str, disk: Path, ledger: Path, outside: Path, starts: int) -> None:
    """One play, from beginning to end. A store that does not open at all is its owner's end, and no crash."""
    play = PLAYS[name]
    if play.from_start:
        hold()
        ground = Ground(disk, ledger, outside, starts)
    else:
        ground = Ground(disk, ledger, outside, starts, opened=hold)
    try:
        play.play(ground)
    except ProblemError as refused:
        os.writev(2, [f"not opened: {refused.problem.code}\n".encode()])
