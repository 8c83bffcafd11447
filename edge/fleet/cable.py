# SPDX-License-Identifier: Apache-2.0
"""The cable between a simulated device and its broker: a link that can be cut, and that counts what goes through it."""

import asyncio
import time

from edge.contract.problems import ProblemError
from edge.fleet.tally import Witness
from edge.link.port import Dropped, Link, LinkEvent, Received, Will
from edge.sync.settings import Limits


class Tap(asyncio.Queue[LinkEvent]):
    """The courier's queue; what the link tells into it is seen in passing."""

    def __init__(self, witness: Witness) -> None:
        """Show it to `witness`."""
        super().__init__()
        self._witness = witness

    def put_nowait(self, item: LinkEvent) -> None:
        """Queue it."""
        match item:
            case Received(topic, payload):
                self._witness.received(len(topic) + len(payload))
            case Dropped():
                self._witness.link_down(time.monotonic())
            case _:
                pass
        super().put_nowait(item)


class Cable:
    """A `Link` around another."""

    def __init__(self, link: Link, events: Tap, witness: Witness) -> None:
        """Whole, and not connected."""
        self._link = link
        self._events = events
        self._witness = witness
        self._cut_until_s = float("-inf")

    @property
    def address(self) -> str:
        """Where it leads, for people."""
        return self._link.address

    @property
    def heard_s(self) -> float:
        """When anything last came from the broker, on the monotonic clock."""
        return self._link.heard_s

    async def open(self, will: Will, subscriptions: tuple[str, ...]) -> Limits:
        """Connect and subscribe. Raises `ProblemError` link-unreachable or link-refused with the reason `code`."""
        if time.monotonic() < self._cut_until_s:
            raise ProblemError("link-unreachable", broker=self.address, reason="the cable is cut")
        called_s, reached = time.monotonic(), True
        try:
            limits = await self._link.open(will, subscriptions)
        except ProblemError as failed:
            # A port that refuses has heard no CONNECT; a broker that does not answer may have.
            reached = not isinstance(failed.__cause__, ConnectionRefusedError)
            raise
        finally:
            self._witness.called(called_s, reached=reached)
        self._witness.link_up(time.monotonic())
        return limits

    async def reachable(self) -> bool:
        """Whether somebody listens at the broker's address."""
        return time.monotonic() >= self._cut_until_s and await self._link.reachable()

    def ping(self) -> None:
        """Ask the broker for a sign of life."""
        self._link.ping()

    def resubscribe(self) -> None:
        """Subscribe again to what was subscribed to when the link was opened."""
        self._link.resubscribe()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, batch: bool = False) -> int:
        """Send with QoS 1; the token comes back in `Delivered`."""
        self._witness.sent(len(topic) + len(payload))
        return self._link.publish(topic, payload, retain=retain, batch=batch)

    def confirm(self, message: Received) -> None:
        """Tell the broker that it may forget a message."""
        self._link.confirm(message)

    async def close(self, last_word: bytes | None = None) -> None:
        """End the connection. With `last_word`, said on the will's topic, the broker does not speak the will."""
        self._witness.link_down(time.monotonic())
        await self._link.close(last_word)

    async def cut(self, until_s: float) -> None:
        """End the connection without a word, and reach nobody until then."""
        self._cut_until_s = until_s
        await self._link.close()
        # The device notices, as a kernel does whose interface goes down.
        self._events.put_nowait(Dropped("the cable is cut"))
