# SPDX-License-Identifier: Apache-2.0
"""What holds of a store when several workers write into it at the same time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.contract.blobs import BlobChunk
from edge.contract.presence import Presence
from edge.contract.words import Lane
from provisioning.bench.blob_files import read_piece
from provisioning.bench.book import Book
from provisioning.bench.intake import read_batch
from provisioning.bench.postgres import Postgres
from provisioning.bench.posting import STEP_BACK, TICK, Posting, Said, Standing, StoreAwayError, said_after
from provisioning.bench.record import Record
from provisioning.bench.record_place import open_store
from tests.provisioning.made_up import DEVICE, batch, chunk, name_of, topic
from tests.provisioning.stores import WITHOUT_POSTGRES, Workers, new_database

WORKERS = 3
PICTURE = bytes(range(256)) * 40
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_epochs = count(1)

spans = st.tuples(st.integers(1, 40), st.integers(1, 6))
schedules = st.lists(
    st.tuples(st.integers(0, WORKERS - 1), st.lists(spans, min_size=1, max_size=3)), min_size=1, max_size=8
)


@pytest.fixture
def workers(place: str, tmp_path: Path) -> Iterator[Workers]:
    opened = Workers(place, tmp_path, WORKERS)
    yield opened
    opened.close()


@pytest.fixture
def record(workers: Workers, tmp_path: Path) -> Iterator[Record]:
    opened = Record(tmp_path)
    yield opened
    opened.close()


def posting(epoch: str, taken: list[tuple[int, int]]) -> Posting:
    payloads = [batch(Lane.STATE, range(first, first + length), epoch) for first, length in taken]
    return Posting(batches=[read_batch(DEVICE, Lane.STATE, payload) for payload in payloads])


def mark(said: list[Said]) -> tuple[datetime, int]:
    [one] = said
    return one.at, one.acks[Lane.STATE]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schedules)
def test_workers_commit_one_lane_at_the_same_time(
    workers: Workers, record: Record, schedule: list[tuple[int, list[tuple[int, int]]]]
) -> None:
    """Whatever overlaps, nothing is there twice, the watermark is right, and acks rise with their time."""
    epoch = f"e{next(_epochs)}"
    under_way = [workers.commit(worker, posting(epoch, taken)) for worker, taken in schedule]
    marks = sorted(mark(each.result()) for each in under_way)
    assert all(before[0] < after[0] and before[1] <= after[1] for before, after in pairwise(marks))
    sent = [seq for _, taken in schedule for first, length in taken for seq in range(first, first + length)]
    expected = next(number for number in range(1, 100) if number not in sent) - 1
    [lane] = [lane for lane in record.lanes() if lane.epoch == epoch]
    assert (lane.received, lane.duplicates) == (len({*sent}), len(sent) - len({*sent}))
    assert record.watermarks()[DEVICE, epoch, Lane.STATE] == expected == marks[-1][1]


def test_pieces_of_a_blob_reach_different_workers(workers: Workers, record: Record, tmp_path: Path) -> None:
    """Each piece may be written by another worker, at the same time as its neighbour; the whole is verified once."""
    batches = [chunk(seq, PICTURE, seq * 1000 - 1000, 1000) for seq in range(1, len(PICTURE) // 1000 + 2)]
    events = [row for each in batches for row in read_batch(DEVICE, Lane.BLOB, each).rows]
    pieces = [read_piece(row["id"], BlobChunk.model_validate(row["data"])) for row in events]
    under_way = [
        workers.commit(number % WORKERS, Posting(pieces=[((DEVICE, "e1"), piece)]))
        for number, piece in enumerate([*pieces, *pieces[:3]])
    ]
    for each in under_way:
        each.result()
    assert (tmp_path / "blobs" / name_of(PICTURE)).read_bytes() == PICTURE
    assert [file.name for file in (tmp_path / "blobs").iterdir()] == [name_of(PICTURE)]
    assert record.refused() == []


def test_every_worker_sees_a_hole(workers: Workers) -> None:
    """Whichever worker left a hole, and whichever fills it: all of them see it while it is there."""
    here = Presence.model_validate(
        {"online": True, "boot": "b", "epoch": "e1", "agent": "1", "role": "r", "time": "2026-01-01T00:00:00Z"}
    )
    workers.commit(0, Posting(presence={DEVICE: here})).result()
    workers.commit(1, posting("e1", [(1, 3), (6, 2)])).result()
    for worker in range(WORKERS):
        seen = workers.ask(worker, lambda store: list(store.standing()))
        assert seen == [Standing((DEVICE, "e1", Lane.STATE), 3, [(4, 5)])]
    workers.commit(2, posting("e1", [(4, 2)])).result()
    assert workers.ask(0, lambda store: list(store.standing())) == []
    assert workers.ask(0, lambda store: store.devices()) == [DEVICE]


def test_the_same_posting_twice_has_the_effect_of_one(workers: Workers, record: Record) -> None:
    """A worker that never learnt whether its commit went through may say it all again."""
    first, again = (mark(workers.commit(worker, posting("e1", [(1, 5)])).result()) for worker in (0, 1))
    assert (first[1], again[1]) == (5, 5)
    assert first[0] < again[0]
    assert (record.received(), record.duplicated()) == (5, 0)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW + TICK, NOW + TICK),
        (NOW, NOW + TICK),
        (NOW - STEP_BACK, NOW + TICK),
        (NOW - STEP_BACK - TICK, NOW - STEP_BACK - TICK),
    ],
    ids=["later", "same", "slewed", "set-back"],
)
def test_instants_rise_unless_the_clock_was_set_back(now: datetime, expected: datetime) -> None:
    """A clock that is a little behind is waited out; one that was set back far is believed, as devices will see."""
    assert said_after(now, NOW) == expected
    assert said_after(now, None) == now


def test_postgres_waits_out_a_small_step_of_its_clock(postgres: Postgres | None, tmp_path: Path) -> None:
    """The database judges by the same rule, with its own clock: workers on different machines need not agree."""
    address = new_database(postgres)
    workers = Workers(address, tmp_path, 2)
    before, _ = mark(workers.commit(0, posting("e1", [(1, 1)])).result())
    for ahead, is_kept in ((STEP_BACK - TICK, True), (timedelta(hours=1), False)):
        future = before + ahead
        workers.ask(0, lambda store, at=future: set_said_at(store, at))  # type: ignore[misc]
        said, _ = mark(workers.commit(1, posting("e1", [(2, 1)])).result())
        assert (said == future + TICK) is is_kept
        assert (said < future) is not is_kept
    workers.close()


def set_said_at(store: object, at: datetime) -> None:
    store._line.ask(lambda db: db.execute("UPDATE places SET said_at = $1", at))  # type: ignore[attr-defined]


@pytest.mark.slow
def test_database_killed_between_commits(postgres: Postgres | None, tmp_path: Path) -> None:
    """What was acked survives SIGKILL of the server; a worker keeps what it has meanwhile, and then goes on."""
    if postgres is None:
        pytest.skip(WITHOUT_POSTGRES)
    book, record = Book(open_store(new_database(postgres), tmp_path, 0, 1)), Record(tmp_path)
    book.take(topic(Lane.STATE), batch(Lane.STATE, [1, 2]))
    [(_, ack)] = book.commit(0.0)
    assert record.received() == 2
    postgres.kill()
    book.take(topic(Lane.STATE), batch(Lane.STATE, [3]))
    for _ in range(2):
        with pytest.raises(StoreAwayError):
            book.commit(0.0)
    postgres.start()
    [(_, after)] = book.commit(0.0)
    assert (ack.acks, after.acks) == ({Lane.STATE: 2}, {Lane.STATE: 3})
    assert (record.received(), record.duplicated()) == (3, 0)
    record.close()
    book.close()
