# SPDX-License-Identifier: Apache-2.0
"""Port: a connection to a broker, as the courier sees it. Opening waits; everything else is told as events."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from edge.sync.session import Limits


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says of us when we are gone without a word; retained."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Delivered:
    """The broker answered for the publish `token`; `heard` is false if it refused, or if nobody subscribes."""

    token: int
    heard: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A message for us; give it back to `confirm` once what it asks for is durable."""

    topic: str
    payload: bytes
    mid: int
    qos: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """The connection is gone."""

    reason: str


@dataclass(frozen=True, slots=True)
class Woken:
    """Nothing happened on the link, but there may be rows to carry."""


LinkEvent = Delivered | Received | Dropped | Woken
Events = asyncio.Queue[LinkEvent]


class Link(Protocol):
    """One broker, one connection at a time, telling what happens into the queue it was given.

    It never holds a backlog: a new connection starts empty.
    """

    @property
    def address(self) -> str:
        """Where it leads, for people."""
        ...

    async def open(self, will: Will, subscriptions: tuple[str, ...]) -> Limits:
        """Connect and subscribe. Raises `ProblemError` link-unreachable or link-refused."""
        ...

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, batch: bool = False) -> int:
        """Send with QoS 1; the token comes back in `Delivered`. `batch` marks a deflated or plain event batch."""
        ...

    def confirm(self, message: Received) -> None:
        """Tell the broker that it may forget a message."""
        ...

    async def close(self, last_word: bytes | None = None) -> None:
        """End the connection. With `last_word`, said on the will's topic, the broker does not speak the will."""
        ...
