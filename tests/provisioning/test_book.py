# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contract.acks import Ack
from edge.contract.batch import encode_batch
from edge.contract.evidence import CASE_TYPE
from edge.contract.presence import Presence
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from provisioning.bench.book import Book
from provisioning.bench.ledger import ASK_AFTER_S
from provisioning.bench.record import Record
from provisioning.bench.record_place import open_store
from provisioning.bench.record_sqlite import SqliteStore
from tests.provisioning.made_up import DEVICE, EPOCH, batch, chunk, event, name_of, reference, shed, topic

PICTURE = bytes(range(256)) * 20


@pytest.fixture
def book(place: str, tmp_path: Path) -> Iterator[Book]:
    opened = Book(open_store(place, tmp_path, 0, 1))
    yield opened
    opened.close()


@pytest.fixture
def record(book: Book, tmp_path: Path) -> Iterator[Record]:
    opened = Record(tmp_path)
    yield opened
    opened.close()


def one_ack(book: Book, now_s: float = 0.0) -> Ack:
    [(device, ack)] = book.commit(now_s)
    assert device == DEVICE
    return ack


def presence(online: bool = True) -> bytes:
    said = {"online": online, "boot": "b", "epoch": EPOCH, "agent": "1", "role": "r", "time": "2026-01-01T00:00:00Z"}
    return Presence.model_validate(said).model_dump_json().encode()


def test_everything_taken_is_acked_at_once(book: Book, record: Record) -> None:
    """One commit, one ack for the device, however many batches and lanes came before it."""
    book.take(topic(Lane.STATE), batch(Lane.STATE, range(1, 6)))
    book.take(topic(Lane.STATE), batch(Lane.STATE, range(6, 11)))
    book.take(topic(Lane.RECORD), batch(Lane.RECORD, [1]))
    ack = one_ack(book)
    assert (ack.epoch, ack.acks) == (EPOCH, {Lane.STATE: 10, Lane.RECORD: 1})
    assert (record.expected(), record.received(), record.lost(), record.duplicated()) == (11, 11, 0, 0)


def test_again_is_only_counted(book: Book, record: Record) -> None:
    """An event that comes again is acked and counted, and has no second effect."""
    for _ in range(3):
        book.take(topic(Lane.STATE), batch(Lane.STATE, [1, 2]))
        assert one_ack(book).acks == {Lane.STATE: 2}
    assert (record.received(), record.duplicates_seen(), record.duplicated()) == (2, 4, 0)


def test_uncommitted_is_as_if_never_come(place: str, tmp_path: Path) -> None:
    """A hub that dies before its commit has neither rows nor a watermark to show for it."""
    first = Book(open_store(place, tmp_path, 0, 1))
    first.take(topic(Lane.STATE), batch(Lane.STATE, [1]))
    first.commit(0.0)
    first.take(topic(Lane.STATE), batch(Lane.STATE, [2]))
    first.close()
    again = Book(open_store(place, tmp_path, 0, 1))
    again.take(topic(Lane.STATE), batch(Lane.STATE, [1]))
    assert one_ack(again).acks == {Lane.STATE: 1}
    again.close()


def test_standing_hole_is_asked_for(book: Book, record: Record) -> None:
    """What a broker lost on the way stays a hole below the watermark until the device has sent it again."""
    book.take(topic(Lane.STATE)[:-5] + "presence", presence())
    book.take(topic(Lane.STATE), batch(Lane.STATE, [1, 2, 5]))
    assert one_ack(book).acks == {Lane.STATE: 2}
    assert record.gaps() == 2
    [asked] = one_ack(book, ASK_AFTER_S).resend
    assert (asked.lane, asked.from_, asked.to) == (Lane.STATE, 3, 4)
    book.take(topic(Lane.STATE), batch(Lane.STATE, [3, 4]))
    assert one_ack(book).acks == {Lane.STATE: 5}


def test_an_absent_device_is_not_asked(book: Book) -> None:
    """Questions to a device that is away would only pile up at the broker."""
    book.take(topic(Lane.STATE)[:-5] + "presence", presence(online=False))
    book.take(topic(Lane.STATE), batch(Lane.STATE, [2]))
    book.commit(0.0)
    assert book.commit(ASK_AFTER_S) == []


def test_seen_in_the_middle_is_acked_from_nothing(book: Book) -> None:
    """A hub that never saw the beginning says so, so that the device tells what became of it."""
    book.take(topic(Lane.STATE), batch(Lane.STATE, range(101, 111)))
    assert one_ack(book).acks == {Lane.STATE: 0}
    book.take(topic(Lane.RECORD), shed(1, Lane.STATE, 1, 100, "acked-before"))
    assert one_ack(book).acks == {Lane.STATE: 110, Lane.RECORD: 1}


def test_shed_rows_are_told_not_lost(book: Book, record: Record) -> None:
    """What the device had to give up is subtracted; should a row of it come after all, it is kept and counted."""
    book.take(topic(Lane.STATE), batch(Lane.STATE, [1, 10]))
    book.take(topic(Lane.RECORD), shed(1, Lane.STATE, 2, 9))
    assert one_ack(book).acks == {Lane.STATE: 10, Lane.RECORD: 1}
    assert (record.expected(), record.received(), record.lost()) == (3, 3, 0)
    book.take(topic(Lane.STATE), batch(Lane.STATE, [4]))
    book.commit(0.0)
    assert (record.expected(), record.received(), record.lost()) == (4, 4, 0)


def test_presence_repeats_the_ack(book: Book, record: Record) -> None:
    """A device that comes back hears where the hub stands, since the last ack may have died with its link."""
    book.take(topic(Lane.STATE), batch(Lane.STATE, [1]))
    book.commit(0.0)
    book.take(topic(Lane.STATE)[:-5] + "presence", presence())
    assert one_ack(book).acks == {Lane.STATE: 1}
    [device] = record.devices()
    assert (device.device, device.online, device.rows) == (DEVICE, True, 1)


def test_text_that_a_database_cannot_hold_is_no_obstacle(book: Book, record: Record) -> None:
    """A zero character in a subject, in data or in a media type stops no store, and no later event."""
    odd = event(Lane.STATE, 1, {"a": "?"}).replace(b'"?"', b'"x\\u0000y"').replace(b'"slot-1"', b'"slot\\u00001"')
    pictured = event(Lane.STATE, 2, {"blob": {**reference(PICTURE), "media_type": "image/\0"}})
    far = event(Lane.STATE, 3, {"blob": {**reference(PICTURE), "size": 10**30}})
    book.take(topic(Lane.STATE), b"[%b,%b,%b]" % (odd, pictured, far))
    assert one_ack(book).acks == {Lane.STATE: 3}
    assert record.events()[-1]["data"] == {"a": "x\0y"}
    assert record.duplicated() == 0


def test_an_ack_waits_for_the_one_before(book: Book) -> None:
    """While the broker has not answered for a device's last ack no other is said, and then one that is true by then."""
    book.take(topic(Lane.STATE), batch(Lane.STATE, [1]))
    one_ack(book)
    for seq in (2, 3):
        book.take(topic(Lane.STATE), batch(Lane.STATE, [seq]))
        assert book.commit(0.0, {DEVICE}) == []
    assert one_ack(book).acks == {Lane.STATE: 3}
    assert book.commit(0.0) == []


def test_numbers_that_json_cannot_say_are_kept_as_words(book: Book, record: Record) -> None:
    """A device that writes NaN or an endless number neither stops the hub nor makes a row nobody can read."""
    odd = event(Lane.STATE, 1, {"a": "?", "b": "!"}).replace(b'"?"', b"NaN").replace(b'"!"', b"-1e999")
    book.take(topic(Lane.STATE), b"[%b]" % odd)
    assert one_ack(book).acks == {Lane.STATE: 1}
    assert record.events()[0]["data"] == {"a": "NaN", "b": "-Infinity"}


@pytest.mark.parametrize(
    ("where", "payload"),
    [
        (topic(Lane.STATE), b"\xff\x00 nonsense"),
        (topic(Lane.STATE), b'[{"data":{"x":NaN}}]'),
        (f"dt/1/{DEVICE}/up/presence", b'{"online":"perhaps"}'),
        (f"dt/1/{DEVICE}/up/reported", b"[]"),
        ("dt/1/NOBODY/up/state", b"[]"),
        (f"dt/1/{DEVICE}/up/gossip", b"{}"),
        (topic(Lane.RECORD), shed(1, Lane.STATE, 9, 2)),
        (topic(Lane.BLOB), chunk(1, PICTURE, 0, 100, name="not-a-hash")),
    ],
    ids=["bytes", "nan", "presence", "reported", "device", "channel", "shed", "chunk"],
)
def test_breach_is_recorded_and_passed_by(book: Book, record: Record, where: str, payload: bytes) -> None:
    """What breaks the contract is written down with its reason, and the next message is served as ever."""
    book.take(where, payload)
    book.take(topic(Lane.STATE), batch(Lane.STATE, [1]))
    assert one_ack(book).acks[Lane.STATE] == 1
    assert len(record.refused()) == 1


@settings(max_examples=40)  # each is a store of its own, with its fsyncs
@given(st.permutations(range(0, len(PICTURE), 1000)))
def test_blob_is_whole_whatever_the_order(offsets: list[int]) -> None:
    """Chunks in any order, some twice, make the one file whose hash is its name; until then it has no name."""
    with TemporaryDirectory() as folder:
        book = Book(SqliteStore(Path(folder)))
        book.take(topic(Lane.RECORD), encode_batch([event(Lane.RECORD, 1, {"blob": reference(PICTURE)})]))
        for seq, offset in enumerate([*offsets, offsets[0]], start=1):
            book.take(topic(Lane.BLOB), chunk(seq, PICTURE, offset, 1000))
            book.commit(0.0)
        record = Record(Path(folder))
        found = record.blob(name_of(PICTURE))
        assert found is not None
        assert found[0].read_bytes() == PICTURE
        assert (record.blobs_expected(), record.blobs_verified()) == (1, 1)
        record.close()
        book.close()


def test_blob_goes_on_after_the_hub_was_killed(place: str, tmp_path: Path) -> None:
    """Half a picture survives its hub, and a hub that had just named the file takes it back without harm."""
    first = Book(open_store(place, tmp_path, 0, 1))
    first.take(topic(Lane.BLOB), chunk(1, PICTURE, 0, 3000))
    first.commit(0.0)
    first.close()
    (tmp_path / "blobs" / f"{name_of(PICTURE)}.part").rename(tmp_path / "blobs" / name_of(PICTURE))
    again = Book(open_store(place, tmp_path, 0, 1))
    again.take(topic(Lane.BLOB), chunk(2, PICTURE, 3000, 9000))
    again.commit(0.0)
    again.close()
    assert (tmp_path / "blobs" / name_of(PICTURE)).read_bytes() == PICTURE


def test_blob_with_a_wrong_hash_is_thrown_away(book: Book, record: Record, tmp_path: Path) -> None:
    """Bytes that are not what their name says never get that name."""
    book.take(topic(Lane.BLOB), chunk(1, PICTURE, 0, 9000, name="0" * 64))
    assert one_ack(book).acks == {Lane.BLOB: 1}
    assert [entry.name for entry in (tmp_path / "blobs").iterdir()] == []
    assert "hash" in record.refused()[0][1]


def test_known_blob_is_said_to_be_here(book: Book) -> None:
    """A device about to send a picture the hub has is told so, by the event that refers to it or by its first chunk."""
    book.take(topic(Lane.BLOB), chunk(1, PICTURE, 0, 9000))
    assert one_ack(book).blobs == ()
    book.take(topic(Lane.RECORD), encode_batch([event(Lane.RECORD, 1, {"blob": reference(PICTURE)})]))
    assert one_ack(book).blobs == (name_of(PICTURE),)
    book.take(topic(Lane.BLOB), chunk(2, PICTURE, 0, 1000))
    assert one_ack(book).blobs == (name_of(PICTURE),)


def test_case_shows_its_pictures(book: Book, record: Record) -> None:
    """A case lists its photographs, each with whether its bytes are here."""
    photographs = [
        {"taken_at": "2026-01-01T00:00:00Z", "view": "whole-scene", "blob": reference(PICTURE)},
        {"taken_at": "2026-01-01T00:00:03Z", "view": "plate", "blob": reference(b"other")},
        "not a photograph",
    ]
    data = {"case": "c-1", "photographs": photographs}
    book.take(topic(Lane.RECORD), encode_batch([event(Lane.RECORD, 1, data, CASE_TYPE)]))
    book.take(topic(Lane.BLOB), chunk(1, PICTURE, 0, 9000))
    book.commit(0.0)
    [case] = record.cases()
    assert (case.case, [picture.verified for picture in case.pictures]) == ("c-1", [True, False])


def test_the_same_fact_under_two_names_is_a_double_effect(book: Book, record: Record) -> None:
    """`duplicated` is computed from the rows: a device that tells one case twice under new numbers is found out."""
    for seq in (1, 2):
        book.take(topic(Lane.RECORD), encode_batch([event(Lane.RECORD, seq, {"case": "c-1"}, CASE_TYPE)]))
    book.commit(0.0)
    assert record.duplicated() == 1


def test_one_hub_per_folder(tmp_path: Path) -> None:
    """Two hubs on one record would each ack what the other does not know; workers of one hub know of each other."""
    alone = SqliteStore(tmp_path / "alone")
    for worker, workers in ((0, 1), (1, 2)):
        with pytest.raises(ProblemError, match="hub-folder-busy"):
            SqliteStore(tmp_path / "alone", worker, workers)
    alone.close()
    several = [SqliteStore(tmp_path / "several", worker, 2) for worker in (0, 1)]
    for worker, workers in ((0, 1), (1, 2)):
        with pytest.raises(ProblemError, match="hub-folder-busy"):
            SqliteStore(tmp_path / "several", worker, workers)
    for store in several:
        store.close()


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 8), st.sampled_from(["commit", "crash"])), max_size=12))
def test_exactly_once_under_any_schedule(steps: list[tuple[int, int, str]]) -> None:
    """Batches in any order, again and again, with crashes between: committed rows are there once, acked ones always."""
    with TemporaryDirectory() as folder:
        book, committed, pending = Book(SqliteStore(Path(folder))), set[int](), set[int]()
        for first, length, end in steps:
            numbers = range(first, first + length)
            book.take(topic(Lane.STATE), batch(Lane.STATE, numbers))
            pending |= set(numbers)
            if end == "commit":
                committed |= pending
                mark = one_ack(book).acks[Lane.STATE]
                assert set(range(1, mark + 1)) <= committed
                assert mark + 1 not in committed
            else:
                book.close()
                book = Book(SqliteStore(Path(folder)))
            pending.clear()
        book.close()
        record = Record(Path(folder))
        assert (record.received(), record.duplicated()) == (len(committed), 0)
        record.close()
