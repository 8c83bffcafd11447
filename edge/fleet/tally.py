# SPDX-License-Identifier: Apache-2.0
"""What the devices of one process have done so far, counted as it happens."""

from collections import deque
from dataclasses import dataclass, field

from edge.contract.words import Lane
from edge.durable.rows import Place
from edge.fleet.histogram import Histogram


@dataclass(slots=True)
class Tally:
    """Of all devices. Instants are emptied by whoever tells of them: `connects` reached a broker, `in_vain` nobody."""

    online: int = 0
    emitted: int = 0
    accepted: int = 0
    acked: int = 0
    refused: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    connects: list[float] = field(default_factory=list)
    in_vain: list[float] = field(default_factory=list)
    links: list[float] = field(default_factory=list)
    latency: Histogram = field(default_factory=lambda: Histogram(counts={}))
    calm_until_s: float = float("-inf")
    lateness: Histogram = field(default_factory=lambda: Histogram(counts={}))
    calm_latency: Histogram = field(default_factory=lambda: Histogram(counts={}))
    reconnect: Histogram = field(default_factory=lambda: Histogram(counts={}))

    @property
    def open(self) -> int:
        """Events that are neither acknowledged nor refused."""
        return self.emitted - self.refused - self.acked

    def take_instants(self) -> dict[str, tuple[float, ...]]:
        """Those since the last time."""
        taken = {"connects": tuple(self.connects), "in_vain": tuple(self.in_vain), "links": tuple(self.links)}
        for instants in (self.connects, self.in_vain, self.links):
            instants.clear()
        return taken


class Witness:
    """Of one device: which events wait for the hub's word since when, and how its link stands."""

    def __init__(self, tally: Tally) -> None:
        """Count into `tally`."""
        self._tally = tally
        self._open: dict[Lane, deque[tuple[int, float]]] = {}
        self._lost_s: float | None = None
        self._up = False

    def emitted(self) -> None:
        """An event is on its way into the outbox."""
        self._tally.emitted += 1

    def accepted(self, place: Place, due_s: float) -> None:
        """The outbox has an event that was due at `due_s`."""
        self._tally.accepted += 1
        self._open.setdefault(place.lane, deque()).append((place.seq, due_s))

    def acked(self, lane: Lane, through: int, now_s: float) -> None:
        """Whoever is trusted to keep them has all events of `lane` up to `through`."""
        waiting = self._open.get(lane)
        while waiting and waiting[0][0] <= through:
            _, due_s = waiting.popleft()
            self._tally.acked += 1
            self._tally.latency.add(now_s - due_s)
            if due_s < self._tally.calm_until_s:
                self._tally.calm_latency.add(now_s - due_s)

    def refused(self) -> None:
        """The outbox did not take an event."""
        self._tally.refused += 1

    def called(self, at_s: float, *, reached: bool) -> None:
        """The device called the broker at `at_s`; `reached` unless nobody listened there."""
        (self._tally.connects if reached else self._tally.in_vain).append(at_s)

    def link_up(self, now_s: float) -> None:
        """The broker has let it in."""
        self._up = True
        self._tally.online += 1
        self._tally.links.append(now_s)
        if self._lost_s is not None:
            self._tally.reconnect.add(now_s - self._lost_s)
            self._lost_s = None

    def link_down(self, now_s: float) -> None:
        """The link is gone, whoever ended it; saying it twice is harmless."""
        if self._up:
            self._up = False
            self._tally.online -= 1
            self._lost_s = now_s

    def sent(self, size: int) -> None:
        """So many bytes of topic and payload went out."""
        self._tally.bytes_up += size

    def received(self, size: int) -> None:
        """So many bytes of topic and payload came in."""
        self._tally.bytes_down += size
