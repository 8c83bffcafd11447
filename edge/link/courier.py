# SPDX-License-Identifier: Apache-2.0
"""Carries the outbox to the hub: asks the session what to do, does it, tells it what came of it. Decides nothing."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from pydantic import ValidationError

from edge.contract.acks import Ack
from edge.contract.problems import Problem, ProblemError
from edge.contract.topics import Down, Topic, TopicError, Topics, Up
from edge.contract.words import Lane
from edge.core.clock import Clock, Now, wall_us
from edge.durable.transaction import Transaction
from edge.link.batches import Batch, Batcher, Missing, Nothing, TooLarge
from edge.link.outbox import Outbox
from edge.link.port import Delivered, Dropped, Events, Link, LinkEvent, Received, Will, Woken
from edge.sync.actions import Ahead, Connect, Disconnect, Forget, Publish, TellLost, Verdict, Wait
from edge.sync.session import Session

OnMessage = Callable[[Topic, bytes], Awaitable[None]]
"""What to do with a message that is not an acknowledgement; it is confirmed to the broker when this returns."""


_log = logging.getLogger(__name__)
SMALL_ROWS = 64
"""Acknowledged rows that may wait for a commit to share; should the device die first, the hub sees them twice."""


@dataclass(slots=True)
class LinkReport:
    """How the link stands, for status and health."""

    connected: bool = False
    broker: str = ""
    since: Now | None = None
    hub_heard: Now | None = None
    skew_ms: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Addressing:
    """Who we are on the broker."""

    device: str
    topics: Topics
    groups: tuple[str, ...] = ()
    online: Callable[[], bytes] = lambda: b"{}"
    """Presence while we are there."""
    offline: Callable[[], bytes] = lambda: b"{}"
    """Presence once we are gone; also the will."""
    reported: Callable[[], bytes] = lambda: b"{}"
    """The state the hub shall know, retained."""


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
        self._turn = 0
        self._addressing = addressing
        self._batcher = batcher
        self._clock = clock
        self._events = events
        self._woken = False
        self._spoken = False
        """Whether anything was sent on this link yet."""
        self._topic_of = {lane: addressing.topics.up(addressing.device, lane) for lane in Lane}
        self.report = LinkReport(broker=links[0].address)
        self.on_message: OnMessage = _ignore

    def rows_committed(self) -> None:
        """New rows may be on disk."""
        for lane, account in self._store.accounts.items():
            self._session.rows_waiting(lane, account.last_seq)
        if not self._woken:
            self._woken = True
            self._events.put_nowait(Woken())

    def send_again(self) -> None:
        """Offer the hub once more whatever it has not acknowledged."""
        self._session.send_again()
        self.rows_committed()

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
        return self._links[self._turn % len(self._links)]

    async def _act(self) -> None:
        match self._session.next(time.monotonic(), _chance()):
            case Connect():
                await self._connect()
            case Disconnect(reason):
                await self._link.close()
                self._dropped(reason)
            case Publish(lane, after):
                await self._publish(lane, after)
                await self._hear_what_is_there()
            case Ahead(seq):
                self._publish_ahead(seq)
                await self._hear_what_is_there()
            case Wait(until_s):
                await self._wait(until_s)
            case other:
                assert_never(other)

    async def _connect(self) -> None:
        addressing = self._addressing
        topics = addressing.topics
        self._forget_last_connection()
        self._spoken = False
        will = Will(topics.up(addressing.device, Up.PRESENCE), addressing.offline())
        groups = tuple(topics.group_command(group) for group in ("all", *addressing.groups))
        try:
            limits = await self._link.open(will, (topics.everything_down(addressing.device), *groups))
        except ProblemError as failed:
            self.report.problem = failed.problem
            self._session.link_down(time.monotonic(), _chance())
            self._turn += 1
            return
        _log.info("connected to %s", self._link.address)
        self.report.connected, self.report.broker = True, self._link.address
        self.report.since, self.report.problem = self._clock.now(), None
        self._batcher.obey(limits.maximum_packet_size)
        self._session.link_up(limits)
        self._say(will.topic, addressing.online())
        self.say_reported()

    def say_reported(self) -> None:
        """Tell the hub the state as it is now, if there is a link."""
        if self.report.connected:
            topic = self._addressing.topics.up(self._addressing.device, Up.REPORTED)
            self._say(topic, self._addressing.reported())

    def _say(self, topic: str, payload: bytes) -> None:
        self._session.said(self._link.publish(topic, payload, retain=True), time.monotonic())

    async def _publish(self, lane: Lane, after: int) -> None:
        committed = self._store.accounts[lane].last_seq
        match self._batcher.make(lane, after):
            case Batch(payload, first, last):
                token = self._link.publish(self._topic_of[lane], payload, batch=True)
                self._session.published(token, lane, first, last, time.monotonic())
                self._spoken = True
            case Missing(sha256, seq):
                await self._give_up_blob(sha256, seq)
            case TooLarge(size, limit):
                self.report.problem = Problem(code="event-too-large", detail={"size": size, "limit": limit})
                self._session.hold(lane)
            case Nothing():
                self._session.nothing_there(lane, committed)
            case other:
                assert_never(other)

    def _publish_ahead(self, seq: int) -> None:
        made = self._batcher.make(Lane.RECORD, seq - 1)
        if isinstance(made, Batch):
            token = self._link.publish(self._topic_of[Lane.RECORD], made.payload, batch=True)
            self._session.published_ahead(token, made.first, made.last, time.monotonic())
        else:
            self._session.not_ahead(time.monotonic())

    async def _give_up_blob(self, sha256: str, seq: int) -> None:
        now, unlink = self._clock.now(), self._store.blobs.unlink
        try:
            gone = await self._store.commit_soon(
                lambda txn: [txn.skip_blob(sha256, now, unlink, "blob-missing")], frees=True
            )
            self._pass_over(gone)
        except ProblemError as failed:
            # It cannot be told now: pass over the chunk, and meet it again on the next connection.
            self.report.problem = failed.problem
            self._session.nothing_there(Lane.BLOB, seq)
        self.rows_committed()

    def _forget_last_connection(self) -> None:
        """What a former connection still had to say would be taken for the new one's."""
        while not self._events.empty():
            self._events.get_nowait()
        self._woken = False

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
            case Delivered(token, heard, _):
                chance = _chance()
                self._carry_out(self._session.delivered(token, heard=heard, now_s=time.monotonic(), chance=chance))
            case Received():
                await self._received(event)
            case Dropped(reason):
                self._dropped(reason)
            case Woken():
                self._woken = False
            case other:
                assert_never(other)

    def _dropped(self, reason: str) -> None:
        self.report.connected = False
        self.report.problem = Problem(code="link-lost", detail={"broker": self._link.address, "reason": reason})
        self._session.link_down(time.monotonic(), _chance())

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
        if self._spoken and verdicts:
            # An answer to what was sent on this link, and not one that lay at the broker while we were away.
            self.report.skew_ms = (now.wall_us - wall_us(ack.time)) // 1000
        if self.report.problem is not None and self.report.problem.code == "ack-invalid":
            self.report.problem = None
        self._carry_out(verdicts, ack)

    def _carry_out(self, verdicts: list[Verdict], ack: Ack | None = None) -> None:
        blobs = ack.blobs if ack is not None else ()
        if not verdicts and not blobs:
            return
        now = self._clock.now()
        unlink = self._store.blobs.unlink
        told: list[int] = []

        def work(txn: Transaction) -> object:
            told.clear()
            for verdict in verdicts:
                match verdict:
                    case Forget(lane, through):
                        txn.forget(lane, through, unlink)
                    case TellLost(lane, first, last):
                        told.append(txn.shed(lane, first, last, "acked-before", now))
                    case other:
                        assert_never(other)
            if ack is not None:
                txn.set_meta("hub_time_us", str(wall_us(ack.time)))
            return [txn.skip_blob(sha256, now, unlink, "blob-at-hub") for sha256 in blobs]

        # Not awaited: should the commit fail, the rows stay and go to the hub once more, which knows them.
        patient = not blobs and all(map(self._is_small, verdicts))
        done = self._store.commit_soon(work, frees=True, patient=patient)
        done.add_done_callback(partial(self._carried_out, verdicts, told))

    def _is_small(self, verdict: Verdict) -> bool:
        """Whether the rows may lie a second longer, to be deleted in the commit that brings the next ones."""
        if not isinstance(verdict, Forget):
            return False
        return verdict.through - self._store.accounts[verdict.lane].acked_seq <= SMALL_ROWS

    def _carried_out(self, verdicts: list[Verdict], told: list[int], done: asyncio.Future[object]) -> None:
        failed = None if done.cancelled() else done.exception()
        if isinstance(failed, ProblemError):
            self.report.problem = failed.problem
            for verdict in verdicts:
                if isinstance(verdict, TellLost):
                    self._session.not_told(verdict)
        elif failed is None and not done.cancelled():
            self._pass_over(done.result())
            for seq in told:
                self._session.told(seq)
        self.rows_committed()

    def _pass_over(self, gone: object) -> None:
        """The hub will move its watermark over what was shed, also where it was never sent."""
        for span in gone if isinstance(gone, list) else []:
            if span is not None:
                self._session.rows_gone(Lane.BLOB, *span)

    async def _goodbye(self) -> None:
        """Whoever runs this courier again begins with a connection of its own."""
        await self._link.close(self._addressing.offline() if self.report.connected else None)
        if self._session.connected:
            self.report.connected = False
            self._session.link_down(time.monotonic(), _chance())


async def _ignore(_topic: Topic, _payload: bytes) -> None:
    """Until a desk is wired, messages other than acknowledgements have no reader."""


def _chance() -> float:
    return random.random()  # noqa: S311  (jitter, not a secret)
