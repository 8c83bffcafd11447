# SPDX-License-Identifier: Apache-2.0
"""What to do next on the link. Facts and times go in, decisions come out; no socket, clock or thread is here.

What must always be true here:
- a row is forgotten only when whoever is trusted to keep it (the hub, or the broker if so configured) has said so;
- nothing is acted upon that was never sent, belongs to another epoch, or is older news than what was already heard;
- batches in flight never exceed the window, nor what the broker has not answered for its Receive Maximum;
- a row that this broker cannot take holds up its lane until the next link, and no other lane;
- after a loss of the link, a silent hub or a deaf broker, everything that was not acknowledged is sent again.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from edge.contract.acks import Ack
from edge.contract.words import Lane
from edge.sync.actions import Action, Ahead, Connect, Disconnect, Forget, Publish, TellLost, Verdict, Wait
from edge.sync.backoff import Backoff

CLOCK_SET_BACK: Final = 4
"""So many acknowledgements in a row, each later than the one before and all earlier than the last heard: the hub's
clock was set back, and it is its new time that counts."""
TELL_AGAIN: Final = 4
"""What a restored hub must be told is sent ahead so often within one acknowledgement time-out: it may be lost."""
URGENT_RESERVE: Final = 2
"""Places of the window that only urgent rows may take, so that an alarm never queues behind a backlog."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the broker allows on this connection."""

    receive_maximum: int = 65_535
    maximum_packet_size: int = 268_435_455


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How the session behaves; seconds on the session's own monotonic clock."""

    epoch: str
    trust: Literal["hub", "broker"] = "hub"
    window: int = 16
    ack_timeout_s: float = 15.0
    backoff_min_s: float = 0.5
    backoff_max_s: float = 60.0


@dataclass(slots=True)
class _Flight:
    lane: Lane
    first: int
    last: int
    sent_s: float
    delivered_s: float | None = None


@dataclass(slots=True)
class _LaneState:
    last: int
    acked: int
    before: int
    """Last row when the session began: what is up to it may have been sent in a former life."""
    held: bool = False
    """Whether the next row does not fit through this link."""
    told_from: int | None = None
    """Watermark of a hub that went back in time, once it has been told what is gone."""
    rewound_s: float = field(default=float("-inf"))
    sent: int = field(init=False)
    high: int = field(init=False)
    """Highest ever sent; `sent` goes back to what shall be sent again."""
    gone: list[tuple[int, int]] = field(default_factory=list)
    """Ranges that were shed and told, or sent ahead of their turn, and are not acknowledged yet."""

    def __post_init__(self) -> None:
        self.sent = self.high = self.acked

    @property
    def reach(self) -> int:
        """How far a hub can have come: all that was sent, and what was shed right behind it."""
        reach = self.high
        for first, last in sorted(self.gone):
            if first <= reach + 1:
                reach = max(reach, last)
        return reach


class Session:
    """The sync of one device's outbox with its hub."""

    def __init__(
        self, settings: SessionSettings, last: dict[Lane, int], acked: dict[Lane, int], hub_time_s: float
    ) -> None:
        """Begin unconnected. `last` and `acked` per lane as committed; `hub_time_s` of the newest ack ever heard."""
        self._settings = settings
        self._lanes = {lane: _LaneState(last[lane], acked[lane], before=last[lane]) for lane in Lane}
        self._flights: dict[int, _Flight] = {}
        self._unanswered: dict[int, float] = {}
        """When each publish went out that the broker has not answered, whether or not it still counts as a flight."""
        self._limits = Limits()
        self._connected = False
        self._reconnect_at_s = float("-inf")
        self._backoff = Backoff(settings.backoff_min_s, settings.backoff_max_s)
        self._quiet_until_s = float("-inf")
        self._quiet = Backoff(settings.backoff_min_s, settings.backoff_max_s)
        self._probing = False
        self._hub_time_s = hub_time_s
        self._earlier: list[float] = []
        self._told_rows: list[int] = []
        """Rows of lane record that tell a restored hub what is gone."""
        self._told_s = float("-inf")
        """When the first of them was last sent ahead of its turn."""

    @property
    def connected(self) -> bool:
        """Whether there is a link."""
        return self._connected

    @property
    def hub_silent(self) -> bool:
        """Whether the hub has stopped answering although the broker takes our batches."""
        return self._probing

    @property
    def in_flight(self) -> int:
        """Batches that wait for an acknowledgement."""
        return len(self._flights)

    def link_up(self, limits: Limits) -> None:
        """There is a link; whatever was not acknowledged goes again."""
        self._told_s = float("-inf")
        self._connected = True
        self._limits = limits
        for state in self._lanes.values():
            state.held = False
        self._unanswered.clear()
        self._rewind_all()

    def link_down(self, now_s: float, chance: float) -> None:
        """There is no link, or the attempt failed; the next try is after a wait."""
        self._connected = False
        self._backoff = self._backoff.after_failure(chance)
        self._reconnect_at_s = now_s + self._backoff.last_s
        self._flights.clear()
        self._unanswered.clear()

    def send_again(self) -> None:
        """Somebody at the hub wants everything that it has not acknowledged once more."""
        self._rewind_all()

    def network_changed(self) -> None:
        """The network may be back: do not wait for the next try."""
        self._reconnect_at_s = float("-inf")

    def rows_waiting(self, lane: Lane, last: int) -> None:
        """Rows up to `last` are committed."""
        self._lanes[lane].last = max(self._lanes[lane].last, last)

    def published(self, token: int, lane: Lane, first: int, last: int, now_s: float) -> None:
        """The rows `first`…`last` went out as the batch `token`."""
        state = self._lanes[lane]
        state.sent = last
        state.high = max(state.high, last)
        self._flights[token] = _Flight(lane, first, last, now_s)
        self._unanswered[token] = now_s

    def said(self, token: int, now_s: float) -> None:
        """Something else than a batch went out: the broker counts it as well."""
        self._unanswered[token] = now_s

    def nothing_there(self, lane: Lane, through: int) -> None:
        """Rows up to `through` are not in the store any more (shed): pass over them."""
        state = self._lanes[lane]
        state.sent = max(state.sent, through)
        state.high = max(state.high, through)

    def told(self, seq: int) -> None:
        """What is gone was written down as the row `seq` of lane record: it goes ahead of all that waits for it."""
        self._told_rows.append(seq)
        self._told_s = float("-inf")

    def published_ahead(self, token: int, first: int, last: int, now_s: float) -> None:
        """Rows from the one that `Ahead` asked for went out; unless acknowledged they go again in their turn."""
        self._told_s = now_s
        state = self._lanes[Lane.RECORD]
        state.gone = [span for span in state.gone if span != (first, last)] + [(first, last)]
        self._told_rows = [*self._told_rows[1:], *self._told_rows[:1]]
        self._unanswered[token] = now_s

    def not_ahead(self, now_s: float) -> None:
        """The row that `Ahead` asked for cannot be sent now."""
        self._told_s = now_s

    def rows_gone(self, lane: Lane, first: int, last: int) -> None:
        """Rows `first`…`last` were shed and the hub is told: it will move over them without being sent them."""
        self._lanes[lane].gone.append((first, last))

    def hold(self, lane: Lane) -> None:
        """The next row of `lane` does not fit through this link: leave the lane alone until there is another."""
        self._lanes[lane].held = True

    def delivered(self, token: int, *, heard: bool, now_s: float, chance: float) -> list[Verdict]:
        """The broker has answered for a batch; `heard` is false when nobody subscribes or the broker refused it."""
        self._unanswered.pop(token, None)
        flight = self._flights.get(token)
        if flight is None:
            return []
        # Not when it greets: a broker that then hangs up on every batch must not be called again at once.
        self._backoff = self._backoff.after_success()
        if not heard:
            self._hub_is_silent(now_s, chance)
            return []
        flight.delivered_s = now_s
        if self._settings.trust == "hub":
            return []
        del self._flights[token]
        self._hub_has_answered()
        return self._broker_has(flight)

    def acked(self, ack: Ack, now_s: float) -> list[Verdict]:
        """The hub has told what it has."""
        if ack.epoch != self._settings.epoch:
            return []
        stale = self._is_old_news(ack.time.timestamp())
        self._hub_has_answered()
        verdicts: list[Verdict] = []
        for lane, seq in ack.acks.items():
            verdicts += self._acked_lane(lane, seq, stale=stale, now_s=now_s)
        for again in ack.resend:
            self._resend(again.lane, again.from_, now_s)
        return verdicts

    def next(self, now_s: float, chance: float) -> Action:
        """What to do now. Ask again after carrying it out, until it is `Wait`."""
        if not self._connected:
            return Connect() if now_s >= self._reconnect_at_s else Wait(self._reconnect_at_s)
        if self._overdue_link(now_s):
            return Disconnect("no answer from the broker")
        if self._overdue_hub(now_s):
            self._hub_is_silent(now_s, chance)
        if now_s < self._quiet_until_s:
            return Wait(min(self._quiet_until_s, self._next_deadline_s() or self._quiet_until_s))
        return self._ahead(now_s) or self._publish() or Wait(self._next_deadline_s())

    def _ahead(self, now_s: float) -> Ahead | None:
        """The hub cannot acknowledge over the gap before it has read of it: no full window may keep that out."""
        if not any(state.told_from is not None for state in self._lanes.values()):
            self._told_rows.clear()
        due = now_s - self._told_s >= self._settings.ack_timeout_s / TELL_AGAIN
        if not self._told_rows or not due or len(self._unanswered) >= self._limits.receive_maximum:
            return None
        return Ahead(self._told_rows[0])

    def _publish(self) -> Publish | None:
        if len(self._unanswered) >= self._limits.receive_maximum:
            return None
        room = self._window() - len(self._flights)
        reserve = min(URGENT_RESERVE, self._window() - 1)
        stuck = self._stuck_lanes()
        for lane in sorted(self._lanes, key=stuck.__contains__):
            state = self._lanes[lane]
            spare = 0 if lane is Lane.URGENT or (stuck and lane is Lane.RECORD) else reserve
            waits = lane in stuck and any(flight.lane is lane for flight in self._flights.values())
            if state.sent < state.last and not state.held and not waits and room > spare:
                return Publish(lane, state.sent)
        return None

    def _stuck_lanes(self) -> set[Lane]:
        """Lanes the hub cannot acknowledge before it has read on lane record what is gone from them.

        They let that lane go first and fill no window: else their own rows would keep out the word they wait for.
        """
        return {lane for lane, state in self._lanes.items() if state.told_from is not None and lane is not Lane.RECORD}

    def _window(self) -> int:
        return 1 if self._probing else max(1, min(self._settings.window, self._limits.receive_maximum))

    def _is_old_news(self, said_s: float) -> bool:
        """Whether the hub said it before what was last heard: delivered late, unless its clock was set back.

        Late ones are followed by newer ones; a clock that was set back goes on from there.
        """
        if said_s >= self._hub_time_s:
            self._hub_time_s, self._earlier = said_s, []
            return False
        self._earlier = [*self._earlier, said_s] if not self._earlier or said_s > self._earlier[-1] else [said_s]
        if len(self._earlier) < CLOCK_SET_BACK:
            return True
        self._hub_time_s, self._earlier = said_s, []
        return False

    def _acked_lane(self, lane: Lane, seq: int, *, stale: bool, now_s: float) -> list[Verdict]:
        state = self._lanes[lane]
        if seq > max(state.reach, state.before):
            return []
        # What a former life sent counts up to where this one has come: refusing it whole would stop a window of one.
        seq = min(seq, state.reach)
        state.high = max(state.high, seq)
        state.gone = [span for span in state.gone if span[1] > seq]
        if seq >= state.acked:
            state.told_from = None
            moved = seq > state.acked
            state.acked = seq
            state.sent = max(state.sent, seq)
            self._land(lane, seq)
            return [Forget(lane, seq)] if moved else []
        if stale or (state.told_from is not None and seq >= state.told_from):
            return []
        if lane is Lane.RECORD:
            # What was told of the other lanes travelled here, and may be lost with the rest.
            for other in self._lanes.values():
                other.told_from = None
        state.told_from = seq
        self._rewind(lane, state.acked, now_s)
        return [TellLost(lane, seq + 1, state.acked)]

    def not_told(self, lost: TellLost) -> None:
        """That could not be written down: say it again when the hub asks again."""
        self._lanes[lost.lane].told_from = None

    def _broker_has(self, flight: _Flight) -> list[Verdict]:
        """Without a hub's word the watermark rises over batches that landed in order."""
        state = self._lanes[flight.lane]
        waiting = [other.first for other in self._flights.values() if other.lane is flight.lane]
        through = min(waiting) - 1 if waiting else state.sent
        if through <= state.acked:
            return []
        state.acked = through
        return [Forget(flight.lane, through)]

    def _resend(self, lane: Lane, first: int, now_s: float) -> None:
        """Once per acknowledgement time-out and lane: a hub that asks with every batch must not start a storm."""
        state = self._lanes[lane]
        if now_s - state.rewound_s >= self._settings.ack_timeout_s and first <= state.sent:
            self._rewind(lane, max(first - 1, state.acked), now_s)

    def _rewind(self, lane: Lane, to: int, now_s: float) -> None:
        state = self._lanes[lane]
        state.sent = min(state.sent, to)
        state.rewound_s = now_s
        self._flights = {
            token: flight for token, flight in self._flights.items() if flight.lane is not lane or flight.last <= to
        }

    def _rewind_all(self) -> None:
        self._flights.clear()
        for state in self._lanes.values():
            state.sent = state.acked

    def _land(self, lane: Lane, seq: int) -> None:
        self._flights = {
            token: flight for token, flight in self._flights.items() if flight.lane is not lane or flight.last > seq
        }

    def _overdue_link(self, now_s: float) -> bool:
        return any(now_s - sent_s >= self._settings.ack_timeout_s for sent_s in self._unanswered.values())

    def _overdue_hub(self, now_s: float) -> bool:
        return any(
            flight.delivered_s is not None and now_s - flight.delivered_s >= self._settings.ack_timeout_s
            for flight in self._flights.values()
        )

    def _next_deadline_s(self) -> float | None:
        delivered = [flight.delivered_s for flight in self._flights.values() if flight.delivered_s is not None]
        starts = [*self._unanswered.values(), *delivered]
        ends = [start + self._settings.ack_timeout_s for start in starts]
        if self._told_rows:
            ends.append(self._told_s + self._settings.ack_timeout_s / TELL_AGAIN)
        return min(ends, default=None)

    def _hub_is_silent(self, now_s: float, chance: float) -> None:
        """Send everything again later, and one batch at a time until the hub is heard."""
        self._probing = True
        self._quiet = self._quiet.after_failure(chance)
        self._quiet_until_s = now_s + self._quiet.last_s
        self._rewind_all()

    def _hub_has_answered(self) -> None:
        self._probing = False
        self._quiet = self._quiet.after_success()
        self._quiet_until_s = float("-inf")
