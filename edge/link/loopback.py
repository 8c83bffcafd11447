# SPDX-License-Identifier: Apache-2.0
"""The port's second implementation: a broker in memory between one courier and a hub that is a plain function.

It does what MQTT 5 says of limits, wills, retained messages and sessions, and what real brokers do on a bad day.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from edge.contract.problems import ProblemError
from edge.link.port import Delivered, Dropped, Events, Received, Will
from edge.sync.reasons import SESSION_TAKEN_OVER
from edge.sync.settings import Limits

Hub = Callable[[str, bytes], Iterable[tuple[str, bytes]]]
"""Hears a topic and a payload, answers with topics and payloads."""


@dataclass(slots=True)
class Faults:
    """What goes wrong until it is set right again."""

    unreachable: bool = False
    refused: str = ""
    """Why the broker turns the device away."""
    deaf: bool = False
    """The hub is not subscribed: reason code 0x10."""
    rejected: int = 0
    """Reason code with which the broker takes no publish."""
    frozen: bool = False
    """Takes everything and answers nothing, as a stopped process does."""
    held: bool = False
    """Keeps answers back until `release`."""
    hub_away: bool = False
    """The broker takes messages, the hub does not hear them."""
    forgetful: bool = False
    """The broker has forgotten what the device subscribed to, until it subscribes again."""


@dataclass(slots=True)
class LoopbackBroker:
    """A broker with one device and one hub."""

    hub: Hub
    limits: Limits = field(default_factory=Limits)
    grants: Limits | None = None
    """What it says it allows, if that is not what it does allow."""
    faults: Faults = field(default_factory=Faults)
    retained: dict[str, bytes] = field(default_factory=dict)
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    """All that was published, in order."""
    unconfirmed: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    """Messages to the device that it has not confirmed; they outlive the connection."""
    busiest: int = 0
    """Most publishes that ever waited for an answer at once."""
    _link: "LoopbackLink | None" = None
    _answers: list[Delivered] = field(default_factory=list)
    _mid: int = 0

    def say(self, topic: str, payload: bytes) -> None:
        """A message for the device."""
        if self.faults.forgetful:
            return
        self._mid += 1
        self.unconfirmed[self._mid] = (topic, payload)
        if self._link is not None and not self.faults.frozen:
            self._link.events.put_nowait(Received(topic, payload, self._mid, 1))

    def cut(self, reason: str = "cut", code: int = 0) -> None:
        """End the connection without a goodbye: the will is spoken, the device learns of it."""
        link = self._link
        if link is not None:
            self._speak_will(link)
            link.events.put_nowait(Dropped(reason, code))

    def release(self) -> None:
        """Give the answers that were held back, newest first, which no protocol forbids."""
        answers, self._answers = self._answers, []
        for answer in reversed(answers):
            self._answer(answer)

    @property
    def connected(self) -> bool:
        """Whether the device is there."""
        return self._link is not None

    def _connect(self, link: "LoopbackLink") -> None:
        self.cut("session taken over", SESSION_TAKEN_OVER)
        self._link = link
        self.faults.forgetful = False
        self._answers.clear()
        for mid, (topic, payload) in self.unconfirmed.items():
            link.events.put_nowait(Received(topic, payload, mid, 1))

    def _leave(self, link: "LoopbackLink", *, politely: bool) -> None:
        if self._link is link:
            if not politely:
                self._speak_will(link)
            self._link = None

    def _take(self, topic: str, payload: bytes, token: int, *, retain: bool) -> None:
        link = self._link
        if link is None:
            return
        self.busiest = max(self.busiest, len(link.waiting))
        if len(payload) > self.limits.maximum_packet_size or len(link.waiting) > self.limits.receive_maximum:
            few = len(link.waiting) <= self.limits.receive_maximum
            self.cut("packet too large" if few else "too many at once", 0x95 if few else 0x93)
            return
        if self.faults.frozen:
            return
        self.heard.append((topic, payload))
        if self.faults.rejected:
            self._answer(Delivered(token, self.faults.rejected, "rejected"))
            return
        if retain:
            self.retained[topic] = payload
        self._answer(Delivered(token, 0x10 if self.faults.deaf and not retain else 0))
        if not self.faults.deaf and not self.faults.hub_away:
            for answer_topic, answer in self.hub(topic, payload):
                self.say(answer_topic, answer)

    def _answer(self, answer: Delivered) -> None:
        if self.faults.held:
            self._answers.append(answer)
        elif self._link is not None:
            self._link.waiting.discard(answer.token)
            self._link.events.put_nowait(answer)

    def _speak_will(self, link: "LoopbackLink") -> None:
        if link.will is not None:
            self.retained[link.will.topic] = link.will.payload
        self._link = None


class LoopbackLink:
    """The device's end."""

    def __init__(self, broker: LoopbackBroker, events: Events, address: str = "loopback") -> None:
        """Tell into `events` what happens."""
        self.events = events
        self.will: Will | None = None
        self.waiting: set[int] = set()
        self.subscriptions: tuple[str, ...] = ()
        self._broker = broker
        self._address = address
        self._token = 0
        self._heard_s = 0.0

    @property
    def address(self) -> str:
        """Where it leads, for people."""
        return self._address

    @property
    def heard_s(self) -> float:
        """When anything last came from the broker; one that is not frozen has just spoken."""
        if not self._broker.faults.frozen:
            self._heard_s = time.monotonic()
        return self._heard_s

    async def reachable(self) -> bool:
        """Whether somebody listens at the broker's address."""
        return not (self._broker.faults.unreachable or self._broker.faults.frozen)

    def ping(self) -> None:
        """Ask the broker for a sign of life."""

    def resubscribe(self) -> None:
        """Subscribe again to what was subscribed to when the link was opened."""
        self._broker.faults.forgetful = False

    async def open(self, will: Will, subscriptions: tuple[str, ...]) -> Limits:
        """Connect and subscribe. Raises `ProblemError` link-unreachable or link-refused."""
        faults = self._broker.faults
        if faults.unreachable or faults.frozen:
            raise ProblemError("link-unreachable", broker=self.address, reason="no answer in time")
        if faults.refused:
            raise ProblemError("link-refused", broker=self.address, reason=faults.refused)
        self.will, self.subscriptions = will, subscriptions
        self.waiting.clear()
        self._broker._connect(self)  # noqa: SLF001  (two halves of one simulator)
        return self._broker.grants or self._broker.limits

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, batch: bool = False) -> int:  # noqa: ARG002
        """Send with QoS 1; the token comes back in `Delivered`."""
        self._token += 1
        self.waiting.add(self._token)
        self._broker._take(topic, payload, self._token, retain=retain)  # noqa: SLF001
        return self._token

    def confirm(self, message: Received) -> None:
        """Tell the broker that it may forget a message."""
        self._broker.unconfirmed.pop(message.mid, None)

    async def close(self, last_word: bytes | None = None) -> None:
        """End the connection. With `last_word`, said on the will's topic, the broker does not speak the will."""
        if last_word is not None and self.will is not None:
            self.publish(self.will.topic, last_word, retain=True)
        self._broker._leave(self, politely=last_word is not None)  # noqa: SLF001
