# SPDX-License-Identifier: Apache-2.0
"""Answers the programs of this device: takes their events in, tells how the agent is."""

from typing import assert_never

from pydantic import BaseModel

from edge.agent.emission import emitted, refused, row_of
from edge.agent.role_runner import Surroundings
from edge.agent.status import StatusDesk
from edge.contract.local import EmitAsked, EventLine, StatusAsked
from edge.contract.problems import ProblemError


class FrontDesk:
    """Behind the agent's socket."""

    def __init__(self, around: Surroundings, desk: StatusDesk) -> None:
        """Answer from these."""
        self._around = around
        self._desk = desk

    async def answer(self, ask: EmitAsked | StatusAsked) -> BaseModel:
        """The answer, once it is true."""
        match ask:
            case EmitAsked(event=event):
                return await self._emit(event)
            case StatusAsked():
                return self._desk.status()
            case other:
                assert_never(other)

    async def _emit(self, event: EventLine) -> BaseModel:
        around = self._around
        try:
            row = row_of(event, around.clock.now())
            (place,) = await around.store.append([row])
        except ProblemError as failed:
            return refused(failed)
        around.committed()
        return emitted(around.store, place)
