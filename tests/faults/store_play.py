# SPDX-License-Identifier: Apache-2.0
"""What is done to a store under faults, and the ledger that tells of it: asked before, told after, outside of the disk.

An operation is one commit. What it writes follows from its number, so that whoever reads the store afterwards knows of
each row who asked for it, and of each picture what must be in it.
"""

import hashlib
import os
import random
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal, cast

from pydantic import TypeAdapter

from edge.contract.blobs import BlobRef
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable.rows import NewRow, Place
from edge.durable.store import Store
from edge.durable.transaction import Transaction
from tests.durable.stores import NOW, new_row, tell_at_once

ROLE: Final = "play"
_ANSWER_WITHIN_S: Final = 300.0

Way = Literal["", "bytes", "link", "copy"]
"""How a picture comes in: as bytes, or as a file that is linked from the same disk or copied from another."""


@dataclass(frozen=True, slots=True)
class Op:
    """One commit. `rows` are lanes; `picture` is a size, of its own or, without a `way`, of operation `skip`."""

    n: int
    rows: tuple[Lane, ...] = ()
    keyed: bool = False
    pad: int = 0
    state: bool = False
    picture: int = 0
    way: Way = ""
    forget: Lane | None = None
    through: int = 0
    shed: tuple[Lane, int, int] | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """The answer: the places of the operation's rows and then of its picture's chunks, or the problem's code."""

    n: int
    places: tuple[tuple[Lane, int], ...] = ()
    refused: str = ""


_OP: Final = TypeAdapter(Op)
_TOLD: Final = TypeAdapter(Told)


class Ledger:
    """A file outside of the disk that is at fault. Lines leave by `writev`, the one call that is never failed."""

    def __init__(self, path: Path) -> None:
        """Go on with the file, or begin it."""
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def ask(self, op: Op) -> None:
        """Before anything of it is done."""
        os.writev(self._fd, [b"A", _OP.dump_json(op), b"\n"])

    def tell(self, told: Told) -> None:
        """After the store has answered."""
        os.writev(self._fd, [b"T", _TOLD.dump_json(told), b"\n"])


def read_ledger(path: Path, offset: int = 0) -> Iterator[Op | Told]:
    """What was asked and told, from a byte offset on."""
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            yield _OP.validate_json(line[1:]) if line.startswith(b"A") else _TOLD.validate_json(line[1:])


class Player:
    """One start of the store, and the operations done to it; `outside` is a folder on another disk."""

    def __init__(self, folder: Path, ledger: Path, outside: Path, ballast_bytes: int = 0) -> None:
        """Open the store."""
        self.folder = folder
        self.ledger = Ledger(ledger)
        self._outside = outside
        self.store = Store.open(folder, tell_at_once, "play", NOW, ballast_bytes=ballast_bytes)
        self.store.sweep_blobs()

    def ask(self, op: Op) -> "Future[object]":
        """Hand an operation in."""
        self.ledger.ask(op)
        try:
            picture = self._keep(op)
        except ProblemError as refused:
            failed: Future[object] = Future()
            failed.set_exception(refused)
            return failed
        work = partial(_work, op=op, picture=picture, store=self.store)
        return self.store.commit_from_thread(work, frees=bool(op.forget))

    def settle(self, op: Op, answer: "Future[object]") -> Told:
        """Wait for the answer and write it down. Whatever is not a `ProblemError` ends the play."""
        try:
            places = cast("list[Place]", answer.result(_ANSWER_WITHIN_S))
            told = Told(op.n, tuple((place.lane, place.seq) for place in places))
        except ProblemError as refused:
            told = Told(op.n, refused=refused.problem.code)
        self.ledger.tell(told)
        return told

    def do(self, op: Op) -> Told:
        """Both, alone."""
        return self.settle(op, self.ask(op))

    def _keep(self, op: Op) -> BlobRef | None:
        if not op.way:
            return None
        data, picture = picture_of(op)
        if op.way == "bytes":
            return self.store.blobs.keep_bytes(data, picture.media_type)
        source = (self.folder.parent if op.way == "link" else self._outside) / f"ring-{op.n}.jpg"
        if not source.exists():
            put(source, data)
        self.store.blobs.keep_file(picture, source)
        drop(source)
        return picture


def picture_of(op: Op) -> tuple[bytes, BlobRef]:
    """The bytes of an operation's picture, and its name."""
    data = random.Random(op.n).randbytes(op.picture)
    return data, BlobRef(sha256=hashlib.sha256(data).hexdigest(), size=len(data), media_type="image/jpeg")


def rows_of(op: Op) -> list[NewRow]:
    """The rows an operation appends."""
    pad = b"x" * op.pad
    return [
        new_row(lane, b'"type":"play","n":%d,"i":%d,"pad":"%s"}' % (op.n, i, pad), _key(op, i))
        for i, lane in enumerate(op.rows)
    ]


def _key(op: Op, i: int) -> str | None:
    return f"play {op.n} {i}" if op.keyed else None


def _work(txn: Transaction, op: Op, picture: BlobRef | None, store: Store) -> list[Place]:
    places = [txn.append(row) for row in rows_of(op)]
    if picture is not None:
        first = txn.accounts[Lane.BLOB].last_seq + 1
        txn.append_blob(picture, NOW)
        places += [Place(Lane.BLOB, seq) for seq in range(first, txn.accounts[Lane.BLOB].last_seq + 1)]
    if op.state:
        txn.set_role_state(ROLE, b"%d" % op.n, NOW.wall_us)
    if op.forget is not None:
        txn.forget(op.forget, op.through, store.blobs.unlink)
    if op.shed is not None:
        txn.shed(*op.shed, "operator", NOW)
    if op.skip:
        skipped = picture_of(Op(op.skip, picture=op.picture))[1].sha256
        txn.skip_blob(skipped, NOW, store.blobs.unlink, "blob-at-hub")
    return places


def put(path: Path, data: bytes) -> None:
    """Write as the ledger does: that somebody else's file can be written is not in question here."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    os.writev(fd, [data])
    os.close(fd)


def drop(path: Path) -> None:
    """Remove by `unlinkat`, which is not failed either."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    os.unlink(path.name, dir_fd=folder)
    os.close(folder)
