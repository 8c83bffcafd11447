# SPDX-License-Identifier: Apache-2.0
"""A store after a fault, compared with the ledger.

What was told as done is there: once, in order, whole. What was asked and not answered, or refused, is there whole or
not at all. Nothing else is there, the file is sound, pictures are what their names say, and the store goes on.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge.contract.outbox import SHED_TYPE
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable.database import STORE
from edge.durable.rows import Row
from edge.durable.store import Store, chunk_of
from tests.durable.stores import NOW, append, new_row, on_disk, tell_at_once
from tests.faults.expected import Expected, Key, chunk_index, keys_of
from tests.faults.store_play import ROLE, Op, rows_of
from tests.faults.tally import Tally

_ALL: Final = 1_000_000_000


@dataclass(slots=True)
class Findings:
    """Sentences on what is wrong, by kind."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)

    def tally(self, faults: int = 1) -> Tally:
        """As figures."""
        return Tally(faults, 0, len(self.lost), len(self.duplicated), len(self.disordered), len(self.corrupt))

    def told(self) -> str:
        """The first few."""
        return "; ".join((self.lost + self.duplicated + self.disordered + self.corrupt)[:5])


def compare(expected: Expected, folder: Path, *, may_be_new: bool = False) -> Findings:
    """Open the store in `folder` as the next agent would, and compare. It is written to and closed again.

    With `may_be_new` a store that had to be set aside is no finding.
    """
    findings = Findings()
    try:
        with closing(Store.open(folder, tell_at_once, "after", NOW)) as store:
            if store.set_aside and not may_be_new:
                findings.corrupt.append(f"set aside: {store.set_aside}")
            _Comparison(expected, folder, store, findings).make()
    except ProblemError as failed:
        findings.corrupt.append(f"does not open or go on: {failed.problem}")
    return findings


class _Comparison:
    def __init__(self, expected: Expected, folder: Path, store: Store, findings: Findings) -> None:
        self.expected, self.folder, self.store, self.findings = expected, folder, store, findings
        self.shed: dict[Lane, list[tuple[int, int]]] = {lane: [] for lane in Lane}
        self.words: set[int] = set()
        self.rows: dict[Lane, dict[int, Key]] = {lane: self._read(lane) for lane in Lane}
        self.found = Counter(key for rows in self.rows.values() for key in rows.values())

    def make(self) -> None:
        self._sound()
        for lane in Lane:
            self._nothing_lost(lane)
            self._nothing_strange(lane)
        self._whole_or_not_at_all()
        self._role_state()
        self._pictures()
        self._asked_again()
        self._goes_on()

    def _read(self, lane: Lane) -> dict[int, Key]:
        rows = {}
        for row in self.store.rows(lane, 0, _ALL):
            key = self._key(lane, row)
            if key is None:
                self.words.add(row.seq)
            else:
                rows[row.seq] = key
        return rows

    def _key(self, lane: Lane, row: Row) -> Key | None:
        """None if it is the store's own word on what it shed; number 0 if nobody asked for it."""
        if lane is Lane.BLOB:
            chunk = chunk_of(row)
            return self.expected.pictures.get(chunk.sha256, 0), chunk_index(chunk.offset)
        said = json.loads(b"{" + row.body)
        if said["type"] == SHED_TYPE:
            told = said["data"]
            self.shed[Lane(told["lane"])].append((told["from"], told["to"]))
            return None
        return said.get("n", 0), said.get("i", 0)

    def _sound(self) -> None:
        with closing(sqlite3.connect(self.folder / STORE)) as db:
            (verdict,) = db.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            self.findings.corrupt.append(f"integrity: {verdict}")
        counted = on_disk(self.folder)
        if self.store.accounts != counted:
            self.findings.corrupt.append(f"accounts: {self.store.accounts}, counted {counted}")

    def _nothing_lost(self, lane: Lane) -> None:
        account, rows = self.store.accounts[lane], self.rows[lane]
        for seq, key in self.expected.held[lane].items():
            if seq not in rows and not self._may_be_gone(lane, seq):
                self.findings.lost.append(f"{lane} {seq} of {key}")
            elif rows.get(seq, key) != key:
                self.findings.corrupt.append(f"{lane} {seq} of {key} is {rows[seq]}")
        if account.last_seq < self.expected.last[lane]:
            self.findings.lost.append(f"{lane} counts to {account.last_seq}, told {self.expected.last[lane]}")
        if account.acked_seq < self.expected.through[lane]:
            self.findings.duplicated.append(f"{lane} is acknowledged to {account.acked_seq} only")

    def _may_be_gone(self, lane: Lane, seq: int) -> bool:
        return self.expected.may_be_gone(lane, seq) or (
            self.expected.sheds_by_itself and any(first <= seq <= last for first, last in self.shed[lane])
        )

    def _nothing_strange(self, lane: Lane) -> None:
        account, rows = self.store.accounts[lane], self.rows[lane]
        for seq, key in rows.items():
            if self.found[key] > 1:
                self.findings.duplicated.append(f"{lane} {seq} of {key} is there {self.found[key]} times")
            if seq not in self.expected.held[lane] and key[0] not in self.expected.open:
                came_back = 0 < key[0] <= self.expected.asked
                kind = self.findings.duplicated if came_back else self.findings.corrupt
                kind.append(f"{lane} {seq} of {key} {'came back' if came_back else 'was never asked for'}")
        in_order = [key for _, key in sorted(rows.items())]
        if in_order != sorted(in_order):
            self.findings.disordered.append(f"{lane}: {[key for key in in_order if key[0] in self.expected.open]}")
        for seq in range(account.acked_seq + 1, account.last_seq + 1):
            own_word = lane is Lane.RECORD and seq in self.words
            if seq not in rows and not own_word and not self._may_be_gone(lane, seq):
                self.findings.lost.append(f"{lane} {seq} is a gap")
        for first, last in self.shed[lane]:
            if not self.expected.sheds_by_itself and not self.expected.may_be_shed(lane, last):
                self.findings.lost.append(f"{lane} {first} to {last} was shed unasked")

    def _whole_or_not_at_all(self) -> None:
        there = {}
        for op in self._open():
            keys = keys_of(op)
            count = sum(self.found[key] for key in keys)
            there[op.n] = count > 0
            if 0 < count < len(keys) and not self.expected.sheds_by_itself:
                self.findings.corrupt.append(f"{op} is there by half")
        waiting = [there[n] for n in sorted(there) if n not in self.expected.refused and keys_of(self.expected.open[n])]
        if waiting != sorted(waiting, reverse=True):
            self.findings.disordered.append(f"later commits without earlier ones: {there}")

    def _open(self) -> list[Op]:
        return [op for op in self.expected.open.values() if op.n >= self.expected.first]

    def _role_state(self) -> None:
        state = int(self.store.role_state(ROLE) or b"0")
        op = self.expected.open.get(state)
        if state < self.expected.state:
            self.findings.lost.append(f"state {self.expected.state}, there is {state}")
        elif state > self.expected.state and not (op and op.state):
            self.findings.corrupt.append(f"state {state} was never asked for")
        for each in self._open():
            if each.state and each.rows:
                there = any(self.found[key] for key in keys_of(each))
                if there != (state >= each.n) and not (state > each.n and not there):
                    self.findings.corrupt.append(f"{each}: rows {there}, but the state is {state}")

    def _pictures(self) -> None:
        with closing(sqlite3.connect(self.folder / STORE)) as db:
            named = dict(db.execute("SELECT sha256, size FROM blobs").fetchall())
        for sha256, size in named.items():
            path = self.store.blobs.path(sha256)
            if not path.exists():
                self.findings.lost.append(f"picture {sha256}")
            elif (data := path.read_bytes()) and (len(data), hashlib.sha256(data).hexdigest()) != (size, sha256):
                self.findings.corrupt.append(f"picture {sha256} has {len(data)} of {size} bytes, or others")
        chunks = {chunk_of(row).sha256 for row in self.store.rows(Lane.BLOB, 0, _ALL)}
        if chunks - named.keys():
            self.findings.corrupt.append(f"chunks of unknown pictures {chunks - named.keys()}")
        self.store.sweep_blobs()
        left = {path.name for path in (self.folder / "blobs").iterdir()}
        if left - named.keys():
            self.findings.corrupt.append(f"files of no picture {left - named.keys()}")

    def _asked_again(self) -> None:
        for op, told in self.expected.recent:
            places = [(place.lane, place.seq) for place in append(self.store, *rows_of(op))]
            if places != list(told.places)[: len(places)]:
                self.findings.duplicated.append(f"{op} asked again is at {places}")
        where = {key: (lane, seq) for lane, rows in self.rows.items() for seq, key in rows.items()}
        for op in [op for op in self.expected.open.values() if op.keyed]:
            for key, place in zip(keys_of(op), append(self.store, *rows_of(op)), strict=False):
                if where.get(key, (place.lane, place.seq)) != (place.lane, place.seq):
                    self.findings.duplicated.append(f"{key} asked again is at {place}")

    def _goes_on(self) -> None:
        last = self.store.accounts[Lane.URGENT].last_seq
        (place,) = append(self.store, new_row(Lane.URGENT))
        if place.seq != last + 1:
            self.findings.corrupt.append(f"goes on at {place} after {last}")
