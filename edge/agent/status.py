# SPDX-License-Identifier: Apache-2.0
"""The agent in one page, put together from what its parts know."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from edge.agent.release import __version__
from edge.agent.timekeeper import Timekeeper
from edge.contract.local import CameraState, LaneDepth, LinkState, Status
from edge.contract.problems import Problem
from edge.contract.words import Lane
from edge.core.clock import Now, instant
from edge.durable.store import Store
from edge.link.courier import Courier


@dataclass(frozen=True, slots=True)
class StatusDesk:
    """Whom to ask."""

    device: str
    boot_id: str
    roles: tuple[str, ...]
    started: Now
    keeper: Timekeeper
    store: Store
    courier: Courier
    cameras: Callable[[], tuple[CameraState, ...]]
    behind: Callable[[Now], tuple[str, ...]]
    troubles: Callable[[], Iterable[Problem | None]] = tuple
    """What roles and cameras have to complain of."""

    def status(self) -> Status:
        """How the agent is now."""
        now = self.keeper.clock.now()
        return Status(
            device=self.device,
            agent=__version__,
            pid=os.getpid(),
            boot=self.boot_id,
            epoch=self.store.epoch,
            uptime_s=(now.uptime_ms - self.started.uptime_ms) / 1000,
            clock=now.quality.value,
            time=self.keeper.state(),
            roles=self.roles,
            link=self._link(),
            lanes={lane: self._depth(lane) for lane in Lane},
            cameras=self.cameras(),
            problems=self.problems(),
        )

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong at present."""
        found = [self.store.set_aside, self.keeper.problem(), *self.courier.problems(), *self.troubles()]
        return tuple(problem for problem in found if problem is not None)

    def _link(self) -> LinkState:
        report = self.courier.report
        return LinkState(
            connected=report.connected,
            broker=report.broker,
            since=report.since.at if report.since else None,
            hub_heard=report.hub_heard.at if report.hub_heard else None,
            skew_ms=report.skew_ms,
        )

    def _depth(self, lane: Lane) -> LaneDepth:
        account = self.store.accounts[lane]
        oldest_us = self.store.oldest_us(lane) if account.rows else None
        return LaneDepth(
            rows=account.rows,
            bytes=account.bytes,
            last_seq=account.last_seq,
            acked_seq=account.acked_seq,
            oldest=instant(oldest_us) if oldest_us is not None else None,
            shed_rows=account.shed_rows,
        )
