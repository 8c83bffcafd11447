# SPDX-License-Identifier: Apache-2.0
"""Port: a connection to a broker, as the courier sees it. Opening waits; everything else is told as events."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from edge.sync.settings import Limits


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says of us when we are gone without a word; retained."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Delivered:
    """The broker answered for the publish `token` with a reason code, and with its words for it."""

    token: int
    code: int = 0
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
    """The connection is gone; the broker's reason code if it gave one."""

    reason: str
    code: int = 0


@dataclass(frozen=True, slots=True)
class Looked:
    """Whether the first broker can be reached, as was asked beside the work."""

    found: bool


@dataclass(frozen=True, slots=True)
class NetworkChanged:
    """An interface or an address came up: who waits to connect need not wait on."""


@dataclass(frozen=True, slots=True)
class Woken:
    """Nothing happened on the link, but there may be rows to carry."""


LinkEvent = Delivered | Received | Dropped | Looked | NetworkChanged | Woken
Events = asyncio.Queue[LinkEvent]


class Link(Protocol):
    """One broker, one connection at a time, telling what happens into the queue it was given.

    It never holds a backlog: a new connection starts empty.
    """

    @property
    def address(self) -> str:
        """Where it leads, for people."""
        ...

    @property
    def heard_s(self) -> float:
        """When anything last came from the broker, on the monotonic clock."""
        ...

    async def open(self, will: Will, subscriptions: tuple[str, ...]) -> Limits:
        """Connect and subscribe. Raises `ProblemError` link-unreachable, or link-refused with the reason `code`."""
        ...

    async def reachable(self) -> bool:
        """Whether somebody listens at the broker's address. Opens nothing that lasts."""
        ...

    def ping(self) -> None:
        """Ask the broker for a sign of life."""
        ...

    def resubscribe(self) -> None:
        """Subscribe again to what was subscribed to when the link was opened; a refusal ends the link."""
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
