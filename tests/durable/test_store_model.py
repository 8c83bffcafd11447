# SPDX-License-Identifier: Apache-2.0
"""The store against a model of it, under any order of work, failures and restarts."""

import shutil
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable.rows import NewRow, Place
from edge.durable.store import Store
from edge.durable.transaction import Transaction
from tests.durable.stores import NOW, append, do, forget, keep, new_row, on_disk, open_bare, seqs

LANES = st.sampled_from([Lane.URGENT, Lane.RECORD, Lane.METRIC])
KEYS = st.sampled_from([None, "a", "b", "c", "d"])
ROWS = st.lists(st.tuples(LANES, st.binary(max_size=30), KEYS), min_size=1, max_size=6)


@dataclass
class Model:
    """What must be on disk: the sequences of each lane, the last one given, and the place of each key."""

    held: dict[Lane, list[int]] = field(default_factory=lambda: {lane: [] for lane in Lane})
    last: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))
    keys: dict[str, Place] = field(default_factory=dict)

    def append(self, row: NewRow) -> Place:
        if row.key is not None and row.key in self.keys:
            return self.keys[row.key]
        self.last[row.lane] += 1
        self.held[row.lane].append(self.last[row.lane])
        place = Place(row.lane, self.last[row.lane])
        if row.key is not None:
            self.keys[row.key] = place
        return place

    def drop(self, lane: Lane, first: int, last: int) -> None:
        self.held[lane] = [seq for seq in self.held[lane] if not first <= seq <= last]


class Life(RuleBasedStateMachine):
    """One store through many lives."""

    store: Store

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dt-store-"))
        self.model = Model()
        self.blobs: list[str] = []
        self.store = open_bare(self.folder)
        self.epoch = self.store.epoch

    @rule(rows=ROWS)
    def rows_are_appended(self, rows: list[tuple[Lane, bytes, str | None]]) -> None:
        new = [new_row(*row) for row in rows]
        assert append(self.store, *new) == [self.model.append(row) for row in new]

    @rule(rows=ROWS, fails_at=st.integers(0, 2))
    def work_fails_between_others(self, rows: list[tuple[Lane, bytes, str | None]], fails_at: int) -> None:
        """Three callers at once, of whom one fails after it has done half its work."""
        new = [new_row(*row) for row in rows]

        def work(txn: Transaction, *, fails: bool) -> list[Place]:
            places = [txn.append(row) for row in new]
            if fails:
                raise ProblemError("event-invalid", reason="a test")
            return places

        promises = [self.store.commit_from_thread(partial(work, fails=place == fails_at)) for place in range(3)]
        for place, promise in enumerate(promises):
            if place == fails_at:
                with pytest.raises(ProblemError):
                    promise.result(300)
            else:
                assert promise.result(300) == [self.model.append(row) for row in new]

    @rule(lane=LANES, ahead=st.integers(-3, 8))
    def hub_acknowledges(self, lane: Lane, ahead: int) -> None:
        through = self.store.accounts[lane].acked_seq + ahead
        forget(self.store, lane, through)
        if ahead > 0:
            self.model.drop(lane, 1, min(through, self.model.last[lane]))

    @rule(lane=st.sampled_from([Lane.URGENT, Lane.METRIC]), first=st.integers(1, 20), count=st.integers(1, 5))
    def rows_are_shed(self, lane: Lane, first: int, count: int) -> None:
        last = min(first + count, self.model.last[lane])
        if first <= last:
            do(self.store, lambda txn: txn.shed(lane, first, last, "disk-full", NOW))
            self.model.drop(lane, first, last)
            self.model.append(new_row(Lane.RECORD))

    @rule(data=st.binary(min_size=1, max_size=20))
    def blob_is_kept(self, data: bytes) -> None:
        before = self.store.accounts[Lane.BLOB].last_seq
        blob = keep(self.store, data)
        if self.store.accounts[Lane.BLOB].last_seq > before:
            self.model.append(new_row(Lane.BLOB))
            self.blobs.append(blob.sha256)

    @rule()
    def hub_has_all_blobs(self) -> None:
        forget(self.store, Lane.BLOB, self.model.last[Lane.BLOB])
        self.model.held[Lane.BLOB] = []
        self.blobs.clear()

    @rule()
    def agent_starts_anew(self) -> None:
        self.store.close()
        self.store = open_bare(self.folder)
        assert self.store.sweep_blobs() == 0

    @invariant()
    def disk_is_what_the_model_says(self) -> None:
        assert self.store.epoch == self.epoch
        assert self.store.accounts == on_disk(self.folder)
        for lane in Lane:
            assert seqs(self.store, lane) == self.model.held[lane]
            assert self.store.accounts[lane].last_seq == self.model.last[lane]
        assert sorted(file.name for file in (self.folder / "blobs").iterdir()) == sorted(self.blobs)

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)


TestLife = Life.TestCase
"""Accounts equal rows on disk, places are given once, and a restart changes nothing."""
TestLife.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
