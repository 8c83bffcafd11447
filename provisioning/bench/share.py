# SPDX-License-Identifier: Apache-2.0
"""How several workers of one hub share out the devices: by the broker where it can, else by hash.

What must always be true: every message reaches at least one worker (more than one is harmless), and the two words of a
device that have an order but no sequence, presence and reported state, always reach the same one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from edge.contract.topics import Topics, Up
from edge.contract.words import Lane

GROUP: Final = "hub"
"""Name of the shared subscription."""
MOST_SHARING: Final = 4
"""With more workers than this, devices go by hash. A device takes four acks in a row that are older than one it has
heard for a hub whose clock was set back; each worker has one ack on its way at most, so four workers have three."""


@dataclass(frozen=True, slots=True)
class Share:
    """The part of worker `worker` of `workers` (counted from 0)."""

    topics: Topics
    worker: int = 0
    workers: int = 1
    by_hash: bool = False
    """Whether devices are shared out by hash although the broker could share."""

    @property
    def alone(self) -> bool:
        """Whether there is nobody to share with."""
        return self.workers == 1

    @property
    def asks_broker(self) -> bool:
        """Whether the broker shall share out, if it can."""
        return not self.alone and not self.by_hash and self.workers <= MOST_SHARING

    def mine(self, device: str) -> bool:
        """Whether this worker keeps the words of `device`, asks for its holes and, by hash, hears all it says."""
        return self.alone or owner(device, self.workers) == self.worker

    def filters(self, devices: Iterable[str], *, broker_shares: bool) -> list[str]:
        """What to subscribe to on a new connection; `devices` are those known already."""
        if self.alone:
            return [self.topics.everything_up()]
        if broker_shares and self.asks_broker:
            return [*self._shared(), *self._words()]
        return [self._everyone(Up.PRESENCE.value), *(self.of(device) for device in devices if self.mine(device))]

    def strays(self, *, broker_shares: bool) -> list[str]:
        """Fixed subscriptions of the other ways to share, which a session that was used so before still has."""
        fixed = [self.topics.everything_up(), *self._shared(), *self._words()]
        kept = self.filters((), broker_shares=broker_shares)
        return [topic for topic in fixed if topic not in kept and (broker_shares or not topic.startswith("$"))]

    def of(self, device: str) -> str:
        """All that one device says."""
        return f"{self.topics.root}/{device}/up/+"

    def _shared(self) -> list[str]:
        # Lane by lane, since a filter over all would hand out presence as well, and would not bring what is retained.
        return [f"$share/{GROUP}/{self._everyone(lane.value)}" for lane in Lane]

    def _words(self) -> list[str]:
        return [self._everyone(word.value) for word in Up]

    def _everyone(self, channel: str) -> str:
        return f"{self.topics.root}/+/up/{channel}"


class Roster:
    """Which devices a worker that shares by hash is subscribed to on the present connection."""

    def __init__(self, share: Share) -> None:
        """Nobody yet."""
        self._share = share
        self._here: set[str] = set()
        self._left: set[str] = set()

    def begin(self, devices: Iterable[str]) -> None:
        """A new connection, with these subscribed to."""
        self._here = {device for device in devices if self._share.mine(device)}
        self._left.clear()

    def meet(self, topic: str) -> tuple[list[str], list[str]]:
        """Something came on `topic`: what to subscribe to, and what to let go because it is another's by now."""
        device, mark, channel = topic.removeprefix(f"{self._share.topics.root}/").partition("/up/")
        if not mark or device in self._here or device in self._left:
            return [], []
        if self._share.mine(device):
            self._here.add(device)
            return [self._share.of(device)], []
        if channel == Up.PRESENCE.value:
            return [], []  # that is how every worker hears of it
        self._left.add(device)
        return [], [self._share.of(device)]


@lru_cache(maxsize=65_536)
def owner(device: str, workers: int) -> int:
    """Rendezvous hashing: one more worker takes its part from each of the others and moves nothing among them."""
    return max(range(workers), key=lambda worker: blake2b(f"{worker}/{device}".encode(), digest_size=8).digest())
