# SPDX-License-Identifier: Apache-2.0
"""A camera's place in the agent: what its worker says becomes inputs of roles, events and status."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from edge.agent.activity import Activity
from edge.agent.mailbox import RoleMailbox
from edge.agent.notices import notice, problem_notice
from edge.agent.role_runner import Surroundings
from edge.config.models import Camera, DeviceConfig
from edge.contract.cameras import (
    ACTIVITY_TYPE,
    BACK_TYPE,
    LOST_TYPE,
    VIEW_TYPE,
    CameraActivity,
    CameraBack,
    CameraLost,
    CameraView,
)
from edge.contract.local import CameraState
from edge.contract.problems import Problem, ProblemError
from edge.core.clock import Now, instant
from edge.core.errands import Errand
from edge.core.inputs import CameraChanged, Seen
from edge.core.tracks import Sighting, moved
from edge.durable.rows import NewRow
from edge.vision.child import Birth
from edge.vision.lines import Back, Ended, Lost, Viewed
from edge.vision.mailbox import News
from edge.vision.watch import CameraWatch

RECORDING = "recording"
"""The folder beside a camera's ring of evidence in which its worker keeps what may be asked for."""
LOOKS_WITHIN_US = 3_000_000
"""Beside two of its own looks, a camera's newest one may be so old: workers say once a second how far they are."""
PUT_RIGHT_US = 250_000
"""Times of captures are put right by steps of no less: a track's first time is part of its name."""

_NOT_CLEAR = {
    "covered": "camera-covered",
    "turned": "camera-turned",
    "blurred": "camera-blurred",
    "dark": "camera-dark",
    "frozen": "camera-frozen",
}
"""What a technician is told of each view."""


class CameraPost:
    """One camera, watched by a worker process."""

    def __init__(
        self,
        camera: Camera,
        config: DeviceConfig,
        around: Surroundings,
        mailboxes: tuple[RoleMailbox, ...],
        offset_us: Callable[[], int],
        errands: Sequence[Errand] = (),
        birth: Birth | None = None,
    ) -> None:
        """Watch with a worker from `birth` for these roles, and run their `errands`; every role picks what it hears.

        `offset_us` tells what right time is ahead of uptime: the worker knows only the system clock.
        """
        self._offset_us = offset_us
        self._worker_ahead_us: int | None = None
        self._moved_us = 0
        self.name = camera.name
        self.model = camera.detector.model if camera.detector.kind == "onnx" else None
        self.models = tuple(str(place) for place in config.models)
        """Where else than among those that came along the `model` may lie."""
        self._presets: tuple[tuple[int, str | None], ...] = ()
        """Where it stood lately, if somebody turns it: since when, and the preset."""
        self._missed = False
        """Whether the hub was told that the camera is lost."""
        self._view: CameraView | None = None
        """What was last said of the view, if that is not what it should be."""
        self._looks_within_us = LOOKS_WITHIN_US + round(2e6 / camera.idle_fps)
        self._patient = camera.pace == "fast"
        self._ring = config.store.folder / "rings" / camera.name
        self._around = around
        self._mailboxes = mailboxes
        self._activity = Activity(camera.name)
        self._watch = CameraWatch(camera, self._ring, config.models, errands, birth=birth)

    async def run(self) -> None:
        """Watch until the recording ends; for ever if it is a camera."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch.run())
            group.create_task(self._hear_all())

    @property
    def recording(self) -> Path:
        """Where the last minutes are kept."""
        return self._ring / RECORDING

    @property
    def ahead_us(self) -> int:
        """What right time is ahead of the times of this camera's pictures."""
        return self._moved_us

    def behind(self, now: Now) -> bool:
        """Whether its worker has looked at nothing for a while, for want of a processor or for any other reason."""
        newest_us, ahead_us = self._watch.newest_us, self._worker_ahead_us
        if newest_us is None or ahead_us is None:
            return True
        return now.uptime_ms * 1000 - (newest_us - ahead_us) > self._looks_within_us

    def picture(self, sha256: str) -> Path | None:
        """Where a picture of this camera lies, if its ring still has it."""
        path = self._ring / f"{sha256}.jpg"
        return path if path.exists() else None

    def state(self) -> CameraState:
        """How the camera is."""
        return self._watch.state

    @property
    def problem(self) -> Problem | None:
        """Why the camera is not seen, or only in part, or does not see what it is there for."""
        if self._watch.problem or self._view is None:
            return self._watch.problem
        return Problem(code=_NOT_CLEAR[self._view.view], detail={"camera": self.name, "why": self._view.why})

    async def _hear_all(self) -> None:
        async for line in self._watch.news():
            await self._hear(line)

    async def _hear(self, line: News) -> None:
        now = self._around.clock.now()
        match line:
            case Sighting():
                sighting = self._from_where(self._put_right(line))
                await self._pass_on(Seen(now, sighting))
                await self._tell_activity(self._activity.saw(sighting), now)
            case Lost(problem=problem):
                self._tell_roles(now, online=False)
                self._activity.begin_anew()
                self._missed = True
                lost = CameraLost(camera=self.name, problem=problem)
                await self._emit(notice(LOST_TYPE, lost, now, self.name))
            case Back(ahead_us=ahead_us):
                self._worker_ahead_us = ahead_us
                self._tell_roles(now, online=True)
                if self._missed:
                    self._missed = False
                    await self._emit(notice(BACK_TYPE, CameraBack(camera=self.name), now, self.name))
            case Viewed():
                await self._hear_view(line, now)
            case Ended(problem=problem):
                await self._tell_activity(self._activity.tell(), now)
                ended = problem or Problem(code="recording-ended", detail={"camera": self.name})
                await self._emit(problem_notice(ended, now))
            case other:
                assert_never(other)

    async def _hear_view(self, line: Viewed, now: Now) -> None:
        """Only a change is told: a worker that was started again says once more what is known."""
        before = self._view.view if self._view else "clear"
        if line.view == before:
            return
        view = CameraView(camera=self.name, view=line.view, since=instant(line.since_us + self._moved_us), why=line.why)
        self._view = None if view.view == "clear" else view
        await self._emit(notice(VIEW_TYPE, view, now, self.name))

    def turned(self, preset: str | None, at_us: int) -> None:
        """Know where the camera stands from now on; what it saw before, it saw from elsewhere."""
        self._presets = (*self._presets[-1:], (at_us, preset))

    def _from_where(self, sighting: Sighting) -> Sighting:
        """With the preset that the camera stood at when it took the picture."""
        preset = next((preset for since_us, preset in reversed(self._presets) if since_us <= sighting.at_us), None)
        return replace(sighting, preset=preset) if preset is not None else sighting

    def _put_right(self, sighting: Sighting) -> Sighting:
        """By the agent's time instead of the worker's."""
        if self._worker_ahead_us is not None:
            by_us = self._offset_us() - self._worker_ahead_us
            if abs(by_us - self._moved_us) >= PUT_RIGHT_US:
                self._moved_us = by_us
        return moved(sighting, self._moved_us) if self._moved_us else sighting

    async def _pass_on(self, seen: Seen) -> None:
        """A recording played as fast as it goes waits for the roles; a live camera does not."""
        for mailbox in self._mailboxes:
            if self._patient:
                await mailbox.room()
            mailbox.put(seen)

    def _tell_roles(self, now: Now, *, online: bool) -> None:
        for mailbox in self._mailboxes:
            mailbox.put(CameraChanged(now, self.name, online))

    async def _tell_activity(self, told: CameraActivity | None, now: Now) -> None:
        if told is not None:
            await self._emit(notice(ACTIVITY_TYPE, told, now, self.name))

    async def _emit(self, new: NewRow) -> None:
        try:
            await self._around.store.append([new])
        except ProblemError:
            return
        self._around.committed()
