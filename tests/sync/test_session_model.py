# SPDX-License-Identifier: Apache-2.0
"""The session between a model outbox, a lossy broker and a model hub, under any order of mishaps."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count as count_from
from itertools import islice, takewhile

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
    TellAgain,
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
Sent = tuple[Lane, list[int]]


@dataclass
class Outbox:
    """The store, reduced to what a session sees: watermarks, rows, and shed events that travel on lane record."""

    last: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))
    acked: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))
    sheds: dict[int, Range] = field(default_factory=dict)
    gone: dict[Lane, set[int]] = field(default_factory=lambda: {lane: set() for lane in Lane})
    """Rows that were given up before the hub acknowledged them."""
    hub_time_s: float = 0.0

    def tell(self, gap: Range) -> int:
        """Write a row of lane record that tells of a gap."""
        self.last[Lane.RECORD] += 1
        self.sheds[self.last[Lane.RECORD]] = gap
        return self.last[Lane.RECORD]

    def shed(self, lane: Lane, count: int) -> Range | None:
        """Give up the oldest rows that are still here, one behind the other."""
        here = self.batch(lane, self.acked[lane], count)
        if lane is Lane.RECORD:
            here = list(takewhile(lambda seq: seq not in self.sheds, here))
        if not here:
            return None
        first = here[0]
        last = next(seq for seq in count_from(first) if seq + 1 not in here)
        self.gone[lane].update(range(first, last + 1))
        self.tell((lane, first, last))
        return lane, first, last

    def gaps(self) -> dict[int, Range]:
        """Told and beyond what is acknowledged, by the row that tells of them."""
        return {row: gap for row, gap in self.sheds.items() if gap[2] > self.acked[gap[0]]}

    def batch(self, lane: Lane, after: int, most: int) -> list[int]:
        """The next rows of a lane that are here."""
        here = (seq for seq in range(after + 1, self.last[lane] + 1) if seq not in self.gone[lane])
        return list(islice(here, most))

    def carry_out(self, verdict: Verdict) -> list[int]:
        """Gives the rows that tell of gaps."""
        match verdict:
            case Forget(lane, through):
                assert through > self.acked[lane]
                self.acked[lane] = through
                return []
            case TellLost(lane, first, last):
                assert last <= self.acked[lane], "rows that are still here were called lost"
                return [self.tell((lane, first, last))]
            case TellAgain(after):
                return [self.tell(gap) for row, gap in self.gaps().items() if row > after]


@dataclass
class Hub:
    """Has what it was sent, in a set per lane; its watermark is what has no hole below it."""

    has: dict[Lane, set[int]] = field(default_factory=lambda: {lane: set() for lane in Lane})
    ever: dict[Lane, set[int]] = field(default_factory=lambda: {lane: set() for lane in Lane})
    clock_s: float = 0.0

    def take(self, outbox: Outbox, batch: Sent) -> None:
        lane, sequences = batch
        for seq in sequences:
            self._add(lane, seq, seq)
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
        self.unanswered: dict[int, Sent] = {}
        self.on_the_way: list[Ack] = []
        self.limited = True
        self.session = self._new_session()

    def _new_session(self) -> Session:
        gaps: dict[Lane, list[tuple[int, int]]] = {lane: [] for lane in Lane}
        for lane, first, last in self.outbox.gaps().values():
            gaps[lane].append((first, last))
        session = Session(SETTINGS, dict(self.outbox.last), dict(self.outbox.acked), self.outbox.hub_time_s, gaps)
        for row, gap in self.outbox.gaps().items():
            if gap[0] is Lane.RECORD:
                session.told(row, of_record=True)
        return session

    @rule(lane=st.sampled_from(LANES), count=st.integers(1, 12))
    def rows_are_written(self, lane: Lane, count: int) -> None:
        self.outbox.last[lane] += count
        self.session.rows_waiting(lane, self.outbox.last[lane])

    @rule(lane=st.sampled_from(LANES), count=st.integers(1, 12))
    def rows_are_shed(self, lane: Lane, count: int) -> None:
        """Also in the middle of being sent, and of lane record itself, but never a row that tells of a gap."""
        gap = self.outbox.shed(lane, count)
        if gap is not None:
            self.session.rows_gone(*gap)
            self.session.rows_waiting(Lane.RECORD, self.outbox.last[Lane.RECORD])
            if lane is Lane.RECORD:
                self.session.told(self.outbox.last[lane], of_record=True)

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
                assert self.outbox.acked[lane] <= after < self.outbox.last[lane]
                self._publish(lane, self.outbox.batch(lane, after, batch))
            case Ahead(seq):
                self.token += 1
                self.unanswered[self.token] = (Lane.RECORD, [seq])
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

    @rule(most=st.integers(1, 40))
    def backlog_is_carried_to_the_hub(self, most: int) -> None:
        """By hand, whether or not the device has sent any of it."""
        for lane in LANES:
            if sequences := self.outbox.batch(lane, self.outbox.acked[lane], most):
                self.hub.take(self.outbox, (lane, sequences))

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

    def _publish(self, lane: Lane, sequences: list[int]) -> None:
        if not sequences:
            self.session.nothing_there(lane, self.outbox.last[lane])
            return
        self.token += 1
        self.unanswered[self.token] = (lane, sequences)
        self.session.published(self.token, lane, sequences[0], sequences[-1], self.now_s)

    def _deliver(self, token: int, *, code: int) -> None:
        assert self.session.delivered(token, code=code, now_s=self.now_s, chance=0.5) == []

    def _hear(self, said: Ack) -> None:
        for verdict in self.session.acked(said, self.now_s):
            for told in self.outbox.carry_out(verdict):
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
