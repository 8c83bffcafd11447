# SPDX-License-Identifier: Apache-2.0
"""Who gives way when the cap is reached, what a picture of a case is worth, and what is too old."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from edge.config.load import load_config
from edge.contract.blobs import BlobRef
from edge.contract.problems import ProblemError
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import ManualClock, Now
from edge.durable import housekeeper
from edge.durable.quota import GIVES_WAY, GIVES_WAY_LAST, LaneShare, Quota
from edge.durable.rows import NewRow
from edge.durable.store import Store
from edge.durable.transaction import Transaction
from tests.durable.stores import NOW, append, do, new_row, on_disk, open_bare, opened, quota_of, seqs, usage

MIB = 1024 * 1024
DAY_S = 86_400.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a store was made already, with room to make it."""
    open_bare(tmp_path).close()
    return tmp_path


def fill(store: Store, lane: Lane, size: int) -> None:
    for _ in range(size // 40_000):
        append(store, *(new_row(lane, body=b"x" * 3960) for _ in range(10)))


def picture(store: Store, number: int, size: int = 40_000, *, named: bool = False) -> BlobRef:
    """A picture on its way, named by a row of lane record or by nobody."""
    blob = store.blobs.keep_bytes(number.to_bytes(4, "big") * (size // 4), "image/jpeg")
    row = new_row(body=b'"type":"case.v1","data":{"photos":[{"sha256":"%s","size":1}]}}' % blob.sha256.encode())

    def work(txn: Transaction) -> None:
        if named:
            txn.append(row)
        txn.append_blob(blob, NOW)

    do(store, work)
    return blob


def shed_rows(store: Store) -> dict[str, int]:
    return {lane.value: account.shed_rows for lane, account in store.accounts.items() if account.shed_rows}


def test_metric_gives_way_first_and_urgent_last(folder: Path) -> None:
    """As lanes run empty the next one gives, in the order of the contract; the newest facts are always accepted."""
    gave: dict[Lane, None] = {}
    with opened(folder, quota=quota_of(MIB)) as store:
        store.on_shed = lambda lane, _first, _last: gave.setdefault(lane)
        for lane in (Lane.METRIC, Lane.STATE, Lane.RECORD):
            fill(store, lane, 80_000)
        picture(store, 1)
        for _ in range(120):
            append(store, new_row(Lane.URGENT, body=b"x" * 8000))
        assert list(gave) == [*GIVES_WAY, *GIVES_WAY_LAST]
        assert store.accounts[Lane.URGENT].rows > 10
        assert usage(folder) <= MIB * 1.02


def test_rows_that_tell_are_not_shed_in_vain(folder: Path) -> None:
    """Where lane record holds nothing but what tells of losses, the next lane gives way and the teller stays."""
    with opened(folder, quota=quota_of(MIB)) as store:
        fill(store, Lane.URGENT, 1_200_000)
        assert seqs(store, Lane.RECORD) == [1]
        assert shed_rows(store).keys() == {"urgent"}


def test_floor_is_left_until_all_are_at_theirs(folder: Path) -> None:
    """A lane at its floor gives nothing while a more urgent one is above its own."""
    quota = quota_of(MIB, metric=LaneShare(floor=0.1), state=LaneShare(floor=0.05))
    with opened(folder, quota=quota) as store:
        fill(store, Lane.METRIC, 160_000)
        fill(store, Lane.STATE, 400_000)
        assert 0.1 * MIB - 4096 <= store.accounts[Lane.METRIC].bytes <= 0.1 * MIB
        assert store.accounts[Lane.STATE].shed_rows


def test_no_floor_is_worth_a_row_of_record_or_urgent(folder: Path) -> None:
    """Of these two nothing goes while another lane has a row, whatever is kept for that one."""
    quota = quota_of(MIB, metric=LaneShare(floor=0.3), state=LaneShare(floor=0.3), urgent=LaneShare(floor=1.0))
    with opened(folder, quota=quota) as store:
        fill(store, Lane.METRIC, 160_000)
        fill(store, Lane.STATE, 160_000)
        fill(store, Lane.RECORD, 160_000)
        fill(store, Lane.URGENT, 700_000)
        assert store.accounts[Lane.RECORD].shed_rows
        assert not store.accounts[Lane.METRIC].rows
        assert not store.accounts[Lane.STATE].rows
        told = set(shed_rows(store))  # what is left of lane record tells of the losses
        assert store.accounts[Lane.RECORD].rows <= len(told) + 1
        assert told >= {"metric", "state", "record"}


def test_no_picture_is_worth_a_row_of_record_or_urgent(folder: Path) -> None:
    """Where only these two are left to give way, the picture is refused."""
    with opened(folder, quota=quota_of(MIB)) as store:
        fill(store, Lane.METRIC, 100_000)
        fill(store, Lane.RECORD, 560_000)
        shed = store.accounts[Lane.RECORD].shed_rows
        with pytest.raises(ProblemError, match="disk-full"):
            list(map(partial(picture, store, size=200_000), range(12)))
        assert store.accounts[Lane.RECORD].shed_rows == shed


def test_ceiling_costs_the_lane_its_own_oldest(folder: Path) -> None:
    """A lane above its ceiling sheds though there is room for all."""
    with opened(folder, quota=quota_of(8 * MIB, state=LaneShare(ceiling=0.02))) as store:
        fill(store, Lane.METRIC, 200_000)
        fill(store, Lane.STATE, 400_000)
        assert store.accounts[Lane.STATE].bytes <= 0.02 * 8 * MIB
        assert list(shed_rows(store)) == ["state"]
        assert seqs(store, Lane.STATE)[-1] == store.accounts[Lane.STATE].last_seq


def test_pictures_of_a_case_outlive_the_others(folder: Path) -> None:
    """A picture that a held row names stays while another can go, in whatever order they came; then it goes too."""
    with opened(folder, quota=quota_of(MIB, record=LaneShare(floor=0.9))) as store:
        of_case = [picture(store, number, named=True) for number in range(3)]
        others = [picture(store, number) for number in range(10, 22)]
        assert all(store.blobs.path(blob.sha256).exists() for blob in of_case)
        assert not store.blobs.path(others[0].sha256).exists()
        assert seqs(store, Lane.BLOB)[:3] == [1, 2, 3]
        for number in range(30, 60):
            picture(store, number, named=True)
        assert not any(store.blobs.path(blob.sha256).exists() for blob in (*of_case, *others))
        assert usage(folder) <= MIB * 1.02


def test_picture_of_an_acknowledged_case_is_like_any_other(folder: Path) -> None:
    """Once the hub has the row that named it, nothing protects it."""
    with opened(folder, quota=quota_of(MIB)) as store:
        blob = picture(store, 1, named=True)
        do(store, lambda txn: txn.forget(Lane.RECORD, 1, store.blobs.unlink), frees=True)
        for number in range(10, 25):
            picture(store, number, named=True)
        assert not store.blobs.path(blob.sha256).exists()


def hold_for_ever(store: Store, held: list[BlobRef]) -> None:
    for number in range(100):
        blob = store.blobs.keep_bytes(bytes([number]) * 40_000, "image/jpeg")
        do(store, partial(Transaction.keep_picture, keeper="stay", sha256=blob.sha256))
        held.append(blob)


def test_picture_a_role_holds_is_never_shed(folder: Path) -> None:
    """A stay that may become a case keeps its pictures; with nothing else to give, a new picture is refused by name."""
    with opened(folder, quota=quota_of(MIB)) as store:
        held: list[BlobRef] = []
        with pytest.raises(ProblemError) as failed:
            hold_for_ever(store, held)
        assert failed.value.problem.code == "disk-full"
        assert len(held) > 5
        assert all(store.blobs.path(blob.sha256).exists() for blob in held)
        assert usage(folder) <= MIB * 1.02
        do(store, lambda txn: txn.release_pictures("stay", store.blobs.unlink))
        picture(store, 200)


def test_database_gives_its_pages_back_to_pictures(folder: Path) -> None:
    """Rows that filled the store leave it as file system blocks when a picture needs them."""
    with opened(folder, quota=quota_of(2 * MIB)) as store:
        fill(store, Lane.METRIC, 1_600_000)
        before = (folder / "store.db").stat().st_size
        for number in range(10):
            picture(store, number, 100_000)
        assert (folder / "store.db").stat().st_size < before - 300_000
        assert usage(folder) <= 2 * MIB * 1.02
        assert store.accounts == on_disk(folder)


def test_cap_made_smaller(folder: Path) -> None:
    """A store larger than its new cap shrinks at the first commit and goes on."""
    with opened(folder, quota=quota_of(8 * MIB)) as store:
        fill(store, Lane.METRIC, 4_000_000)
    with opened(folder, quota=quota_of(2 * MIB)) as store:
        append(store, new_row())
        assert usage(folder) <= 2 * MIB * 1.02


def test_reader_that_never_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that holds the log open costs nobody his rows: new ones are refused until it lets go."""
    monkeypatch.setattr(housekeeper, "_LOG_WAIT_MS", 20)
    with opened(folder, quota=quota_of(8 * MIB)) as store:
        fill(store, Lane.METRIC, 4_000_000)
        with contextlib.closing(store.rows(Lane.METRIC, 0, 10_000)) as reading:
            next(reading)
            with pytest.raises(ProblemError) as failed:
                fill(store, Lane.URGENT, 12_000_000)
            assert failed.value.problem.code == "disk-full"
            assert usage(folder) <= 8 * MIB * 1.02
            kept = store.accounts[Lane.URGENT].rows
        append(store, new_row(Lane.URGENT))
        assert store.accounts[Lane.URGENT].rows == kept + 1


@pytest.fixture
def judged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Store, ManualClock]]:
    """A store that keeps ten days of state and of pictures, and its clock."""
    monkeypatch.setattr(housekeeper, "EXPIRY_EVERY_S", 0.0)
    ten_days = LaneShare(keep_us=round(10 * DAY_S * 1e6))
    with opened(folder, quota=quota_of(8 * MIB, state=ten_days, blob=ten_days)) as store:
        clock = ManualClock(NOW)
        store.go_by(clock)
        yield store, clock


def row_at(now: Now, quality: ClockQuality = ClockQuality.SYNCED) -> NewRow:
    return NewRow(Lane.STATE, now.wall_us, now.uptime_ms, quality.value, b'"type":"t"}')


def turn(store: Store) -> None:
    """Let the writer come round: it looks at ages after it has answered."""
    append(store, new_row())
    append(store, new_row())


def test_what_is_too_old_goes(judged: tuple[Store, ManualClock]) -> None:
    """Rows and whole pictures older than their lane keeps go, reason expired; a case's picture waits for its row."""
    store, clock = judged
    append(store, row_at(NOW), row_at(NOW.later(5 * DAY_S)), row_at(NOW.later(9 * DAY_S)))
    old, of_case = picture(store, 1), picture(store, 2, named=True)
    clock.advance(16 * DAY_S)
    turn(store)
    assert seqs(store, Lane.STATE) == [3]
    assert (store.blobs.path(old.sha256).exists(), store.blobs.path(of_case.sha256).exists()) == (False, True)
    assert {(gap.lane, gap.first, gap.last, gap.reason) for gap in store.gaps()} == {
        (Lane.STATE, 1, 2, "expired"),
        (Lane.BLOB, 1, 1, "expired"),
    }


def test_age_is_judged_by_trusted_time_only(judged: tuple[Store, ManualClock]) -> None:
    """No row goes by a clock that was not set, on either side; one without a clock goes with an old one behind it."""
    store, clock = judged
    append(store, row_at(NOW, ClockQuality.UNSET), row_at(NOW, ClockQuality.UNSET))
    clock.advance(100 * DAY_S)
    turn(store)
    assert seqs(store, Lane.STATE) == [1, 2]
    store.go_by(ManualClock(replace(clock.now(), quality=ClockQuality.UNSET)))
    append(store, row_at(NOW.later(50 * DAY_S)))
    turn(store)
    assert seqs(store, Lane.STATE) == [1, 2, 3]
    store.go_by(clock)
    turn(store)
    assert seqs(store, Lane.STATE) == []


def test_quota_as_the_device_file_says(tmp_path: Path) -> None:
    """Hundredths become shares, days become microseconds, and a lane that keeps for ever has no age."""
    file = tmp_path / "device.toml"
    file.write_text('[device]\nname = "pole-1"\n[store]\ncap_mb = 64\n[[link.brokers]]\nhost = "h"\n')
    quota = Quota.of(load_config(file, {}).config.store)
    assert quota.cap == 64 * MIB
    assert quota.lanes[Lane.STATE] == LaneShare(0.05, 0.6, 90 * 86_400_000_000)
    assert quota.lanes[Lane.URGENT] == LaneShare(1.0, 1.0, None)


def test_many_who_want_room_at_once(folder: Path) -> None:
    """Pictures from four threads and rows from a fifth: each has its room before it is written."""
    with opened(folder, quota=quota_of(2 * MIB)) as store:
        threads = [threading.Thread(target=_keep_many, args=(store, first)) for first in range(0, 400, 100)]
        for thread in threads:
            thread.start()
        peak = 0
        while any(thread.is_alive() for thread in threads):
            append(store, new_row(Lane.METRIC, body=b"x" * 1000))
            peak = max(peak, usage(folder))
        assert peak <= 2 * MIB * 1.02
        assert store._writer._room.blob_bytes == sum(
            file.stat().st_blocks * 512 for file in (folder / "blobs").iterdir()
        )


def _keep_many(store: Store, first: int) -> None:
    for number in range(first, first + 12):
        picture(store, number, 50_000)
