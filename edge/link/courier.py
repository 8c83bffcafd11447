# SPDX-License-Identifier: Apache-2.0
"""Carries the outbox to the hub: asks the session what to do, does it, tells it what came of it. Decides nothing."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import assert_never

from pydantic import ValidationError

from edge.contract.acks import Ack
from edge.contract.problems import Problem, ProblemError
from edge.contract.topics import Down, Topic, TopicError, Up
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import Clock, Now, wall_us
from edge.core.timekeeping import Word
from edge.link.batches import Batch, Batcher, Missing, Nothing, TooLarge
from edge.link.clerk import Clerk
from edge.link.hub_time import HubTime
from edge.link.outbox import Outbox
from edge.link.port import (
    Delivered,
    Dropped,
    Events,
    Link,
    LinkEvent,
    Looked,
    NetworkChanged,
    Received,
    Will,
    Woken,
)
from edge.link.report import Addressing, LinkReport
from edge.sync.actions import (
    Ahead,
    Canary,
    Connect,
    Disconnect,
    Look,
    Ping,
    Publish,
    Question,
    Resubscribe,
    Wait,
)
from edge.sync.reasons import Answer, Ending, answer_of, ending_of
from edge.sync.session import Session

OnMessage = Callable[[Topic, bytes], Awaitable[None]]
"""What to do with a message that is not an acknowledgement; it is confirmed to the broker when this returns."""

SMALLEST_PACKET = 4096
"""No broker that finds packets too large is believed to mean less than this."""
RIVAL_TOLD_S = 600.0
"""How long another device of our name is spoken of after it was last met."""
_log = logging.getLogger(__name__)


class Courier:
    """One device's courier. `run` until cancelled, `rows_committed` whenever a commit added rows."""

    def __init__(
        self,
        store: Outbox,
        session: Session,
        links: tuple[Link, ...],
        events: Events,
        addressing: Addressing,
        batcher: Batcher,
        clock: Clock,
    ) -> None:
        """Draw the wires; nothing moves yet. The links tell into `events`."""
        self._store = store
        self._session = session
        self._links = links
        self._at = 0
        self._addressing = addressing
        self._batcher = batcher
        self._clock = clock
        self._events = events
        self._woken = False
        self._spoken = False
        """Whether anything was sent on this link yet."""
        self._largest = 0
        """The largest payload that was sent on this link."""
        self._too_large: dict[int, int] = {}
        """Brokers that found a packet too large, with what they are given at most since."""
        self._rival_s = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._topic_of = {lane: addressing.topics.up(addressing.device, lane) for lane in Lane}
        self.report = LinkReport(broker=links[0].address)
        self._clerk = Clerk(store, session, clock, self.report)
        self.on_message: OnMessage = _ignore
        self._hub_time = HubTime({lane: account.last_seq for lane, account in store.accounts.items()})
        self.on_time: Callable[[Word], None] = lambda _: None
        """Told what time it is, whenever the hub has surely said so just now."""
        self.on_canary: Callable[[], Awaitable[None]] = _no_canary
        """Asked to write down an event that the hub must acknowledge."""

    def rows_committed(self) -> None:
        """New rows may be on disk."""
        self._clerk.rows_committed()
        if not self._woken:
            self._woken = True
            self._events.put_nowait(Woken())

    def rows_gone(self, lane: Lane, first: int, last: int) -> None:
        """Rows were shed, and a row of lane record tells of them."""
        self._session.rows_gone(lane, first, last)
        self.rows_committed()

    def gap_told(self, seq: int) -> None:
        """The row `seq` of lane record tells what is gone of that lane itself."""
        self._session.told(seq, of_record=True)

    def send_again(self) -> None:
        """Offer the hub once more whatever it has not acknowledged."""
        self._session.send_again()
        self.rows_committed()

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the link at present."""
        if self.report.problem is not None:
            yield self.report.problem
        if self._session.hub_silent:
            yield Problem(code="hub-silent")
        if unwanted := self._session.unwanted:
            yield Problem(code="lane-refused", detail={"broker": self.report.broker, "lanes": ", ".join(unwanted)})
        if self.report.losses.lately(time.monotonic()):
            yield Problem(code="rows-given-up", detail={"rows": self.report.losses.rows})
        if self.report.spent:
            yield Problem(code="budget-spent", detail={"lanes": ", ".join(sorted(self.report.spent))})
        if time.monotonic() - self._rival_s < RIVAL_TOLD_S:
            yield Problem(code="identity-twice", detail={"device": self._addressing.device})
        elif self._session.flaps:
            yield Problem(code="link-flaps", detail={"broker": self.report.broker})

    @property
    def hub_silent(self) -> bool:
        """Whether the hub has stopped answering although the broker takes our batches."""
        return self._session.hub_silent

    async def run(self) -> None:
        """Carry until cancelled; then say goodbye."""
        self.rows_committed()
        try:
            while True:
                await self._act()
        finally:
            await self._goodbye()

    @property
    def _link(self) -> Link:
        return self._links[self._at]

    async def _act(self) -> None:
        if self._session.budget.metered:
            self.report.spent = self._session.today(_day(self._clock.now()))
        self._session.heard(self._link.heard_s)
        match self._session.next(time.monotonic(), _chance()):
            case Connect(broker):
                await self._connect(broker)
            case Disconnect(reason, ending):
                await self._link.close()
                self._dropped(reason, ending)
            case Publish(lane, after):
                await self._publish(lane, after)
                await self._hear_what_is_there()
            case Ahead(seq):
                self._publish_ahead(seq)
                await self._hear_what_is_there()
            case Wait(until_s):
                await self._wait(until_s)
            case Ping() | Resubscribe() | Canary() | Look() as question:
                await self._ask(question)
            case other:
                assert_never(other)

    async def _ask(self, question: Question) -> None:
        match question:
            case Ping():
                self._link.ping()
            case Resubscribe():
                self._link.resubscribe()
            case Canary():
                await self.on_canary()
            case Look():
                self._looking = self._looking or asyncio.create_task(self._look())
            case other:
                assert_never(other)

    async def _connect(self, broker: int) -> None:
        self._at = broker
        self._forget_last_connection()
        will = Will(self._addressing.topics.up(self._addressing.device, Up.PRESENCE), self._addressing.offline())
        try:
            limits = await self._link.open(will, self._addressing.subscriptions)
        except ProblemError as failed:
            self.report.problem = failed.problem
            code = failed.problem.detail.get("code")
            self._session.link_down(time.monotonic(), _chance(), ending_of(code if isinstance(code, int) else 0))
            return
        _log.info("connected to %s", self._link.address)
        self.report.connected, self.report.broker, self.report.granted = True, self._link.address, limits
        self.report.since, self.report.problem = self._clock.now(), None
        self._batcher.obey(min(limits.maximum_packet_size, self._too_large.get(broker, limits.maximum_packet_size)))
        self._session.link_up(limits, time.monotonic())
        self._say(will.topic, self._addressing.online())
        self.say_reported()

    def say_reported(self) -> None:
        """Tell the hub the state as it is now, if there is a link."""
        if self.report.connected:
            topic = self._addressing.topics.up(self._addressing.device, Up.REPORTED)
            self._say(topic, self._addressing.reported())

    def _say(self, topic: str, payload: bytes) -> None:
        token = self._link.publish(topic, payload, retain=self.report.granted.retain)
        self._session.said(token, time.monotonic())

    async def _publish(self, lane: Lane, after: int) -> None:
        committed = self._store.accounts[lane].last_seq
        match self._batcher.make(lane, after):
            case Batch(payload, first, last):
                self._session.published(self._send(lane, payload), lane, first, last, time.monotonic())
                self._hub_time.sent(lane, last, self._clock.now())
            case Missing(sha256, seq):
                await self._clerk.give_up_blob(sha256, seq)
                self.rows_committed()
            case TooLarge(recut=(sha256, chunk_bytes)):
                await self._clerk.recut_blob(sha256, chunk_bytes)
                self.rows_committed()
            case TooLarge(size, limit):
                self.report.problem = Problem(code="event-too-large", detail={"size": size, "limit": limit})
                self._session.hold(lane)
            case Nothing():
                self._session.nothing_there(lane, committed)
            case other:
                assert_never(other)

    def _publish_ahead(self, seq: int) -> None:
        # That row alone: those behind it would overtake all that waits before it.
        made = self._batcher.make(Lane.RECORD, seq - 1, most=1)
        if isinstance(made, Batch):
            token = self._send(Lane.RECORD, made.payload)
            self._session.published_ahead(token, made.first, made.last, time.monotonic())
        else:
            self._session.not_ahead(time.monotonic())

    def _send(self, lane: Lane, payload: bytes) -> int:
        self._spoken = True
        self._largest = max(self._largest, len(payload))
        self._session.budget.spend(lane, len(payload))
        return self._link.publish(self._topic_of[lane], payload, batch=True)

    async def _look(self) -> None:
        try:
            self._events.put_nowait(Looked(await self._links[0].reachable()))
        finally:
            self._looking = None

    def _forget_last_connection(self) -> None:
        """What a former connection still had to say would be taken for the new one's."""
        while not self._events.empty():
            self._events.get_nowait()
        self._woken = self._spoken = False
        self._largest = 0
        self._hub_time.connected()

    async def _hear_what_is_there(self) -> None:
        await asyncio.sleep(0)
        while not self._events.empty():
            await self._hear(self._events.get_nowait())

    async def _wait(self, until_s: float | None) -> None:
        timeout_s = None if until_s is None else max(0.0, until_s - time.monotonic())
        try:
            async with asyncio.timeout(timeout_s):
                event = await self._events.get()
        except TimeoutError:
            return
        await self._hear(event)

    async def _hear(self, event: LinkEvent) -> None:
        match event:
            case Delivered(token, code, reason):
                if answer_of(code) in {Answer.UNWANTED, Answer.BUSY}:
                    _log.warning("the broker took a message and said: %s", reason)
                verdicts = self._session.delivered(token, code=code, now_s=time.monotonic(), chance=_chance())
                self._clerk.carry_out(verdicts)
            case Received():
                await self._received(event)
            case Dropped(reason, code):
                self._dropped(reason, ending_of(code))
            case Looked(found):
                self._session.looked(found=found)
            case NetworkChanged():
                self._session.network_changed()
            case Woken():
                self._woken = False
            case other:
                assert_never(other)

    def _dropped(self, reason: str, ending: Ending) -> None:
        self.report.connected = False
        self.report.problem = Problem(code="link-lost", detail={"broker": self._link.address, "reason": reason})
        if ending is Ending.TAKEN_OVER:
            self._rival_s = time.monotonic()
        if ending is Ending.TOO_LARGE:
            self._too_large[self._at] = max(SMALLEST_PACKET, self._largest // 2)
        self._session.link_down(time.monotonic(), _chance(), ending)

    async def _received(self, message: Received) -> None:
        try:
            topic = self._addressing.topics.parse(message.topic)
        except TopicError:
            self._link.confirm(message)
            return
        if topic.channel is Down.ACK:
            self._ack(message.payload)
        elif not await self._handed_on(topic, message.payload):
            return
        self._link.confirm(message)

    async def _handed_on(self, topic: Topic, payload: bytes) -> bool:
        """Whether the message is taken care of; if not, the broker keeps it and offers it again."""
        try:
            await self.on_message(topic, payload)
        except ProblemError as failed:
            self.report.problem = failed.problem
            return False
        return True

    def _ack(self, payload: bytes) -> None:
        try:
            ack = Ack.model_validate_json(payload)
        except ValidationError as wrong:
            self.report.problem = Problem(code="ack-invalid", detail={"reason": str(wrong.errors()[0]["msg"])})
            return
        if ack.epoch != self._store.epoch:
            return
        now = self._clock.now()
        verdicts = self._session.acked(ack, time.monotonic())
        self.report.hub_heard = now
        if word := self._hub_time.answered(verdicts, ack, now):
            self.on_time(word)
        if self._spoken and verdicts:
            # An answer to what was sent on this link, and not one that lay at the broker while we were away.
            self.report.skew_ms = (now.wall_us - wall_us(ack.time)) // 1000
        self.report.over("ack-invalid")
        self._clerk.carry_out(verdicts, ack)

    async def _goodbye(self) -> None:
        """Whoever runs this courier again begins with a connection of its own."""
        if self._looking is not None:
            self._looking.cancel()
        await self._link.close(self._addressing.offline() if self.report.connected else None)
        if self._session.connected:
            self.report.connected = False
            self._session.link_down(time.monotonic(), _chance())


async def _ignore(_topic: Topic, _payload: bytes) -> None:
    """Until a desk is wired, messages other than acknowledgements have no reader."""


async def _no_canary() -> None:
    """Without one, a hub that has nothing to acknowledge is believed to listen."""


def _day(now: Now) -> str:
    """The day a budget counts by: of the place the device stands in, or of its uptime while it does not know."""
    if now.quality is ClockQuality.UNSET:
        return f"day {now.uptime_ms // 86_400_000} since boot"
    return now.at.astimezone().date().isoformat()


def _chance() -> float:
    return random.random()  # noqa: S311  (jitter, not a secret)
