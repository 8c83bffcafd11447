# SPDX-License-Identifier: Apache-2.0
"""A session on a bench: time and chance by hand, and short words for what happens to it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from edge.contract.acks import Ack, Resend
from edge.contract.words import Lane
from edge.sync.actions import Action, Connect, Publish, Verdict
from edge.sync.session import Session
from edge.sync.settings import Limits, SessionSettings

EPOCH = "e1"
START = datetime(2026, 11, 24, 12, tzinfo=UTC)
ACK_TIMEOUT_S = 15.0
DEAF = 0x10
"""Reason code: nobody subscribes."""


def ack(
    acks: Mapping[Lane, int], *, at_s: float = 0.0, epoch: str = EPOCH, resend: tuple[tuple[Lane, int, int], ...] = ()
) -> Ack:
    """What a hub says `at_s` seconds after the start by its own clock."""
    wanted = tuple(Resend.model_validate({"lane": lane, "from": first, "to": last}) for lane, first, last in resend)
    return Ack(epoch=epoch, acks=dict(acks), time=START + timedelta(seconds=at_s), resend=wanted)


class Bench:
    """One session. Batches are of `batch` rows; `chance` is always a half."""

    def __init__(self, settings: SessionSettings, acked: int = 0, batch: int = 10) -> None:
        self.now_s = 0.0
        self.batch = batch
        self.session = Session(settings, dict.fromkeys(Lane, acked), dict.fromkeys(Lane, acked), START.timestamp() - 1)
        self.tokens = 0
        self.last: dict[Lane, int] = dict.fromkeys(Lane, acked)

    def rows(self, lane: Lane, last: int) -> None:
        self.last[lane] = last
        self.session.rows_waiting(lane, last)

    def connect(self, limits: Limits | None = None) -> None:
        assert self.next() == Connect()
        self.session.link_up(limits or Limits(), self.now_s)

    def silent(self) -> bool:
        return self.session.hub_silent

    def next(self) -> Action:
        return self.session.next(self.now_s, 0.5)

    def send(self) -> tuple[Lane, int, int] | None:
        """Carry out the next publish; None if there is nothing to send now."""
        match self.next():
            case Publish(lane, after):
                self.tokens += 1
                last = min(after + self.batch, self.last[lane])
                self.session.published(self.tokens, lane, after + 1, last, self.now_s)
                return lane, after + 1, last
            case _:
                return None

    def send_all(self) -> list[tuple[Lane, int, int]]:
        sent = []
        while (batch := self.send()) is not None:
            sent.append(batch)
        return sent

    def delivered(self, token: int, *, code: int = 0) -> list[Verdict]:
        return self.session.delivered(token, code=code, now_s=self.now_s, chance=0.5)

    def acked(self, said: Ack) -> list[Verdict]:
        return self.session.acked(said, self.now_s)
