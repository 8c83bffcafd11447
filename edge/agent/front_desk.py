# SPDX-License-Identifier: Apache-2.0
"""Answers the programs of this device: takes their events in, tells how the agent is."""

import asyncio
from pathlib import Path
from typing import assert_never

from pydantic import BaseModel

from edge.agent.emission import emitted, refused, row_of
from edge.agent.outbox_look import look
from edge.agent.role_runner import Surroundings
from edge.agent.status import StatusDesk
from edge.contract.local import Asked, EmitAsked, EventLine, OutboxAsked, StatusAsked
from edge.contract.problems import ProblemError


class FrontDesk:
    """Behind the agent's socket."""

    def __init__(self, around: Surroundings, desk: StatusDesk, folder: Path) -> None:
        """Answer from these; `folder` is that of the store."""
        self._around = around
        self._desk = desk
        self._folder = folder

    async def answer(self, ask: Asked) -> BaseModel:
        """The answer, once it is true."""
        match ask:
            case EmitAsked(event=event):
                return await self._emit(event)
            case StatusAsked():
                return self._desk.status()
            case OutboxAsked():
                return await self._outbox()
            case other:
                assert_never(other)

    async def _outbox(self) -> BaseModel:
        device, status = self._around.device, self._desk.status()
        try:
            # Not on the loop: thousands of blob files are asked for their size.
            seen = await asyncio.to_thread(look, self._folder, device)
        except ProblemError as failed:
            return refused(failed)
        return seen.model_copy(update={"link": status.link, "problems": status.problems})

    async def _emit(self, event: EventLine) -> BaseModel:
        around = self._around
        try:
            row = row_of(event, around.clock.now())
            (place,) = await around.store.append([row])
        except ProblemError as failed:
            return refused(failed)
        around.committed()
        return emitted(around.store, place)
