# SPDX-License-Identifier: Apache-2.0
"""Keeps the parts of the agent alive: who fails is started again, who is vital and cannot live takes the agent down.

The only place that catches everything: what is unexpected shall crash early and be seen, but not take the outbox along.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from edge.contract.problems import Problem, ProblemError

FAILURES = 5
"""So many failures of a vital part within `WITHIN_S` and the agent gives up loudly; systemd starts it afresh."""
WITHIN_S = 60.0
_PAUSE_S = 0.5
_REST_S = 60.0
"""How long a part that is not vital is left alone when it keeps failing."""
_log = logging.getLogger(__name__)

OnFailure = Callable[[Problem], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Part:
    """One participant: a name for people, and how to run it from the start."""

    name: str
    run: Callable[[], Awaitable[None]]
    vital: bool = True
    """Whether the agent is worth nothing without it. Roles and cameras are not: the outbox is to be delivered."""


class Supervisor:
    """Runs parts side by side until cancelled."""

    def __init__(self, on_failure: OnFailure) -> None:
        """Tell `on_failure` of each failure, so that the hub hears of it."""
        self._on_failure = on_failure

    async def run(self, parts: list[Part]) -> None:
        """Run all parts; a part that returns is done. Raises `ProblemError` when one gives up."""
        try:
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    group.create_task(self._keep(part), name=part.name)
        except* ProblemError as failed:
            raise _first(failed) from None

    async def _keep(self, part: Part) -> None:
        failures: deque[float] = deque(maxlen=FAILURES)
        while True:
            try:
                await part.run()
            except Exception as failed:
                _log.exception("part %s failed", part.name)
                failures.append(time.monotonic())
                problem = Problem(code="part-failed", detail={"part": part.name, "reason": _in_words(failed)})
                hopeless = len(failures) == FAILURES and failures[-1] - failures[0] < WITHIN_S
                if hopeless and part.vital:
                    raise ProblemError(problem.code, **problem.detail) from failed
                await self._on_failure(problem)
                await asyncio.sleep(_REST_S if hopeless else _PAUSE_S)
            else:
                return


def _in_words(failed: Exception) -> str:
    return f"{type(failed).__name__}: {failed}"


def _first(group: BaseExceptionGroup[ProblemError]) -> BaseException:
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
