# SPDX-License-Identifier: Apache-2.0
"""Answers the programs of this device: takes their events in, tells how the agent is."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import assert_never

from pydantic import BaseModel

from edge.agent.emission import emitted, preset_in, refused, row_of
from edge.agent.outbox_look import look
from edge.agent.role_runner import Surroundings
from edge.agent.status import StatusDesk
from edge.contract.cameras import CameraPreset
from edge.contract.local import Asked, EmitAsked, EventLine, OutboxAsked, StatusAsked
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.core.clock import Now


class FrontDesk:
    """Behind the agent's socket."""

    def __init__(
        self,
        around: Surroundings,
        desk: StatusDesk,
        folder: Path,
        turned: Callable[[CameraPreset, Now], None] = lambda _preset, _now: None,
    ) -> None:
        """Answer from these; `folder` is that of the store, `turned` is told where a camera that turns stands."""
        self._turned = turned
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
            case OutboxAsked(settle=settle):
                return await self._outbox(settle=settle)
            case other:
                assert_never(other)

    async def _outbox(self, *, settle: bool) -> BaseModel:
        device, status = self._around.device, self._desk.status()
        settled = self._settled() if settle else None
        try:
            # Not on the loop: thousands of blob files are asked for their size.
            seen = await asyncio.to_thread(look, self._folder, device)
        except ProblemError as failed:
            return refused(failed)
        return seen.model_copy(update={"link": status.link, "problems": status.problems, "settled": settled})

    def _settled(self) -> int:
        """What has been read may be on its way, and is never changed again; so it is read."""
        store = self._around.store
        last = store.accounts[Lane.RECORD].last_seq
        with closing(store.rows(Lane.RECORD, max(0, last - 1), 1)) as rows:
            next(rows, None)
        return last

    async def _emit(self, event: EventLine) -> BaseModel:
        around = self._around
        try:
            now, preset = around.clock.now(), preset_in(event)
            row = row_of(event, now)
            if preset is not None:
                self._turned(preset, now)
            (place,) = await around.store.append([row])
        except ProblemError as failed:
            return refused(failed)
        around.committed()
        return emitted(around.store, place)
