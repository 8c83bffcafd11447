# SPDX-License-Identifier: Apache-2.0
"""Acks of several workers that overtake each other on their way, heard by a real session."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contract.acks import Ack
from edge.contract.words import Lane
from edge.sync.actions import TellLost
from edge.sync.hub_clock import CLOCK_SET_BACK, SET_BACK_S
from edge.sync.session import Session
from edge.sync.settings import Limits, SessionSettings
from provisioning.bench.book import Book
from provisioning.bench.record_sqlite import SqliteStore
from provisioning.bench.share import MOST_SHARING
from tests.provisioning.made_up import DEVICE, EPOCH, batch, topic

ROWS = 400


class Crossing:
    """Workers with books on one record; each worker's acks keep their order, those of two workers keep none."""

    def __init__(self, folder: Path, workers: int) -> None:
        self._stores = [SqliteStore(folder, worker, workers) for worker in range(workers)]
        self._books = [Book(store) for store in self._stores]
        self.under_way: list[list[Ack]] = [[] for _ in range(workers)]
        self._next = 1
        none = dict.fromkeys(Lane, 0)
        self.session = Session(SessionSettings(EPOCH), none, none, 0.0)
        self.session.rows_waiting(Lane.STATE, ROWS)
        self.session.link_up(Limits(), 0.0)
        self.session.published(1, Lane.STATE, 1, ROWS, 0.0)
        self.lost: list[TellLost] = []
        self._now_s = 0.0

    def work(self, worker: int, *, careful: bool = True) -> None:
        """The next row reaches this worker, and it commits; `careful` is how it is."""
        self._books[worker].take(topic(Lane.STATE), batch(Lane.STATE, [self._next]))
        self._next += 1
        self._commit(worker, careful=careful)

    def arrive(self, worker: int) -> None:
        """The oldest ack of this worker reaches the device after a while, and the broker has answered for it."""
        if self.under_way[worker]:
            self._now_s += SET_BACK_S
            verdicts = self.session.acked(self.under_way[worker].pop(0), self._now_s)
            self.lost += [verdict for verdict in verdicts if isinstance(verdict, TellLost)]
            self._commit(worker)

    def _commit(self, worker: int, *, careful: bool = True) -> None:
        unanswered = {DEVICE} if self.under_way[worker] and careful else set()
        self.under_way[worker] += [ack for _, ack in self._books[worker].commit(0.0, unanswered)]

    def close(self) -> None:
        for store in self._stores:
            store.close()


@pytest.fixture
def crossing(tmp_path: Path) -> Iterator[Crossing]:
    opened = Crossing(tmp_path, MOST_SHARING)
    yield opened
    opened.close()


steps = st.lists(st.tuples(st.booleans(), st.integers(0, MOST_SHARING - 1)), max_size=30)


@settings(max_examples=20)
@given(steps)
def test_no_order_of_arrival_looks_like_a_restored_hub(schedule: list[tuple[bool, int]]) -> None:
    """However acks of as many workers as may share overtake each other, the device believes in no restored hub."""
    with TemporaryDirectory() as folder:
        crossing = Crossing(Path(folder), MOST_SHARING)
        for works, worker in schedule:
            (crossing.work if works else crossing.arrive)(worker)
        # The worst that may still happen: the newest first, then all the others in the order in which they were said.
        waiting = [worker for worker, acks in enumerate(crossing.under_way) if acks]
        waiting.sort(key=lambda worker: crossing.under_way[worker][0].time)
        for worker in [*waiting[-1:], *waiting[:-1]]:
            crossing.arrive(worker)
        crossing.close()
    assert crossing.lost == []


def test_the_newest_first_and_all_others_late(crossing: Crossing) -> None:
    """Four workers with an ack each on the way: the three late ones are old news, one fewer than would be believed."""
    for worker in range(MOST_SHARING):
        crossing.work(worker)
    for worker in (MOST_SHARING - 1, *range(MOST_SHARING - 1)):
        crossing.arrive(worker)
    assert crossing.lost == []
    assert MOST_SHARING - 1 < CLOCK_SET_BACK


def test_without_care_a_device_would_be_misled(crossing: Crossing) -> None:
    """What the care is for: four acks of one worker that another one overtook are taken for a hub that went back."""
    for _ in range(CLOCK_SET_BACK):
        crossing.work(0, careful=False)
    crossing.work(1)
    crossing.arrive(1)
    for _ in range(CLOCK_SET_BACK):
        crossing.arrive(0)
    assert crossing.lost != []
