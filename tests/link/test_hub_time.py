# SPDX-License-Identifier: Apache-2.0
"""When an acknowledgement tells the time, and when it may have lain somewhere; and how rows are dated by it."""

import json
from pathlib import Path

from edge.contract.acks import Ack
from edge.contract.batch import decode_batch
from edge.contract.envelope import event_body
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import instant
from edge.durable.rows import NewRow
from edge.link.batches import ALONE_MOST, Batch, Batcher
from edge.link.hub_time import OPEN_MOST, HubTime
from edge.sync.actions import Forget, TellLost
from tests.durable.stores import NOW, append, open_bare

BODY = event_body("cn.dongtou.edge.test.fact.v1", {})
HUB_US = NOW.wall_us + 3_600_000_000


def ack(lane: Lane = Lane.STATE, seq: int = 7) -> Ack:
    return Ack(epoch="e", acks={lane: seq}, time=instant(HUB_US))


def test_answer_to_what_was_just_sent() -> None:
    """The hub spoke between the first sending of the newest row it acknowledges and our hearing of it."""
    hub = HubTime({Lane.STATE: 5})
    hub.connected()
    hub.sent(Lane.STATE, 6, NOW)
    hub.sent(Lane.STATE, 7, NOW.later(1))
    hub.sent(Lane.STATE, 7, NOW.later(9))
    word = hub.answered([Forget(Lane.STATE, 7)], ack(), NOW.later(9.5))
    assert word is not None
    assert word.hub_us == HUB_US
    assert (word.asked_us, word.heard_us) == ((NOW.uptime_ms + 1_000) * 1_000, (NOW.uptime_ms + 9_501) * 1_000)
    assert hub.answered([Forget(Lane.STATE, 7)], ack(), NOW.later(10)) is None


def test_what_may_have_lain_at_the_broker() -> None:
    """Rows sent in a former life, on a former connection, or never: their acknowledgement tells no time."""
    hub = HubTime({Lane.STATE: 5})
    hub.sent(Lane.STATE, 5, NOW)
    assert hub.answered([Forget(Lane.STATE, 5)], ack(seq=5), NOW) is None
    hub.sent(Lane.STATE, 6, NOW)
    hub.connected()
    hub.sent(Lane.STATE, 6, NOW)
    assert hub.answered([Forget(Lane.STATE, 6)], ack(seq=6), NOW) is None
    assert hub.answered([Forget(Lane.URGENT, 1), TellLost(Lane.STATE, 1, 2)], ack(), NOW) is None


def test_hub_that_never_acknowledges_costs_no_memory() -> None:
    """Only so many batches are waited for."""
    hub = HubTime({})
    for seq in range(1, 10 * OPEN_MOST):
        hub.sent(Lane.METRIC, seq, NOW)
    assert hub.answered([Forget(Lane.METRIC, OPEN_MOST)], ack(Lane.METRIC), NOW) is not None
    assert hub.answered([Forget(Lane.METRIC, OPEN_MOST + 1)], ack(Lane.METRIC), NOW) is None


class Known:
    """Times by start of the agent."""

    def __init__(self, offsets: dict[int, int], hoped: int = 0) -> None:
        self.offsets = offsets
        self.hoped = hoped

    def offset_us(self, boot: int) -> int | None:
        return self.offsets.get(boot)

    def expected(self, boot: int) -> bool:
        return boot == self.hoped


def rows(folder: Path, *clocks: ClockQuality) -> None:
    store = open_bare(folder)
    append(store, *(NewRow(Lane.STATE, 86_400_000_000, 5_000, clock.value, BODY) for clock in clocks))
    store.close()


def framed(batcher: Batcher, after: int = 0) -> list[tuple[str, str, str]]:
    made = batcher.make(Lane.STATE, after)
    assert isinstance(made, Batch)
    events = json.loads(made.payload)
    return [(event["time"], event["clock"], event["uptimems"]) for event in events]


def test_rows_without_a_clock_are_dated_when_framed(tmp_path: Path) -> None:
    """By their uptime, and as held; rows that had a clock stay as they are, and so do those of a boot nobody knows."""
    rows(tmp_path, ClockQuality.UNSET, ClockQuality.SYNCED)
    rows(tmp_path, ClockQuality.UNSET)
    store = open_bare(tmp_path)
    as_written = ("1970-01-02T00:00:00.000000+00:00", "unset", "5000")
    known = Known({1: 1_795_000_000_000_000})
    assert framed(Batcher(store, "pole-1", deflate=False, times=known)) == [
        ("2026-11-18T11:06:45.000000+00:00", "held", "5000"),
        ("1970-01-02T00:00:00.000000+00:00", "synced", "5000"),
        as_written,
    ]
    assert framed(Batcher(store, "pole-1", deflate=False))[0] == as_written
    store.close()


def test_few_rows_go_before_the_hub_has_told_the_time(tmp_path: Path) -> None:
    """While the next answer may date them they go one by one, but not for ever: a hub may have no clock to tell."""
    rows(tmp_path, ClockQuality.SYNCED, *[ClockQuality.UNSET] * 40)
    store = open_bare(tmp_path)
    batcher = Batcher(store, "pole-1", deflate=False, times=Known({}, hoped=1))
    for _ in ("first", "next connection"):
        assert len(framed(batcher)) == 1
        assert [len(framed(batcher, after)) for after in range(1, 1 + ALONE_MOST)] == [1] * ALONE_MOST
        assert len(framed(batcher, 20)) == 21
        batcher.obey(1_000_000)
    made = batcher.make(Lane.STATE, 0)
    assert isinstance(made, Batch)
    assert [event.seq for event in decode_batch(made.payload)] == [1]
    store.close()
