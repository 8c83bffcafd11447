# SPDX-License-Identifier: Apache-2.0
import io
import random
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

from edge.agent.exporter import Exporter, Parties
from edge.contract.outbox import SHED_TYPE
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.durable.backlog import Backlog
from edge.durable.store import Store
from edge.identity.file_keystore import FileKeyStore
from edge.identity.sealed_stream import Sink
from edge.identity.sealing import OpeningKey
from provisioning.carried.opened import opened as opened_export
from tests.durable.stores import NOW, append, do, forget, keep, new_row, opened
from tests.provisioning.carried.exports import CREATED

OPENING = OpeningKey.make()
BIG_BYTES = 6_000_000


def exporter(backlog: Backlog, store: Store, folder: Path, file: Sink) -> Exporter:
    """Beside a store that is open: what an agent would answer is what it has."""
    parties = Parties("pole-1", "0.1", FileKeyStore(folder), OPENING.public)
    return Exporter(backlog, parties, file, CREATED, lambda: store.accounts[Lane.RECORD].last_seq)


def sequences(data: bytes, tmp_path: Path) -> dict[Lane, list[tuple[int, int]]]:
    file = tmp_path / "out.dtx"
    file.write_bytes(data)
    found: dict[Lane, list[tuple[int, int]]] = {}
    with opened_export(file, OPENING) as export:
        for batch in export.batches():
            found.setdefault(batch.head.lane, []).append((batch.head.first, batch.head.last))
    return found


def test_only_what_the_hub_has_not_acknowledged_is_taken(tmp_path: Path) -> None:
    """Rows behind the watermark, lane by lane in order of urgency; a lane without any is not mentioned."""
    with opened(tmp_path) as store, closing(Backlog(tmp_path)) as backlog:
        append(store, *(new_row(lane) for lane in (Lane.METRIC, Lane.RECORD) for _ in range(5)))
        forget(store, Lane.RECORD, 3)
        out, parts = io.BytesIO(), list[float]()
        claims = exporter(backlog, store, tmp_path, out).write(parts.append)
    assert {lane: (part.first, part.last, part.rows) for lane, part in claims.lanes.items()} == {
        Lane.RECORD: (4, 5, 2),
        Lane.METRIC: (1, 5, 5),
    }
    assert list(sequences(out.getvalue(), tmp_path)) == [Lane.RECORD, Lane.METRIC]
    assert parts == sorted(parts)
    assert parts[-1] == pytest.approx(1.0)


def test_rows_written_meanwhile_stay_for_the_next_time(tmp_path: Path) -> None:
    """An export comes to an end though its device goes on."""
    with opened(tmp_path) as store, closing(Backlog(tmp_path)) as backlog:
        append(store, new_row(Lane.URGENT), new_row(Lane.STATE))

        def go_on(_: float) -> None:
            append(store, new_row(Lane.STATE))

        claims = exporter(backlog, store, tmp_path, io.BytesIO()).write(go_on)
        assert claims.lanes[Lane.STATE].last == 1


def test_what_is_shed_meanwhile_is_told_on_the_stick_too(tmp_path: Path) -> None:
    """Rows are given up while others are written: what tells of them comes along, or the hub would wait for ever."""
    with opened(tmp_path) as store, closing(Backlog(tmp_path)) as backlog:
        append(store, new_row(Lane.RECORD), *(new_row(Lane.METRIC) for _ in range(9)))
        shed: list[object] = []

        def give_up_once(_: float) -> None:
            if not shed:
                shed.append(do(store, lambda txn: txn.shed(Lane.METRIC, 1, 4, "over-cap", NOW)))

        out = io.BytesIO()
        claims = exporter(backlog, store, tmp_path, out).write(give_up_once)
    assert (claims.lanes[Lane.RECORD].last, claims.lanes[Lane.METRIC].first) == (2, 5)
    assert sequences(out.getvalue(), tmp_path)[Lane.RECORD] == [(1, 1), (2, 2)]
    assert SHED_TYPE.encode() not in out.getvalue(), "it can be read without the key"


def test_a_picture_whose_file_is_gone_leaves_a_gap(tmp_path: Path) -> None:
    """The rest is taken along, and it is told how much is not."""
    with opened(tmp_path) as store, closing(Backlog(tmp_path)) as backlog:
        gone, here = keep(store, b"one" * 100_000), keep(store, b"two")
        store.blobs.unlink(gone.sha256)
        writing = exporter(backlog, store, tmp_path, io.BytesIO())
        claims = writing.write(lambda _: None)
        assert writing.blobs_gone == 3
        assert (claims.lanes[Lane.BLOB].first, claims.lanes[Lane.BLOB].rows, here.size) == (4, 1, 3)


def test_nothing_makes_no_export(tmp_path: Path) -> None:
    """An empty outbox is told, and not signed."""
    with (
        opened(tmp_path) as store,
        closing(Backlog(tmp_path)) as backlog,
        pytest.raises(ProblemError, match="export-empty"),
    ):
        exporter(backlog, store, tmp_path, io.BytesIO()).write(lambda _: None)


def test_memory_does_not_grow_with_the_backlog(tmp_path: Path) -> None:
    """Six megabytes pass through in less than two."""

    class Nowhere:
        size = 0

        def write(self, data: bytes, /) -> int:
            self.size += len(data)
            return len(data)

    with opened(tmp_path) as store, closing(Backlog(tmp_path)) as backlog:
        keep(store, random.Random(5).randbytes(BIG_BYTES))
        nowhere = Nowhere()
        writing = exporter(backlog, store, tmp_path, nowhere)
        tracemalloc.start()
        try:
            writing.write(lambda _: None)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert nowhere.size > BIG_BYTES
    assert peak < 2_000_000
