# SPDX-License-Identifier: Apache-2.0
"""What to do next on the link. Facts and times go in, decisions come out; no socket, clock or thread is here.

What must always be true here:
- a row is forgotten only when whoever is trusted to keep it (the hub, or the broker if so configured) has said so;
- nothing is acted upon that was never sent, belongs to another epoch, or is older news than what was already heard;
- batches in flight never exceed the window, nor what the broker has not answered for its Receive Maximum;
- a row that this broker cannot take holds up its lane until the next link, and no other lane;
- after a loss of the link, a silent hub or a deaf broker, everything that was not acknowledged is sent again;
- nobody is believed to listen for longer than the canary's time without having said so.
"""

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

from edge.contract.acks import Ack, Resend
from edge.contract.words import Lane
from edge.sync.actions import (
    Action,
    Ahead,
    Canary,
    Connect,
    Disconnect,
    Forget,
    Look,
    Ping,
    Publish,
    Question,
    Resubscribe,
    TellAgain,
    TellLost,
    Verdict,
    Wait,
)
from edge.sync.budget import Budget
from edge.sync.hub_clock import HubClock
from edge.sync.lane import Flight, LaneState
from edge.sync.reasons import Answer, Ending, answer_of
from edge.sync.roads import Roads
from edge.sync.settings import NEVER, Limits, SessionSettings
from edge.sync.silence import Silence
from edge.sync.telling import Telling
from edge.sync.watch import Watch

URGENT_RESERVE: Final = 2
"""Places of the window that only urgent rows may take, so that an alarm never queues behind a backlog."""


class Session:
    """The sync of one device's outbox with its hub."""

    def __init__(
        self,
        settings: SessionSettings,
        last: Mapping[Lane, int],
        acked: Mapping[Lane, int],
        hub_time_s: float,
        gaps: Mapping[Lane, Sequence[tuple[int, int]]] | None = None,
        budget: Budget | None = None,
    ) -> None:
        """Begin unconnected. `last` and `acked` per lane as committed; `hub_time_s` of the newest ack ever heard.

        `gaps` are the ranges that were given up and told, and lie beyond what the hub has acknowledged.
        """
        self.budget = budget or Budget({})
        self._settings = settings
        self._lanes = {lane: LaneState(last[lane], acked[lane]) for lane in Lane}
        for lane, spans in (gaps or {}).items():
            self._lanes[lane].gone = list(spans)
        self._flights: dict[int, Flight] = {}
        self._unanswered: dict[int, float] = {}
        """When each publish went out that the broker has not answered, whether or not it still counts as a flight."""
        self._limits = Limits()
        self._most = settings.window
        """Batches under way at once; fewer after a broker has found them too many."""
        self._connected = False
        self._closed = frozenset[Lane]()
        self._roads = Roads(settings)
        self._watch = Watch(settings)
        self._silence = Silence(settings)
        self._hub_clock = HubClock(hub_time_s)
        self._leave: Disconnect | None = None
        self._telling = Telling(settings.ack_timeout_s)

    @property
    def connected(self) -> bool:
        """Whether there is a link."""
        return self._connected

    @property
    def hub_silent(self) -> bool:
        """Whether the hub has stopped answering although the broker takes our batches."""
        return self._silence.reigns

    @property
    def flaps(self) -> bool:
        """Whether links end again and again soon after they came up."""
        return self._roads.flaps

    @property
    def unwanted(self) -> tuple[Lane, ...]:
        """Lanes that this broker takes nothing of from this device."""
        return tuple(lane for lane, state in self._lanes.items() if state.unwanted)

    @property
    def in_flight(self) -> int:
        """Batches that wait for an acknowledgement."""
        return len(self._flights)

    def link_up(self, limits: Limits, now_s: float) -> None:
        """There is a link; whatever was not acknowledged goes again."""
        self._telling.hurry()
        self._connected = True
        self._limits = limits
        self._roads.came_up(now_s)
        self._watch.came_up(now_s)
        self._silence.take_remedy()
        for state in self._lanes.values():
            state.held = state.unwanted = False
        self._unanswered.clear()
        self._rewind_all()

    def link_down(self, now_s: float, chance: float, ending: Ending = Ending.LOST) -> None:
        """There is no link, or the attempt failed; the next try is after a wait, or with another broker."""
        if ending is Ending.TOO_MANY:
            self._most = max(1, self._window() // 2)
        if self._connected:
            self._roads.lost(now_s, chance, ending)
        else:
            self._roads.failed(now_s, chance, ending)
        self._connected = False
        self._leave = None
        self._flights.clear()
        self._unanswered.clear()

    def heard(self, at_s: float) -> None:
        """Bytes came from the broker at `at_s`."""
        self._watch.heard(at_s)

    def looked(self, *, found: bool) -> None:
        """Whether the first broker can be reached."""
        if found and self._connected and self._roads.at:
            self._roads.go_back()
            self._leave = Disconnect("the first broker is back")

    def today(self, day: str) -> frozenset[Lane]:
        """It is `day`: gives the lanes that wait for the next, since what they may cost is spent."""
        self._closed = self.budget.closed(day)
        return self._closed

    def send_again(self) -> None:
        """Somebody at the hub wants everything that it has not acknowledged once more."""
        self._rewind_all()

    def network_changed(self) -> None:
        """The network may be back: do not wait for the next try."""
        self._roads.hurry()

    def rows_waiting(self, lane: Lane, last: int) -> None:
        """Rows up to `last` are committed."""
        self._lanes[lane].last = max(self._lanes[lane].last, last)

    def published(self, token: int, lane: Lane, first: int, last: int, now_s: float) -> None:
        """The rows `first`…`last` went out as the batch `token`."""
        state = self._lanes[lane]
        state.sent = last
        state.high = max(state.high, last)
        self._flights[token] = Flight(lane, first, last)
        self._unanswered[token] = now_s

    def said(self, token: int, now_s: float) -> None:
        """Something else than a batch went out: the broker counts it as well."""
        self._unanswered[token] = now_s

    def nothing_there(self, lane: Lane, through: int) -> None:
        """Rows up to `through` are not in the store any more (shed): pass over them."""
        state = self._lanes[lane]
        state.sent = max(state.sent, through)
        state.high = max(state.high, through)

    def told(self, seq: int, *, of_record: bool = False) -> None:
        """What is gone was written down as the row `seq` of lane record: it goes ahead of all that waits for it.

        What is gone of lane record itself (`of_record`) would else wait behind rows that wait for it.
        """
        self._telling.told(seq)
        self._telling.again = self._telling.again or of_record

    def published_ahead(self, token: int, first: int, last: int, now_s: float) -> None:
        """Rows from the one that `Ahead` asked for went out; unless acknowledged they go again in their turn."""
        self._telling.sent(now_s)
        state = self._lanes[Lane.RECORD]
        state.gone = [span for span in state.gone if span != (first, last)] + [(first, last)]
        self._unanswered[token] = now_s

    def not_ahead(self, now_s: float) -> None:
        """The row that `Ahead` asked for cannot be sent now."""
        self._telling.put_off(now_s)

    def rows_gone(self, lane: Lane, first: int, last: int) -> None:
        """Rows `first`…`last` were shed and the hub is told: it will move over them without being sent them."""
        self._lanes[lane].give_up(first, last)

    def hold(self, lane: Lane) -> None:
        """The next row of `lane` does not fit through this link: leave the lane alone until there is another."""
        self._lanes[lane].held = True

    def delivered(self, token: int, *, code: int, now_s: float, chance: float) -> list[Verdict]:
        """The broker has answered for a publish with this reason code."""
        self._unanswered.pop(token, None)
        flight = self._flights.get(token)
        if flight is None:
            return []
        self._roads.prove()
        match answer := answer_of(code):
            case Answer.HEARD:
                flight.delivered_s = now_s
                return self._broker_has(token, flight) if self._settings.trust == "broker" else []
            case Answer.UNWANTED:
                self._lanes[flight.lane].held = self._lanes[flight.lane].unwanted = True
                self._rewind(flight.lane, flight.first - 1, now_s)
            case Answer.DEAF | Answer.BUSY:
                self._strike(now_s, chance, deaf=answer is Answer.DEAF)
            case other:
                assert_never(other)
        return []

    def acked(self, ack: Ack, now_s: float) -> list[Verdict]:
        """The hub has told what it has."""
        if ack.epoch != self._settings.epoch:
            return []
        stale = self._hub_clock.is_old_news(ack.time.timestamp(), now_s)
        self._silence.broken()
        self._watch.hub_heard(now_s)
        verdicts: list[Verdict] = []
        for lane, seq in ack.acks.items():
            verdicts += self._acked_lane(lane, seq, stale=stale, now_s=now_s)
        for again in ack.resend:
            self._resend(again, now_s)
        return verdicts

    def not_told(self, lost: TellLost) -> None:
        """That could not be written down: say it again when the hub asks again."""
        self._lanes[lost.lane].told_from = None

    def next(self, now_s: float, chance: float) -> Action:
        """What to do now. Ask again after carrying it out, until it is `Wait`."""
        if not self._connected:
            road = self._roads
            return Connect(road.at) if now_s >= road.due_s else Wait(road.due_s)
        if self._overdue_link(now_s):
            return Disconnect("no answer from the broker")
        if self._watch.given_up(now_s):
            return Disconnect("not a word from the broker", Ending.SILENT)
        if self._overdue_hub(now_s):
            self._strike(now_s, chance, deaf=False)
        return self._leave or self._silence.take_remedy() or self._ask(now_s) or self._carry(now_s)

    def _ask(self, now_s: float) -> Question | None:
        if self._roads.look_due(now_s):
            return Look()
        if self._watch.ask_broker(now_s):
            return Ping()
        if not self._watch.ask_hub(now_s):
            return None
        if self._settings.trust == "broker":
            return Resubscribe()
        # What is under way must be acknowledged as well: it is canary enough.
        return None if self._flights else Canary()

    def _carry(self, now_s: float) -> Action:
        deadline_s = self._next_deadline_s()
        if now_s < self._silence.until_s:
            return Wait(min(self._silence.until_s, deadline_s))
        return self._ahead(now_s) or self._publish() or Wait(None if deadline_s == NEVER else deadline_s)

    def _ahead(self, now_s: float) -> Ahead | None:
        if not self._telling.again and not any(state.told_from is not None for state in self._lanes.values()):
            self._telling.over()
        seq = self._telling.next(now_s)
        full = len(self._unanswered) >= self._limits.receive_maximum
        return None if seq is None or full else Ahead(seq)

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
            idle = state.held or waits or lane in self._closed
            if state.sent < state.last and not idle and room > spare:
                return Publish(lane, state.sent)
        return None

    def _stuck_lanes(self) -> set[Lane]:
        """Lanes the hub cannot acknowledge before it has read on lane record what is gone from them.

        They let that lane go first and fill no window: else their own rows would keep out the word they wait for.
        """
        return {lane for lane, state in self._lanes.items() if state.must_be_told and lane is not Lane.RECORD}

    def _window(self) -> int:
        return 1 if self._silence.reigns else max(1, min(self._most, self._limits.receive_maximum))

    def _acked_lane(self, lane: Lane, seq: int, *, stale: bool, now_s: float) -> list[Verdict]:
        state = self._lanes[lane]
        if seq > max(state.reach, state.last):
            return []
        # A hub may have rows that were not sent on this link: of a former life, or carried to it on a stick. They count
        # up to where the link has come: refusing such a word whole would stop a window that is smaller than they are.
        seq = min(seq, state.reach)
        state.high = max(state.high, seq)
        state.gone = [span for span in state.gone if span[1] > seq]
        if seq >= state.acked:
            return self._rose(lane, state, seq)
        if stale or self._settings.trust == "broker" or (state.told_from is not None and seq >= state.told_from):
            return []  # a broker whose word counts is ahead of any hub, which did not go back in time for that
        state.told_from = seq
        self._rewind(lane, state.acked, now_s)
        lost = TellLost(lane, seq + 1, state.acked)
        if lane is not Lane.RECORD:
            return [lost]
        # What was told of the other lanes travelled here, and may be lost with the rest.
        for other in self._lanes.values():
            if other is not state:
                other.told_from = None
        self._telling.again = any(other.gone for other in self._lanes.values())
        return [lost, TellAgain(seq)] if self._telling.again else [lost]

    def _rose(self, lane: Lane, state: LaneState, seq: int) -> list[Verdict]:
        state.told_from = None
        if lane is Lane.RECORD:
            self._telling.read_through(seq)
        moved = seq > state.acked
        state.acked = seq
        state.sent = max(state.sent, seq)
        self._land(lane, seq)
        if moved:
            self._silence.moved()
        return [Forget(lane, seq)] if moved else []

    def _broker_has(self, token: int, flight: Flight) -> list[Verdict]:
        """Without a hub's word the watermark rises over batches that landed in order."""
        del self._flights[token]
        self._silence.broken()
        self._silence.moved()
        state = self._lanes[flight.lane]
        waiting = [other.first for other in self._flights.values() if other.lane is flight.lane]
        through = min(waiting) - 1 if waiting else state.sent
        if through <= state.acked:
            return []
        state.acked = through
        return [Forget(flight.lane, through)]

    def _resend(self, again: Resend, now_s: float) -> None:
        """Once per acknowledgement time-out and lane: a hub that asks with every batch must not start a storm."""
        state = self._lanes[again.lane]
        if now_s - state.rewound_s >= self._settings.ack_timeout_s and again.from_ <= state.sent:
            self._rewind(again.lane, max(again.from_ - 1, state.acked), now_s)

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

    def _next_deadline_s(self) -> float:
        delivered = [flight.delivered_s for flight in self._flights.values() if flight.delivered_s is not None]
        ends = [start + self._settings.ack_timeout_s for start in (*self._unanswered.values(), *delivered)]
        return min([*ends, self._telling.next_s, self._watch.next_s, self._roads.look_s])

    def _strike(self, now_s: float, chance: float, *, deaf: bool) -> None:
        """Send everything again later, and one batch at a time until the hub is heard."""
        self._silence.strike(now_s, chance, deaf=deaf)
        self._rewind_all()
