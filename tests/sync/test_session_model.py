# SPDX-License-Identifier: Apache-2.0
"""The session between a model outbox, a lossy broker and a model hub, under any order of mishaps."""

from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.contract.acks import Ack
from edge.contract.words import Lane
from edge.sync.actions import (
    Ahead,
    Canary,
    Connect,
    Disconnect,
    Forget,
    Look,
    Ping,
    Publish,
    Resubscribe,
    TellLost,
    Verdict,
    Wait,
)
from edge.sync.session import Session
from edge.sync.settings import Limits, SessionSettings
from tests.sync.bench import DEAF, EPOCH, START

LANES = (Lane.URGENT, Lane.RECORD, Lane.METRIC)
WINDOW = 4
SETTINGS = SessionSettings(EPOCH, window=WINDOW, ack_timeout_s=10.0)
Range = tuple[Lane, int, int]


@dataclass
class Outbox:
    """The store, reduced to what a session sees: watermarks, rows, and shed events that travel on lane record."""

    last: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))
    acked: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))
    sheds: dict[int, Range] = field(default_factory=dict)
    hub_time_s: float = 0.0

    def carry_out(self, verdict: Verdict) -> int | None:
        match verdict:
            case Forget(lane, through):
                assert through > self.acked[lane]
                self.acked[lane] = through
            case TellLost(lane, first, last):
                assert last <= self.acked[lane], "rows that are still here were called lost"
                self.last[Lane.RECORD] += 1
                self.sheds[self.last[Lane.RECORD]] = (lane, first, last)
                return self.last[Lane.RECORD]
        return None


@dataclass
class Hub:
    """Has what it was sent, in a set per lane; its watermark is what has no hole below it."""

    has: dict[Lane, set[int]] = field(default_factory=lambda: {lane: set() for lane in Lane})
    ever: dict[Lane, set[int]] = field(default_factory=lambda: {lane: set() for lane in Lane})
    clock_s: float = 0.0

    def take(self, outbox: Outbox, batch: Range) -> None:
        lane, first, last = batch
        self._add(lane, first, last)
        for seq in range(first, last + 1):
            if lane is Lane.RECORD and seq in outbox.sheds:
                self._add(*outbox.sheds[seq])

    def watermark(self, lane: Lane) -> int:
        seq = 0
        while seq + 1 in self.has[lane]:
            seq += 1
        return seq

    def says(self) -> Ack:
        self.clock_s += 1.0
        return Ack(
            epoch=EPOCH,
            acks={lane: self.watermark(lane) for lane in LANES},
            time=START + timedelta(seconds=self.clock_s),
        )

    def restore(self, to: dict[Lane, int]) -> None:
        for lane, seq in to.items():
            self.has[lane] = {one for one in self.has[lane] if one <= seq}

    def _add(self, lane: Lane, first: int, last: int) -> None:
        self.has[lane].update(range(first, last + 1))
        self.ever[lane].update(range(first, last + 1))


class District(RuleBasedStateMachine):
    """One device, one broker, one hub."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox()
        self.hub = Hub()
        self.now_s = 0.0
        self.token = 0
        self.receive_maximum = 65_535
        self.unanswered: dict[int, Range] = {}
        self.on_the_way: list[Ack] = []
        self.limited = True
        self.session = self._new_session()

    def _new_session(self) -> Session:
        return Session(SETTINGS, dict(self.outbox.last), dict(self.outbox.acked), self.outbox.hub_time_s)

    @rule(lane=st.sampled_from(LANES), count=st.integers(1, 12))
    def rows_are_written(self, lane: Lane, count: int) -> None:
        self.outbox.last[lane] += count
        self.session.rows_waiting(lane, self.outbox.last[lane])

    @rule(receive_maximum=st.sampled_from([1, 2, 3, 65_535]), batch=st.integers(1, 5))
    def session_acts(self, receive_maximum: int, batch: int) -> None:
        match self.session.next(self.now_s, 0.5):
            case Connect():
                self.unanswered.clear()
                self.receive_maximum = receive_maximum
                self.session.link_up(Limits(receive_maximum), self.now_s)
            case Disconnect():
                self.link_lost()
            case Publish(lane, after):
                last = min(after + batch, self.outbox.last[lane])
                assert self.outbox.acked[lane] <= after < last
                self.token += 1
                self.unanswered[self.token] = (lane, after + 1, last)
                self.session.published(self.token, lane, after + 1, last, self.now_s)
            case Ahead(seq):
                self.token += 1
                self.unanswered[self.token] = (Lane.RECORD, seq, seq)
                self.session.published_ahead(self.token, seq, seq, self.now_s)
            case Wait() | Ping() | Resubscribe() | Canary() | Look():
                pass

    @precondition(lambda self: self.unanswered)
    @rule(lost_behind_the_broker=st.booleans(), newest=st.booleans())
    def broker_takes_a_batch(self, lost_behind_the_broker: bool, newest: bool) -> None:
        token = (max if newest else min)(self.unanswered)
        batch = self.unanswered.pop(token)
        if not lost_behind_the_broker:
            self.hub.take(self.outbox, batch)
        self._deliver(token, code=0)

    @precondition(lambda self: self.unanswered)
    @rule()
    def broker_is_deaf(self) -> None:
        token = min(self.unanswered)
        del self.unanswered[token]
        self._deliver(token, code=DEAF)

    @precondition(lambda self: self.session.connected)
    @rule()
    def link_lost(self) -> None:
        self.unanswered.clear()
        self.session.link_down(self.now_s, 0.5)

    @rule()
    def hub_speaks(self) -> None:
        self.on_the_way.append(self.hub.says())

    @precondition(lambda self: self.on_the_way)
    @rule(newest=st.booleans())
    def ack_arrives(self, newest: bool) -> None:
        self._hear(self.on_the_way.pop(-1 if newest else 0))

    @precondition(lambda self: self.on_the_way)
    @rule()
    def acks_are_lost(self) -> None:
        self.on_the_way.clear()

    @rule(part=st.floats(0, 1))
    def hub_is_restored_from_backup(self, part: float) -> None:
        """What it said before the restore and has not arrived yet is gone with its old queue."""
        self.on_the_way.clear()
        self.hub.restore({lane: int(self.hub.watermark(lane) * part) for lane in LANES})

    @rule()
    def agent_dies(self) -> None:
        self.unanswered.clear()
        self.session = self._new_session()

    @rule(seconds=st.sampled_from([0.1, 1.0, 11.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds

    def _deliver(self, token: int, *, code: int) -> None:
        assert self.session.delivered(token, code=code, now_s=self.now_s, chance=0.5) == []

    def _hear(self, said: Ack) -> None:
        for verdict in self.session.acked(said, self.now_s):
            if (told := self.outbox.carry_out(verdict)) is not None:
                self.session.told(told)
        # What was told is a row of its own; the courier says so after each commit.
        self.session.rows_waiting(Lane.RECORD, self.outbox.last[Lane.RECORD])
        self.outbox.hub_time_s = max(self.outbox.hub_time_s, said.time.timestamp())

    @invariant()
    def nothing_is_forgotten_before_the_hub_had_it(self) -> None:
        for lane in LANES:
            assert set(range(1, self.outbox.acked[lane] + 1)) <= self.hub.ever[lane]

    @invariant()
    def window_is_never_exceeded(self) -> None:
        assert self.session.in_flight <= WINDOW
        assert len(self.unanswered) <= self.receive_maximum

    def teardown(self) -> None:
        """Once the faults end, everything arrives, in a number of steps that has nothing to do with luck."""
        self.on_the_way.clear()
        for _ in range(1000):
            if all(self.hub.watermark(lane) == self.outbox.last[lane] == self.outbox.acked[lane] for lane in LANES):
                return
            self.session_acts(65_535, 5)
            while self.unanswered:
                self.broker_takes_a_batch(lost_behind_the_broker=False, newest=False)
            self._hear(self.hub.says())
            self.now_s += 1.0
        raise AssertionError(f"stuck: {self.outbox}, hub at {[self.hub.watermark(lane) for lane in LANES]}")


District.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)


TestDistrict = District.TestCase
"""Any order of mishaps: nothing is forgotten too early, all arrives in the end, no window is broken."""
