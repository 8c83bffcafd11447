# SPDX-License-Identifier: Apache-2.0
"""The agent's side of a camera: starts the vision worker, hears it, and starts it again when it dies or hangs.

Loads no native code. A camera is told lost or back once per change; a worker that dies loses its camera, since the
next one's tracks begin anew with identities that mean somebody else.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

from edge.config.models import Camera
from edge.contract.local import CameraState
from edge.contract.problems import Problem, ProblemError
from edge.core.errands import Errand
from edge.vision.child import Birth, Child, spawned
from edge.vision.lines import Back, Ended, Heartbeat, Line, Lost, Saw, Settings, Viewed, decode
from edge.vision.mailbox import News, NewsBox
from edge.vision.starved import waited_s

WORKER = (sys.executable, "-P", "-m", "edge.vision.worker")
_LOOKS = 4
"""A silence is made up of so many looks in vain, so that an agent that sleeps through all of it blames nobody."""
_STARVED = 0.5
"""A look in vain does not count if the worker was kept from the processor for this share of it."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a worker may be silent, and how soon it is started again."""

    start_s: float = 15.0
    """Until its first word: a small board takes seconds to load a model."""
    silent_s: float = 5.0
    """Then: it speaks once a second, whatever the camera does."""
    starved_s: float = 300.0
    """Without a word for so long it is given up, even if it has only waited for the processor."""
    restart_first_s: float = 0.5
    restart_last_s: float = 10.0
    healthy_s: float = 30.0
    """Who has lived so long is started again as soon as if it were the first time."""


class CameraWatch:
    """One camera, seen by a child process for as long as `run` runs."""

    def __init__(
        self,
        camera: Camera,
        ring: Path,
        models: Sequence[Path] = (),
        errands: Sequence[Errand] = (),
        *,
        birth: Birth | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Watch with workers from `birth`, else with programs of their own."""
        self._camera, self._birth, self._patience = camera, birth or spawned(WORKER), patience or Patience()
        self._settings = Settings(
            camera=camera.model_dump(mode="json"),
            ring=str(ring),
            models=tuple(str(model) for model in models),
            errands=tuple(one for one in errands if one.camera == camera.name),
        )
        self._box = NewsBox()
        self._online: bool | None = None
        self._restarts = 0
        self._before = self._now = Heartbeat(frames=0, dropped=0, tracks=0, stage_ms={})
        self.problem: Problem | None = None
        """Why the camera is not seen, or is seen only in part."""
        self.pid: int | None = None
        """The worker, while it lives."""

    @property
    def state(self) -> CameraState:
        """The camera as the technician sees it; counts go on through restarts of the worker."""
        return CameraState(
            name=self._camera.name,
            online=bool(self._online),
            frames=self._before.frames + self._now.frames,
            dropped=self._before.dropped + self._now.dropped + self._box.overrun,
            restarts=self._restarts,
            tracks=self._now.tracks if self._online else 0,
        )

    @property
    def newest_us(self) -> int | None:
        """Capture time of the newest frame, as of the last word of the worker."""
        return self._now.at_us

    @property
    def stage_ms(self) -> dict[str, float]:
        """What a frame cost last second, by stage."""
        return self._now.stage_ms

    async def news(self) -> AsyncIterator[News]:
        """Sightings and changes in order, ending after `Ended`; for one reader."""
        while True:
            news = await self._box.take()
            yield news
            if isinstance(news, Ended):
                return

    async def run(self) -> None:
        """Watch until the recording ends; for ever if it is a camera. Cancel it to stop: the worker ends with it."""
        loop, wait_s = asyncio.get_running_loop(), self._patience.restart_first_s
        while True:
            begun_s = loop.time()
            if await self._live_once():
                return
            if loop.time() - begun_s >= self._patience.healthy_s:
                wait_s = self._patience.restart_first_s
            await asyncio.sleep(wait_s)
            wait_s = min(self._patience.restart_last_s, wait_s * 2)
            self._restarts += 1

    async def _live_once(self) -> bool:
        """One life of a worker. Whether the recording ended with it."""
        try:
            child = await self._birth()
        except OSError as failed:
            await self._lose(_died(self._camera.name, str(failed)))
            return False
        self.pid = child.pid
        try:
            return await self._converse(child)
        except ProblemError as failed:
            await self._lose(failed.problem)
            return False
        finally:
            self.pid = None
            await _in_any_case(child.bury())
            self._carry_over()

    async def _converse(self, child: Child) -> bool:
        with suppress(BrokenPipeError, ConnectionResetError):
            child.stdin.write(self._settings.model_dump_json().encode() + b"\n")
            await child.stdin.drain()
        silent_s = self._patience.start_s
        while True:
            raw = await self._next_line(child, silent_s)
            if not raw.endswith(b"\n"):
                died = _died(self._camera.name, _how_it_ended(await child.wait()))
                raise ProblemError(died.code, **died.detail)
            silent_s = self._patience.silent_s
            if await self._hear(decode(raw)):
                return True

    async def _next_line(self, child: Child, silent_s: float) -> bytes:
        # Only the time spent waiting for the worker counts; that it waits for us is no sign of a hang. Nor is that it
        # waits for a processor: one that is ended for it must load everything anew, on a machine that is busy already.
        begun_s, look_s, in_vain = asyncio.get_running_loop().time(), silent_s / _LOOKS, 0
        while True:
            waited_before_s = waited_s(child.pid)
            try:
                async with asyncio.timeout(look_s):
                    return await child.stdout.readline()
            except ConnectionResetError:
                return b""  # it ended without reading what it was told
            except TimeoutError as silent:
                in_vain += waited_s(child.pid) - waited_before_s < look_s * _STARVED
                waiting_s = asyncio.get_running_loop().time() - begun_s
                if in_vain >= _LOOKS or waiting_s >= max(silent_s, self._patience.starved_s):
                    name, silent_for_s = self._camera.name, round(waiting_s, 1)
                    raise ProblemError("vision-hung", camera=name, silent_s=silent_for_s) from silent
            except ValueError as endless:
                raise ProblemError("vision-line-invalid", reason="a line without end") from endless

    async def _hear(self, line: Line) -> bool:
        match line:
            case Saw(sighting=sighting):
                await self._box.put(sighting, patient=self._camera.pace == "fast")
            case Heartbeat():
                self._now = line
                self.problem = line.problem if self._online else self.problem
            case Lost(problem=problem):
                await self._lose(problem)
            case Back():
                self._online, self.problem = True, None
                await self._box.put(line, patient=False)
            case Viewed():
                await self._box.put(line, patient=False)
            case Ended(problem=problem):
                self._online, self.problem = False, problem
                await self._box.put(line, patient=False)
                return True
            case _:
                assert_never(line)
        return False

    async def _lose(self, problem: Problem) -> None:
        self.problem = problem
        if self._online is not False:
            self._online = False
            await self._box.put(Lost(problem=problem), patient=False)

    def _carry_over(self) -> None:
        before, now = self._before, self._now
        self._before = Heartbeat(
            frames=before.frames + now.frames, dropped=before.dropped + now.dropped, tracks=0, stage_ms={}
        )
        self._now = Heartbeat(frames=0, dropped=0, tracks=0, stage_ms={})


async def _in_any_case(work: Coroutine[Any, Any, None]) -> None:
    """Do it to its end; who cancels meanwhile is obeyed afterwards."""
    doing = asyncio.create_task(work)
    try:
        await asyncio.shield(doing)
    except asyncio.CancelledError:
        await doing
        raise


def _died(camera: str, reason: str) -> Problem:
    return Problem(code="vision-died", detail={"camera": camera, "reason": reason})


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "its nursery has ended"
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
