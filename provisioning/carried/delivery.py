# SPDX-License-Identifier: Apache-2.0
"""Brings an export to the hub as its device would: batch by batch, until the hub's own word covers every event.

What must always be true here: success is told only when the hub has acknowledged the last row of every lane; nothing
that the hub has acknowledged is sent again; whatever else happens, sending again is harmless, since an event has the
identity that its device gave it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from edge.config.models import Broker
from edge.contract.acks import Ack
from edge.contract.export import FrameHead
from edge.contract.problems import ProblemError
from edge.contract.topics import Down, Topics
from edge.contract.words import Lane
from provisioning.carried.fitting import fitting
from provisioning.carried.line import Line, LineLostError
from provisioning.carried.opened import Export, Sealed

WINDOW: Final = 16
"""Batches that wait for the hub at once."""
_STEP_S: Final = 0.2
_AGAIN_S: Final = 10.0
"""After so long without the hub's word what it has not acknowledged is sent again: it may have been lost on the way."""
_BETWEEN_TRIES_S: Final = 0.5

Told = Callable[[int], None]
"""Told how many events are behind us."""


class _AgainError(Exception):
    """This round comes to nothing more: begin another."""


@dataclass(slots=True)
class _Flight:
    head: FrameHead
    parts: set[int]
    acks_before: int | None = None
    """How many acknowledgements had been heard when the broker took the last part."""


@dataclass(slots=True)
class Watermarks:
    """What the hub has said it has, of one epoch."""

    epoch: str
    acked: dict[Lane, int] = field(default_factory=dict)
    heard: int = 0
    """Acknowledgements so far."""
    risen_s: float = field(default_factory=time.monotonic)
    """When any of them last rose."""

    def hear(self, payload: bytes) -> None:
        """One acknowledgement; of another epoch, or unreadable, it says nothing to us."""
        try:
            ack = Ack.model_validate_json(payload)
        except ValidationError:
            return
        if ack.epoch != self.epoch:
            return
        self.heard += 1
        for lane, seq in ack.acks.items():
            if seq > self.acked.get(lane, -1):
                self.acked[lane] = seq
                self.risen_s = time.monotonic()

    def covers(self, head: FrameHead) -> bool:
        """Whether the hub has all of a frame."""
        return self.acked.get(head.lane, 0) >= head.last


class Delivery:
    """One export on its way to one hub. `told` is called as it gets on."""

    def __init__(self, export: Export, broker: Broker, root: str, patience_s: float, told: Told) -> None:
        """`run` delivers."""
        self._export = export
        self._topics = Topics(root)
        self._patience_s = patience_s
        self._told = told
        self._marks = Watermarks(export.header.epoch)
        listen = self._topics.down(export.header.device, Down.ACK)
        self._line = Line(broker, listen, self._marks.hear, self._answered)
        self._flights: list[_Flight] = []
        self._unheard = False
        self._passed = 0

    def run(self) -> dict[Lane, int]:
        """Deliver all of it, and tell how far the hub is in each lane.

        Raises `ProblemError` broker-unreachable, link-refused or import-unconfirmed once patience is at its end.
        """
        self._line.open()
        try:
            while not self._all_there():
                try:
                    self._round()
                except (LineLostError, _AgainError) as lost:
                    self._get_back(lost)
        finally:
            self._line.close()
        self._told(self._export.rows)
        return {lane: self._marks.acked[lane] for lane in self._export.claims.lanes}

    def _round(self) -> None:
        """Send everything the hub has not acknowledged, and wait for its word."""
        self._flights, self._unheard, self._passed = [], False, 0
        for sealed in self._export.batches():
            if self._marks.covers(sealed.head):
                self._pass(sealed.head)
                continue
            self._wait(lambda: len(self._flights) < WINDOW)
            self._send(sealed)
        self._wait(self._all_there)

    def _send(self, sealed: Sealed) -> None:
        topic = self._topics.up(self._export.header.device, sealed.head.lane)
        flight = _Flight(sealed.head, set())
        self._flights.append(flight)
        for payload in fitting(sealed.payload, self._line.most, sealed.head.lane):
            flight.parts.add(self._line.publish(topic, payload, deflated=payload[0] != ord("[")))
        self._line.pump(0.0)

    def _wait(self, holds: Callable[[], bool]) -> None:
        """Until `holds()`; gives the round up where the hub stays silent, and the whole once patience is at its end."""
        quiet_since_s, heard = time.monotonic(), self._marks.heard
        self._settle()
        while not holds():
            self._line.pump(_STEP_S)
            self._settle()
            if self._line.refusal:
                raise ProblemError("link-refused", broker=self._line.address, reason=self._line.refusal)
            now_s = time.monotonic()
            if self._marks.heard != heard:
                quiet_since_s, heard = now_s, self._marks.heard
            if now_s - self._marks.risen_s > self._patience_s:
                raise self._unconfirmed()
            if self._unheard or now_s - quiet_since_s > min(_AGAIN_S, self._patience_s / 2):
                raise _AgainError

    def _settle(self) -> None:
        """Let go of what the hub has, or has at least answered to: behind a gap its word cannot rise."""
        still = []
        for flight in self._flights:
            answered = flight.acks_before is not None and self._marks.heard > flight.acks_before
            if self._marks.covers(flight.head) or answered:
                self._pass(flight.head)
            else:
                still.append(flight)
        self._flights = still

    def _pass(self, head: FrameHead) -> None:
        self._passed += head.rows
        self._told(self._passed)

    def _answered(self, number: int, heard: bool) -> None:  # noqa: FBT001  (the broker's word for one publish)
        self._unheard = self._unheard or not heard
        for flight in self._flights:
            if number in flight.parts:
                flight.parts.discard(number)
                if not flight.parts:
                    flight.acks_before = self._marks.heard

    def _all_there(self) -> bool:
        return all(self._marks.acked.get(lane, 0) >= part.last for lane, part in self._export.claims.lanes.items())

    def _get_back(self, lost: Exception) -> None:
        """Be on the line again, or give up."""
        while True:
            if time.monotonic() - self._marks.risen_s > self._patience_s:
                raise self._unconfirmed() from lost
            time.sleep(_BETWEEN_TRIES_S)
            try:
                self._line.open()
            except ProblemError as failed:
                if failed.problem.code == "link-refused":
                    raise
                continue
            return

    def _unconfirmed(self) -> ProblemError:
        heads = (sealed.head for sealed in self._export.batches())
        missing = sum(head.rows for head in heads if not self._marks.covers(head))
        acked = ", ".join(f"{lane.value} {self._marks.acked.get(lane, 0)}" for lane in self._export.claims.lanes)
        return ProblemError(
            "import-unconfirmed",
            missing=missing,
            rows=self._export.rows,
            wait_s=self._patience_s,
            acked=acked,
            topics=self._topics.up(self._export.header.device, Lane.RECORD).rpartition("/")[0] + "/+",
        )
