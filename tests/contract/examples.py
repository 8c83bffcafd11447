# SPDX-License-Identifier: Apache-2.0
"""Events as tests need them: any JSON, any place in a lane."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from edge.contract.envelope import CloudEvent, EventFrame, event_body, event_id, event_source
from edge.contract.words import ClockQuality, Lane

DEVICE, EPOCH = "pole-7", "e1"
KIND = "cn.dongtou.edge.demo.greeting.v1"
NOON_US = 1_795_000_000_123_456
EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
DATA = st.dictionaries(TEXTS, JSON, max_size=4)


def framed(seq: int, lane: Lane = Lane.STATE, device: str = DEVICE, epoch: str = EPOCH, **data: Any) -> bytes:  # noqa: ANN401
    """One event as the courier writes it."""
    return EventFrame(device, epoch, lane).frame(seq, NOON_US, "synced", 1000, event_body(KIND, data))


def event(seq: int, lane: Lane, data: dict[str, Any], subject: str | None, traceparent: str | None) -> CloudEvent:
    """The same event as a model."""
    return CloudEvent(
        id=event_id(EPOCH, lane, seq),
        source=event_source(DEVICE),
        epoch=EPOCH,
        lane=lane,
        sequence=f"{seq:016d}",
        time=EPOCH_START + timedelta(microseconds=NOON_US),
        clock=ClockQuality.SYNCED,
        uptimems="1000",
        type=KIND,
        subject=subject,
        traceparent=traceparent,
        data=data,
    )
