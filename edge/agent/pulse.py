# SPDX-License-Identifier: Apache-2.0
"""What happens by the clock: roles hear that time passes, the clock is judged, health goes out once a minute."""

import asyncio
import logging
import resource

from edge.agent.introduction import Introduction
from edge.agent.mailbox import RoleMailbox
from edge.agent.notices import notice, problem_notice
from edge.agent.release import __version__
from edge.agent.role_runner import Surroundings
from edge.agent.status import StatusDesk
from edge.contract.health import HEALTH_TYPE, STARTED_TYPE, AgentHealth, AgentStarted
from edge.contract.problems import Problem, ProblemError, in_words
from edge.core.inputs import Ticked
from edge.durable.rows import NewRow

EVERY_S = 1.0
HEALTH_EVERY = 60
"""At the latest so many beats after it was last said."""
REPORT_EVERY = 5
"""The retained state is said again this seldom at most: what flickers within is nobody's business."""
_log = logging.getLogger(__name__)


class Pulse:
    """One beat a second."""

    def __init__(
        self,
        around: Surroundings,
        desk: StatusDesk,
        introduction: Introduction,
        mailboxes: tuple[RoleMailbox, ...],
    ) -> None:
        """Beat for these."""
        self._introduction = introduction
        self._known: dict[str, Problem] = {}
        self._since_health = 0
        """Beats since the hub was last told how the agent is."""
        self._around = around
        self._desk = desk
        self._mailboxes = mailboxes

    async def run(self) -> None:
        """Beat until cancelled."""
        self._desk.keeper.beat()
        await self._say_hello()
        beats = 0
        while True:
            await asyncio.sleep(EVERY_S)
            beats += 1
            self._desk.keeper.beat()
            now = self._around.clock.now()
            for mailbox in self._mailboxes:
                mailbox.put(Ticked(now, self._desk.behind(now)))
            self._note_problems()
            if beats % REPORT_EVERY == 0 and self._introduction.outdated():
                self._desk.courier.say_reported()
            self._since_health += 1
            if self._since_health >= HEALTH_EVERY:
                await self.say_health()

    async def say_health(self) -> None:
        """Also out of turn, when the hub has been without a word for long: it must acknowledge this."""
        self._since_health = 0
        await self._emit(self._health())

    async def tell(self, problem: Problem) -> None:
        """Let the hub know of a problem."""
        await self._emit(problem_notice(problem, self._around.clock.now()))

    def _note_problems(self) -> None:
        """Into the log when one begins, and when it is over."""
        now = {problem.code: problem for problem in self._desk.problems()}
        for code in now.keys() - self._known.keys():
            _log.warning("%s", in_words(now[code]))
        for code in self._known.keys() - now.keys():
            _log.info("over: [%s]", code)
        self._known = now

    async def _say_hello(self) -> None:
        started = AgentStarted(agent=__version__, boot=self._around.store.boot, roles=self._desk.roles)
        await self._emit(notice(STARTED_TYPE, started, self._around.clock.now()))
        if aside := self._around.store.set_aside:
            await self.tell(aside)

    def _health(self) -> NewRow:
        status = self._desk.status()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        health = AgentHealth(
            uptime_s=round(status.uptime_s),
            cpu_s=round(usage.ru_utime + usage.ru_stime, 2),
            rss_max_kib=usage.ru_maxrss,
            outbox_rows={lane: depth.rows for lane, depth in status.lanes.items()},
            inputs_dropped=sum(mailbox.dropped for mailbox in self._mailboxes),
            cameras=status.cameras,
            skew_ms=status.link.skew_ms,
            clock=status.time,
        )
        return notice(HEALTH_TYPE, health, self._around.clock.now())

    async def _emit(self, new: NewRow) -> None:
        """Without room on the disk this is only said locally; the outbox's own state tells the rest."""
        try:
            await self._around.store.append([new])
        except ProblemError as failed:
            self._desk.courier.report.problem = failed.problem
            return
        self._around.committed()
