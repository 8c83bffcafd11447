# SPDX-License-Identifier: Apache-2.0
"""One way of one connection under its faults: bytes in, and out comes what to deliver, how, and what strikes when.

Pure: no socket, no clock. Faults strike at counted bytes and packets, so that the same stream suffers the same again.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from provisioning.bench.chaos.fault import CLOSED, ENDING, Fault, Kind, Way
from provisioning.bench.chaos.packets import Packet, PacketKind, Splitter

_FIRST: Final = {Way.UP: PacketKind.CONNECT, Way.DOWN: PacketKind.CONNACK}
_SLICES_A_SECOND: Final = 50


@dataclass(frozen=True, slots=True)
class Deliver:
    """Pass `data` on after `wait_s`, byte by byte if it shall come `apart`."""

    data: bytes
    wait_s: float = 0.0
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault strikes now."""

    fault: Fault


class Turn:
    """The fate of one connection, of which less and less is left."""

    def __init__(self, faults: list[Fault]) -> None:
        """`faults` of one turn of the plan; none for a wire."""
        self.left = list(faults)

    @property
    def closed(self) -> Fault | None:
        """The fault that lets no connection begin, if there is one."""
        return next((fault for fault in self.left if fault.kind in CLOSED), None)

    @property
    def may_end(self) -> bool:
        """Whether nothing is left but what ends the line."""
        return all(fault.kind in ENDING for fault in self.left)

    def strike(self, fault: Fault) -> bool:
        """Note that it has struck; false if it had before, on another connection of this turn."""
        if fault not in self.left:
            return False
        self.left.remove(fault)
        return True


@dataclass(slots=True)
class _Swallow:
    """A fault that takes packets, and how many it has taken."""

    fault: Fault
    taken: int = 0


class Course:
    """What one way of a connection suffers of its turn."""

    def __init__(self, way: Way, turn: Turn) -> None:
        """`way` is up or down."""
        self._turn = turn
        self._splitter = Splitter(_FIRST[way])
        mine = sorted((fault for fault in turn.left if fault.counted is way), key=lambda fault: fault.after)
        self._swallows = [_Swallow(fault) for fault in mine if fault.kind is Kind.SWALLOW]
        self._by_bytes = [fault for fault in mine if fault.kind not in ENDING | CLOSED | {Kind.SWALLOW}]
        self._endings = [fault for fault in mine if fault.kind in ENDING]
        self._came = 0
        self._seen: Counter[PacketKind] = Counter()
        self._wait_s = 0.0
        self._apart = 0
        self._slow, self._rate = 0, 1
        self._jittery, self._jitter_s = 0, 0.0
        self._chance = random.Random()

    def feed(self, piece: bytes) -> Iterator[Deliver | Strike]:
        """What comes of these bytes. After the strike of an ending nothing more need be asked."""
        for packet in self._splitter.feed(piece):
            self._seen[packet.kind] += 1
            swallow = self._swallow_of(packet)
            if swallow is None:
                yield from self._pass(packet.raw)
                continue
            self._came += len(packet.raw)
            swallow.taken += 1
            if swallow.taken == 1:
                yield Strike(swallow.fault)

    def _swallow_of(self, packet: Packet) -> "_Swallow | None":
        """Two that mean the same packet take it and the next: a fault that nothing is left for would never strike."""
        number = self._seen[packet.kind]
        for one in self._swallows:
            fault = one.fault
            if fault.packet is packet.kind and fault.after <= number and one.taken < fault.many:
                return one
        return None

    def _pass(self, raw: bytes) -> Iterator[Deliver | Strike]:
        while fault := self._due(self._came + len(raw)):
            before = max(0, fault.after - self._came)
            yield from self._deliver(raw[:before])
            raw = raw[before:]
            yield Strike(fault)
            self._begin(fault)
        yield from self._deliver(raw)

    def _due(self, through: int) -> Fault | None:
        """The next that strikes at or before this many bytes."""
        faults = self._by_bytes[:1] + (self._endings[:1] if self._turn.may_end else [])
        fault = min(faults, key=lambda one: one.after, default=None)
        if fault is None or fault.after > through:
            return None
        (self._endings if fault.kind in ENDING else self._by_bytes).remove(fault)
        return fault

    def _begin(self, fault: Fault) -> None:
        match fault.kind:
            case Kind.DELAY:
                self._wait_s += fault.ms / 1000
            case Kind.JITTER:
                self._jittery, self._jitter_s = fault.many, fault.ms / 1000
                self._chance = random.Random(f"{fault.turn} {fault.after}")
            case Kind.SLOW:
                self._slow, self._rate = fault.many, fault.rate
            case Kind.BYTE_WISE:
                self._apart = fault.many
            case _:
                pass  # what ends the line is the proxy's to do

    def _deliver(self, data: bytes) -> Iterator[Deliver]:
        if not data:
            return
        self._came += len(data)
        if self._jittery:
            self._jittery -= 1
            self._wait_s += self._chance.uniform(0, self._jitter_s)
        while data:
            size, pause_s = self._stretch(len(data))
            yield Deliver(data[:size], self._wait_s + pause_s, apart=self._apart > 0)
            self._wait_s = 0.0
            self._apart, self._slow = max(0, self._apart - size), max(0, self._slow - size)
            data = data[size:]

    def _stretch(self, size: int) -> tuple[int, float]:
        """How many bytes go alike, and how long they take on a slow line."""
        if self._apart:
            size = min(size, self._apart)
        if not self._slow:
            return size, 0.0
        size = min(size, self._slow, max(1, self._rate // _SLICES_A_SECOND))
        return size, size / self._rate
