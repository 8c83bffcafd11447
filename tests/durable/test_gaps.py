# SPDX-License-Identifier: Apache-2.0
"""How ranges that were given up are told, widened, remembered and told again."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.words import Lane
from edge.durable.store import Store
from tests.durable.stores import NOW, append, do, forget, keep, new_row, on_disk, open_bare, opened, seqs

Span = tuple[str, int, int]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as ready:
        append(ready, *(new_row(Lane.METRIC) for _ in range(50)), *(new_row() for _ in range(10)))
        yield ready


def shed(store: Store, lane: Lane, first: int, last: int) -> object:
    return do(store, lambda txn: txn.shed(lane, first, last, "over-cap", NOW))


def told(store: Store) -> list[tuple[int, Span]]:
    """Every row that tells of a gap, read so that the store takes no notice."""
    found = store._reader.execute("SELECT place & 0xFFFFFFFFFFFF, body FROM outbox WHERE place >> 48 = 2").fetchall()
    return [(seq, span(body)) for seq, body in found if b"outbox.shed" in body]


def span(body: bytes) -> Span:
    data = json.loads(b"{" + body)["data"]
    assert data["count"] == data["to"] - data["from"] + 1
    return data["lane"], data["from"], data["to"]


def gaps(store: Store) -> list[tuple[int, Span]]:
    return [(gap.told, (gap.lane.value, gap.first, gap.last)) for gap in store.gaps()]


def test_neighbours_share_a_row_until_it_is_read(store: Store, tmp_path: Path) -> None:
    """A device that is away for months tells one range, not thousands; what somebody has read is never changed."""
    for first in (1, 4, 7):
        shed(store, Lane.METRIC, first, first + 2)
    assert told(store) == gaps(store) == [(11, ("metric", 1, 9))]
    assert store.accounts == on_disk(tmp_path)
    assert seqs(store, Lane.RECORD)[-1] == 11
    shed(store, Lane.METRIC, 10, 12)
    assert told(store) == gaps(store) == [(11, ("metric", 1, 9)), (12, ("metric", 10, 12))]


def test_row_read_in_part_is_read_as_far_as_the_reader_can_come(store: Store) -> None:
    """A reader that was given ten rows at most has not read the eleventh, however much lies behind it."""
    shed(store, Lane.METRIC, 1, 3)
    list(store.rows(Lane.RECORD, 0, 10))
    shed(store, Lane.METRIC, 4, 6)
    assert told(store) == [(11, ("metric", 1, 6))]
    next(store.rows(Lane.RECORD, 0, 11))
    shed(store, Lane.METRIC, 7, 9)
    assert told(store) == [(11, ("metric", 1, 6)), (12, ("metric", 7, 9))]


def test_reason_parts_what_lies_side_by_side(store: Store) -> None:
    """A range is told with one reason, so another reason gets a row of its own; a range in front joins as well."""
    shed(store, Lane.METRIC, 4, 6)
    do(store, lambda txn: txn.shed(Lane.METRIC, 7, 9, "expired", NOW))
    shed(store, Lane.METRIC, 1, 3)
    assert told(store) == [(11, ("metric", 1, 6)), (12, ("metric", 7, 9))]


def test_after_a_restart_everything_counts_as_read(tmp_path: Path) -> None:
    """What was read in a former life is not known any more; gaps are."""
    store = open_bare(tmp_path)
    append(store, *(new_row(Lane.METRIC) for _ in range(9)))
    shed(store, Lane.METRIC, 1, 3)
    store.close()
    with opened(tmp_path) as again:
        assert gaps(again) == [(1, ("metric", 1, 3))]
        shed(again, Lane.METRIC, 4, 6)
        assert told(again) == gaps(again) == [(1, ("metric", 1, 3)), (2, ("metric", 4, 6))]


def test_gap_is_forgotten_when_the_hub_is_past_it(store: Store) -> None:
    """An acknowledgement in the middle leaves the gap, one past it takes it; one before what is held leaves no gap."""
    shed(store, Lane.METRIC, 4, 6)
    forget(store, Lane.METRIC, 5)
    assert gaps(store) == [(11, ("metric", 4, 6))]
    forget(store, Lane.METRIC, 6)
    assert gaps(store) == []
    do(store, lambda txn: txn.shed(Lane.METRIC, 2, 5, "acked-before", NOW))
    assert gaps(store) == []


def test_row_that_tells_goes_and_is_told_again(store: Store, tmp_path: Path) -> None:
    """Shedding lane record takes rows that tell of other gaps with it: those get new rows, their own lane's joins."""
    shed(store, Lane.RECORD, 1, 4)
    shed(store, Lane.METRIC, 1, 3)
    shed(store, Lane.RECORD, 5, 12)
    assert told(store) == gaps(store) == [(13, ("record", 1, 12)), (14, ("metric", 1, 3))]
    assert seqs(store, Lane.RECORD) == [13, 14]
    assert store.accounts == on_disk(tmp_path)


def test_restored_hub_is_told_once_more(store: Store) -> None:
    """Gaps whose row the hub had and forgot get a fresh one, rows still held serve again, and none is doubled."""
    shed(store, Lane.METRIC, 1, 3)
    list(store.rows(Lane.RECORD, 0, 99))
    shed(store, Lane.METRIC, 10, 12)
    forget(store, Lane.RECORD, 11)
    assert do(store, lambda txn: txn.retell_gaps(5, NOW)) == [13, 12]
    assert told(store) == [(12, ("metric", 10, 12)), (13, ("metric", 1, 3))]
    assert do(store, lambda txn: txn.retell_gaps(5, NOW)) == [13, 12]
    assert do(store, lambda txn: txn.retell_gaps(12, NOW)) == [13]
    assert do(store, lambda txn: txn.retell_gaps(13, NOW)) == []


def test_whoever_carries_hears_what_was_shed(store: Store) -> None:
    """Every range is handed over ahead of the answer; a commit that fails tells of none."""
    heard: list[tuple[Lane, int, int]] = []
    store.on_shed = lambda *gone: heard.append(gone)
    shed(store, Lane.METRIC, 1, 3)
    blob = keep(store, b"picture")
    do(store, lambda txn: txn.skip_blob(blob.sha256, NOW, store.blobs.unlink, "blob-at-hub"))
    with pytest.raises(ZeroDivisionError):
        do(store, lambda txn: txn.shed(Lane.METRIC, 4, 6, "over-cap", NOW) / 0)
    assert heard == [(Lane.METRIC, 1, 3), (Lane.BLOB, 1, 1)]
