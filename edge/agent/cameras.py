# SPDX-License-Identifier: Apache-2.0
"""A camera's place in the agent: what its worker says becomes inputs of roles, events and status."""

import asyncio
from pathlib import Path
from typing import assert_never

from edge.agent.activity import Activity
from edge.agent.mailbox import RoleMailbox
from edge.agent.notices import CAMERA_ACTIVITY_TYPE, CAMERA_BACK_TYPE, CAMERA_LOST_TYPE, problem_row, row
from edge.agent.role_runner import Surroundings
from edge.config.models import Camera, DeviceConfig
from edge.contract.local import CameraState
from edge.contract.problems import Problem, ProblemError
from edge.contract.words import Lane
from edge.core.inputs import CameraChanged, Seen
from edge.core.tracks import Sighting
from edge.durable.rows import NewRow
from edge.vision.lines import Back, Ended, Lost
from edge.vision.mailbox import News
from edge.vision.watch import CameraWatch


class CameraPost:
    """One camera, watched by a worker process."""

    def __init__(
        self, camera: Camera, config: DeviceConfig, around: Surroundings, mailboxes: tuple[RoleMailbox, ...]
    ) -> None:
        """Watch for these roles; every role hears every camera and picks its own."""
        self.name = camera.name
        self._patient = camera.pace == "fast"
        self._ring = config.store.folder / "rings" / camera.name
        self._around = around
        self._mailboxes = mailboxes
        self._activity = Activity(camera.name)
        self._watch = CameraWatch(camera, self._ring, config.models)

    async def run(self) -> None:
        """Watch until the recording ends; for ever if it is a camera."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch.run())
            group.create_task(self._hear_all())

    def picture(self, sha256: str) -> Path | None:
        """Where a picture of this camera lies, if its ring still has it."""
        path = self._ring / f"{sha256}.jpg"
        return path if path.exists() else None

    def state(self) -> CameraState:
        """How the camera is."""
        return self._watch.state

    async def _hear_all(self) -> None:
        async for line in self._watch.news():
            await self._hear(line)

    async def _hear(self, line: News) -> None:
        now = self._around.clock.now()
        match line:
            case Sighting():
                await self._pass_on(Seen(now, line))
                if (told := self._activity.saw(line)) is not None:
                    await self._emit(row(CAMERA_ACTIVITY_TYPE, Lane.STATE, told, now, self.name))
            case Lost(problem=problem):
                await self._changed(problem)
            case Back():
                await self._changed(None)
            case Ended(problem=problem):
                told = self._activity.tell(now.wall_us)
                if told is not None:
                    await self._emit(row(CAMERA_ACTIVITY_TYPE, Lane.STATE, told, now, self.name))
                await self._emit(
                    problem_row(problem or Problem(code="recording-ended", detail={"camera": self.name}), now)
                )
            case other:
                assert_never(other)

    async def _pass_on(self, seen: Seen) -> None:
        """A recording played as fast as it goes waits for the roles; a live camera does not."""
        for mailbox in self._mailboxes:
            if self._patient:
                await mailbox.room()
            mailbox.put(seen)

    async def _changed(self, problem: Problem | None) -> None:
        now = self._around.clock.now()
        for mailbox in self._mailboxes:
            mailbox.put(CameraChanged(now, self.name, problem is None))
        kind = CAMERA_BACK_TYPE if problem is None else CAMERA_LOST_TYPE
        data = {"camera": self.name} if problem is None else {"camera": self.name, "problem": problem.model_dump()}
        await self._emit(row(kind, Lane.STATE, data, now, self.name))

    async def _emit(self, new: NewRow) -> None:
        try:
            await self._around.store.append([new])
        except ProblemError:
            return
        self._around.committed()
