# SPDX-License-Identifier: Apache-2.0
"""Batches, and every way in which a payload can fail to be one."""

import zlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.contract.batch import MAX_BATCH_BYTES, BatchError, batch_json, decode_batch, encode_batch
from edge.contract.words import Lane
from tests.contract.examples import DATA, framed


@given(st.lists(DATA, min_size=1, max_size=4), st.integers(0, 9))
def test_a_batch_is_read_back_as_it_was_joined(told: list[dict[str, object]], level: int) -> None:
    """Plain or deflated at any level, the events come out as they went in."""
    payload = encode_batch([framed(seq, data=data) for seq, data in enumerate(told, 1)], level)
    events = decode_batch(payload)
    assert [(one.seq, one.data["data"]) for one in events] == list(enumerate(told, 1))


def test_a_batch_says_itself_whether_it_is_deflated() -> None:
    """The first byte is 0x78 or '[': MQTT 3.1.1 has no properties to say it in."""
    rows = [framed(seq, text="the same again") for seq in range(1, 20)]
    assert encode_batch(rows)[0] == 0x78
    assert encode_batch(rows, level=0)[:1] == b"["
    assert len(encode_batch(rows)) < len(encode_batch(rows, level=0)) / 5


def test_what_does_not_shrink_stays_plain() -> None:
    """Deflating never makes a payload longer."""
    assert encode_batch([b"1"]) == b"[1]"


def test_a_zlib_bomb_is_not_inflated() -> None:
    """A few kilobytes that would become a gigabyte are refused after the first byte beyond the limit."""
    stream = zlib.compressobj(9)
    bomb = b"".join(stream.compress(b"[" + b" " * 1_000_000) for _ in range(100)) + stream.flush()
    assert len(bomb) < 100_000
    with pytest.raises(BatchError, match="larger than"):
        batch_json(bomb)


def test_the_limit_is_what_counts_before_deflation() -> None:
    """Exactly the limit passes, one byte more does not, plain and deflated alike."""
    fits, over = b"[" + b" " * (MAX_BATCH_BYTES - 2) + b"]", b"[" + b" " * (MAX_BATCH_BYTES - 1) + b"]"
    assert batch_json(fits) == batch_json(zlib.compress(fits)) == fits
    for payload in (over, zlib.compress(over)):
        with pytest.raises(BatchError, match="larger than"):
            batch_json(payload)


@given(st.data())
def test_a_truncated_batch_is_refused(data: st.DataObject) -> None:
    """A deflated payload cut anywhere is an error, never fewer events."""
    payload = encode_batch([framed(seq) for seq in range(1, 4)])
    with pytest.raises(BatchError):
        decode_batch(payload[: data.draw(st.integers(0, len(payload) - 1))])


@given(st.binary(max_size=40))
def test_noise_is_refused_with_a_reason(noise: bytes) -> None:
    """No bytes at all crash the reader."""
    assume(b"]" not in noise)
    for payload in (noise, b"\x78" + noise, b"[" + noise):
        with pytest.raises(BatchError, match=r"."):
            decode_batch(payload)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "empty payload"),
        (b"{}", "neither 0x78"),
        (b"\x78nonsense", "broken zlib stream"),
        (b"[{}]", "not a list of events"),
        (encode_batch([framed(2), framed(1)]), "sequences must rise"),
        (encode_batch([framed(1), framed(1)]), "sequences must rise"),
        (encode_batch([framed(1), framed(2, Lane.BLOB)]), "one lane of one epoch"),
        (encode_batch([framed(1), framed(2, epoch="e2")]), "one lane of one epoch"),
        (encode_batch([framed(1), framed(2, device="other")]), "one lane of one epoch"),
    ],
)
def test_what_is_no_batch_says_why(payload: bytes, why: str) -> None:
    """A hub's log names the rule that was broken."""
    with pytest.raises(BatchError, match=why):
        decode_batch(payload)
