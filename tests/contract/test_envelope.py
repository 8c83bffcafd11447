# SPDX-License-Identifier: Apache-2.0
"""One event on the wire, written in two ways that must agree."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.contract.envelope import CloudEvent, EventFrame, event_body
from edge.contract.words import Lane
from tests.contract.examples import DATA, DEVICE, EPOCH, EPOCH_START, KIND, NOON_US, TEXTS, event, framed

LANES = st.sampled_from(Lane)
SEQUENCES = st.integers(1, 10**16 - 1)
MAYBE = st.none() | TEXTS


@given(LANES, SEQUENCES, DATA, MAYBE, MAYBE)
def test_a_framed_body_is_what_the_model_would_say(
    lane: Lane, seq: int, data: dict[str, Any], subject: str | None, traceparent: str | None
) -> None:
    """Body and frame, joined without parsing, are the members of the model in the model's own order, for any data."""
    said = EventFrame(DEVICE, EPOCH, lane).frame(
        seq, NOON_US, "synced", 1000, event_body(KIND, data, subject, traceparent)
    )
    modelled = event(seq, lane, data, subject, traceparent)
    members = {name: value for name, value in modelled.model_dump(mode="json").items() if value is not None}
    assert said == json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
    assert CloudEvent.model_validate_json(said) == modelled


@given(st.integers(0, 4_102_444_800_000_000), SEQUENCES, st.integers(0, 2**63))
def test_no_microsecond_is_lost(time_us: int, seq: int, uptime_ms: int) -> None:
    """Time, place and uptime are read back exactly as they were framed."""
    read = CloudEvent.model_validate_json(
        EventFrame(DEVICE, EPOCH, Lane.METRIC).frame(seq, time_us, "held", uptime_ms, event_body(KIND, {}))
    )
    assert read.time - EPOCH_START == timedelta(microseconds=time_us)
    assert (read.seq, read.uptimems, read.device) == (seq, str(uptime_ms), DEVICE)


def test_time_is_written_with_its_offset() -> None:
    """RFC 3339 with microseconds and an offset, also at the whole second."""
    body = event_body(KIND, {})
    said = json.loads(EventFrame(DEVICE, EPOCH, Lane.STATE).frame(1, 1_795_000_000_000_000, "synced", 0, body))
    assert said["time"] == "2026-11-18T11:06:40.000000+00:00"
    assert datetime.fromisoformat(said["time"]) == datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)


def test_what_json_cannot_say_is_refused_where_it_arises() -> None:
    """NaN never reaches the store: no hub could read it."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        event_body(KIND, {"level": float("nan")})


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "demo.greeting.v1"},
        {"type": "cn.dongtou.edge.demo.greeting"},
        {"sequence": "1"},
        {"source": "/devices/Pole"},
        {"lane": "slow"},
        {"time": "2026-11-18T11:06:40"},
        {"specversion": "0.3"},
        {"data": None},
    ],
)
def test_an_event_of_another_shape_is_refused(wrong: dict[str, Any]) -> None:
    """Each attribute is held to its form, times without an offset included."""
    with pytest.raises(ValidationError):
        CloudEvent.model_validate({**json.loads(framed(1)), **wrong})


def test_a_later_devices_attributes_are_passed_by() -> None:
    """The contract grows by adding, so an unknown attribute is no error."""
    assert CloudEvent.model_validate({**json.loads(framed(1)), "mood": "good"}).seq == 1
