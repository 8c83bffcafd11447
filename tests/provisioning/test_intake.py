# SPDX-License-Identifier: Apache-2.0
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.batch import BatchError, decode_batch
from edge.contract.words import Lane
from provisioning.bench.intake import blob_refs, read_batch
from tests.provisioning.made_up import DEVICE, batch, event, reference


def test_reads_what_the_contract_reads() -> None:
    """The fast reader and the contract's own model see the same events in the same batch."""
    payload = batch(Lane.STATE, [1, 2, 5])
    fast, slow = read_batch(DEVICE, Lane.STATE, payload), decode_batch(payload)
    assert fast.sequences == [event.seq for event in slow] == [1, 2, 5]
    assert [row["data"] for row in fast.rows] == [event.data for event in slow]


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_batch_or_refused(noise: bytes, deflated: bool) -> None:
    """Whatever a device sends, the reader has one way to complain."""
    with pytest.raises(BatchError):
        read_batch(DEVICE, Lane.STATE, zlib.compress(noise) if deflated else noise)


@given(st.data())
def test_a_spoilt_event_is_refused_or_harmless(data: st.DataObject) -> None:
    """One attribute replaced by anything JSON can say: either the batch is refused, or what it says is storable."""
    spoilt = json.loads(event(Lane.STATE, 1, {"n": 1}))
    key = data.draw(st.sampled_from(sorted(spoilt)))
    leaf = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    spoilt[key] = data.draw(st.recursive(leaf, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
    try:
        rows = read_batch(DEVICE, Lane.STATE, json.dumps([spoilt]).encode()).rows
    except BatchError:
        return
    assert json.dumps(rows, allow_nan=False)


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        (b"[]", "no events"),
        (batch(Lane.RECORD, [1]), "that of its topic"),
        (b"[%b,%b]" % (event(Lane.STATE, 2, {}), event(Lane.STATE, 1, {})), "must rise"),
        (b"[%b,%b]" % (event(Lane.STATE, 1, {}), event(Lane.STATE, 2, {}, epoch="e2")), "one epoch"),
        (b"[%b]" % event(Lane.STATE, 1, {}).replace(b"-state-1", b"-state-2"), "is not e1-state-1"),
        (b"[%b]" % event(Lane.STATE, 1, {}).replace(b"/devices/cam-7", b"/devices/cam-8"), "on a topic of cam-7"),
        (b"[%b]" % event(Lane.STATE, 1, {}).replace(b"+00:00", b""), "no offset"),
        (b"[%b]" % event(Lane.STATE, 1, {}).replace(b"+00:00", b"+99:00"), "not RFC 3339"),
        (b"[%b]" % event(Lane.STATE, 0, {}), "run from 1"),
        (b'[{"specversion":"1.0"}]', "Field required"),
    ],
    ids=["empty", "lane", "order", "epoch", "id", "source", "offset", "time", "zero", "bare"],
)
def test_refusals_say_why(payload: bytes, complaint: str) -> None:
    """Each breach of the contract is named, so that the device's maker can mend it."""
    with pytest.raises(BatchError, match=complaint):
        read_batch(DEVICE, Lane.STATE, payload)


def test_references_are_found_anywhere() -> None:
    """A reference counts wherever it stands in the data, and a look-alike does not."""
    real = reference(b"picture")
    data = {"photographs": [{"blob": real}], "plate": {"close": {"up": real}}, "odd": {**real, "sha256": "no"}}
    assert [ref.sha256 for ref in blob_refs(data)] == [real["sha256"]] * 2
