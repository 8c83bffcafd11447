# SPDX-License-Identifier: Apache-2.0
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.contract.batch import encode_batch
from edge.contract.local import LaneDepth, LinkState, Status
from edge.contract.words import Lane
from provisioning.bench.book import Book
from provisioning.bench.record import Record
from provisioning.bench.record_sqlite import SqliteStore
from provisioning.bench.summary import Summary
from provisioning.bench.world import drained
from tests.provisioning.made_up import DEVICE, EPOCH, batch, chunk, event, reference, shed, topic

PICTURE = b"\xff\xd8" * 500
GOOD = Summary(expected=9, received=9, duplicated=0, blobs_verified=2, blobs_expected=2, offline_s=12.0)


def accepted(rows: int = 0, *, connected: bool = True, **last: int) -> Status:
    lanes = {lane: LaneDepth(rows=rows, bytes=0, last_seq=last.get(lane, 0), acked_seq=0) for lane in Lane}
    return Status(
        device=DEVICE,
        agent="1",
        pid=1,
        boot="b",
        epoch=EPOCH,
        uptime_s=1.0,
        clock="synced",
        roles=(),
        link=LinkState(connected=connected, broker="b", since=datetime.now(UTC)),
        lanes=lanes,
    )


def test_the_agent_says_what_was_to_come_and_the_hub_what_came(tmp_path: Path) -> None:
    """Expected is the agent's own count: a last event that the hub never heard of is lost, not unknown."""
    book = Book(SqliteStore(tmp_path))
    book.take(topic(Lane.STATE), batch(Lane.STATE, range(1, 9)))
    book.take(topic(Lane.RECORD), encode_batch([event(Lane.RECORD, 1, {"blob": reference(PICTURE)})]))
    book.take(topic(Lane.BLOB), chunk(1, PICTURE, 0, 9999))
    book.commit(0.0)
    summary = Summary.of(accepted(state=9, record=1, blob=1), Record(tmp_path), 3.14)
    assert json.loads(summary.as_json()) == {
        "expected": 11,
        "received": 10,
        "lost": 1,
        "duplicated": 0,
        "blobs_verified": 1,
        "blobs_expected": 1,
        "offline_s": 3.1,
    }
    assert not summary.passed(pictures_due=True)
    book.close()


@pytest.mark.parametrize(("reason", "lost"), [("acked-before", 0), ("disk-full", 2)])
def test_shed_for_want_of_disk_is_a_loss(tmp_path: Path, reason: str, lost: int) -> None:
    """What the hub already had needs not come again; what was given up counts against the demo."""
    book = Book(SqliteStore(tmp_path))
    book.take(topic(Lane.STATE), batch(Lane.STATE, [1, 4]))
    book.take(topic(Lane.RECORD), shed(1, Lane.STATE, 2, 3, reason))
    book.commit(0.0)
    assert Summary.of(accepted(state=4, record=1), Record(tmp_path), 0.0).lost == lost
    book.close()


@pytest.mark.parametrize(
    ("change", "staged", "clip"),
    [
        ({}, True, True),
        ({"received": 8}, False, False),
        ({"duplicated": 1}, False, False),
        ({"blobs_verified": 1}, False, False),
        ({"blobs_verified": 0, "blobs_expected": 0}, False, True),
    ],
    ids=["good", "lost", "twice", "torn", "none"],
)
def test_what_passes(change: dict[str, int], staged: bool, clip: bool) -> None:
    """One lost, doubled or torn fails any demo; no picture at all fails only the one that stages a case."""
    figures = {name: getattr(GOOD, name) for name in Summary.__dataclass_fields__}
    summary = Summary(**{**figures, **change})
    assert (summary.passed(pictures_due=True), summary.passed(pictures_due=False)) == (staged, clip)


def test_drained_means_connected_and_empty() -> None:
    """An agent that holds rows, has no link or does not answer is not through."""
    assert drained(accepted())
    assert not drained(accepted(rows=1))
    assert not drained(accepted(connected=False))
    assert not drained(None)
