# SPDX-License-Identifier: Apache-2.0
"""A recording through camera, roles and events, without store, link or hub; time is the recording's own."""

import asyncio
import contextlib
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, assert_never

from pydantic import BaseModel

from edge.agent.activity import Activity
from edge.agent.show import ShowScript
from edge.config.models import Camera
from edge.contract.cameras import ACTIVITY_TYPE, CameraActivity
from edge.contract.envelope import EventFrame, event_body
from edge.contract.evidence_chain import Head
from edge.contract.problems import ProblemError
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import Now
from edge.core.effects import Drive, Emit, KeepEvidence, ReleaseEvidence
from edge.core.inputs import CameraChanged, Input, Seen, Started, Ticked
from edge.core.tracks import Kind, PictureRef, Sighting
from edge.identity.keystore import KeyStore
from edge.identity.manifests import sign_next
from edge.roles.role import AnyRole
from edge.vision.lines import Back, Ended, Lost, Viewed
from edge.vision.watch import CameraWatch

TICK_US = 1_000_000
_PROGRESS_S = 0.5
AFTER_US = 3_600_000_000
"""What passes after the end of a recording: the longest span that a role sums up."""
EPOCH = "replay"
"""A replay's events are no device's: their ids begin so and belong to no store."""


@dataclass(slots=True)
class Actor:
    """One role at work on the recording."""

    spec: AnyRole
    settings: BaseModel
    state: object


@dataclass(slots=True)
class Tally:
    """What came of a replay."""

    frames: int = 0
    sightings: int = 0
    """Of the frames, those in which there was something."""
    kinds: dict[int, Kind] = field(default_factory=dict)
    """Of each track what it was taken for last."""
    events: Counter[str] = field(default_factory=Counter)
    pictures: int = 0
    first_us: int = 0
    last_us: int = 0

    @property
    def recorded_s(self) -> float:
        """From the first frame to the last."""
        return (self.last_us - self.first_us) / 1e6


class Replay:
    """Plays one recording to a device's roles."""

    def __init__(
        self,
        device: str,
        actors: list[Actor],
        keys: Callable[[], KeyStore],
        ring: Path,
        evidence: Path,
        out: Callable[[bytes], object],
        script: ShowScript | None = None,
    ) -> None:
        """Write events through `out`, a line each, kept pictures into `evidence`, and what a film shows to `script`."""
        self._device = device
        self._actors = actors
        self._keys = keys
        self._ring = ring
        self._evidence = evidence
        self._out = out
        self._script = script
        self._frames = {lane: EventFrame(device, EPOCH, lane) for lane in Lane}
        self._seqs = dict.fromkeys(Lane, 0)
        self._kept: dict[str, set[str]] = {}
        self._sent: set[str] = set()
        self._ticked_us = 0
        self._over = False
        self._chain_head: Head | None = None
        self.tally = Tally()

    async def play(self, camera: Camera, models: tuple[Path, ...], progress: Callable[[Tally], object]) -> None:
        """To the end, telling `progress` now and then. Raises `ProblemError` if the recording is broken."""
        errands = tuple(one for actor in self._actors for one in actor.spec.needs.errands(actor.settings))
        watch = CameraWatch(camera, self._ring, models, errands)
        activity = Activity(camera.name)
        async with _running(watch.run()), _running(self._progress(watch, progress)):
            async for news in watch.news():
                match news:
                    case Sighting():
                        self._saw(news, activity)
                    case Lost(problem=problem):
                        raise ProblemError(problem.code, **problem.detail)
                    case Back(at_us=at_us):
                        if at_us is not None:
                            self._begin(at_us, camera.name)
                    case Viewed():
                        # Whether its view is good is the camera's own matter; a recording tells what it shows.
                        pass
                    case Ended(problem=problem):
                        self._look_at(watch)
                        self._end(camera.name)
                        self._tell_activity(activity.tell(), camera.name)
                        if problem is not None:
                            raise ProblemError(problem.code, **problem.detail)
                    case other:
                        assert_never(other)

    async def _progress(self, watch: CameraWatch, progress: Callable[[Tally], object]) -> None:
        while True:
            await asyncio.sleep(_PROGRESS_S)
            self._look_at(watch)
            progress(self.tally)

    def _look_at(self, watch: CameraWatch) -> None:
        """How far the worker has come, by its own last word."""
        self.tally.frames = watch.state.frames
        self.tally.last_us = max(self.tally.last_us, watch.newest_us or 0)

    def _begin(self, at_us: int, camera: str) -> None:
        """The first frame has this time."""
        if self.tally.first_us:
            return
        self.tally.first_us = self.tally.last_us = at_us
        if self._script is not None:
            self._script.begin(at_us)
        self._step(Started(self._now(at_us), self._device))
        self._step(CameraChanged(self._now(at_us), camera, online=True))

    def _saw(self, sighting: Sighting, activity: Activity) -> None:
        tally = self.tally
        now = self._now(sighting.at_us)
        self._begin(sighting.at_us, sighting.camera)
        self._tick_until(sighting.at_us)
        tally.sightings += bool(sighting.tracks)
        tally.kinds.update((track.id, track.kind) for track in sighting.tracks)
        tally.last_us = max(tally.last_us, sighting.at_us)
        if self._script is not None:
            self._script.saw(sighting)
        self._step(Seen(now, sighting))
        self._tell_activity(activity.saw(sighting), sighting.camera)

    def _end(self, camera: str) -> None:
        """The camera looks no more and time passes, so that whoever sums up tells what there was.

        Nothing else is heard of that hour: that nobody looks any more is no news of the place.
        """
        if self.tally.first_us:
            self._tick_until(self.tally.last_us)
            self._over = True
            self._step(CameraChanged(self._now(self.tally.last_us), camera, online=False))
            self._step(Ticked(self._now(self.tally.last_us + AFTER_US)))

    def _tick_until(self, at_us: int) -> None:
        """A street with nobody in it is not shown; that its seconds pass is what roles hear of it."""
        second_us = self._ticked_us or self.tally.first_us
        while second_us + TICK_US <= at_us:
            second_us += TICK_US
            self._step(Ticked(self._now(second_us)))
        self._ticked_us = second_us

    def _step(self, happened: Input) -> None:
        for actor in self._actors:
            actor.state, effects = actor.spec.step(actor.settings, actor.state, happened)
            for effect in effects:
                match effect:
                    case Emit():
                        if not self._over or effect.lane is Lane.METRIC:
                            self._emit(effect)
                    case KeepEvidence(picture, keeper):
                        self._keep(picture, keeper)
                    case ReleaseEvidence(keeper):
                        self._release(keeper)
                    case Drive():
                        pass  # a recording moves nothing
                    case other:
                        assert_never(other)

    def _emit(self, emit: Emit) -> None:
        data = dict(emit.data)
        if emit.manifest is not None:
            signed = sign_next(self._keys(), emit.manifest, self._device, EPOCH, self._chain_head)
            data["manifest"], self._chain_head = signed
        self._seqs[emit.lane] += 1
        body = event_body(emit.type, data, emit.subject)
        at = emit.at
        frame = self._frames[emit.lane]
        self._out(frame.frame(self._seqs[emit.lane], at.wall_us, at.quality.value, at.uptime_ms, body) + b"\n")
        self.tally.events[emit.type] += 1
        if self._script is not None and emit.type != ACTIVITY_TYPE:
            self._script.said(emit)
        self._sent |= {picture.sha256 for picture in emit.pictures}
        self.tally.pictures = len(self._sent)

    def _tell_activity(self, told: CameraActivity | None, camera: str) -> None:
        if told is not None:
            data = told.model_dump(mode="json", by_alias=True)
            self._emit(Emit(ACTIVITY_TYPE, Lane.STATE, self._now(self.tally.last_us), data, camera))

    def _keep(self, picture: PictureRef, keeper: str) -> None:
        source = self._ring / f"{picture.sha256}.jpg"
        self._evidence.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, self._evidence / source.name)
        self._kept.setdefault(keeper, set()).add(picture.sha256)

    def _release(self, keeper: str) -> None:
        """What no event names and nobody else keeps does not stay beside the events."""
        gone = self._kept.pop(keeper, set()) - self._sent
        for sha256 in gone.difference(*self._kept.values()):
            (self._evidence / f"{sha256}.jpg").unlink(missing_ok=True)

    def _now(self, at_us: int) -> Now:
        """A recording's clock is what it says it is: the recorder's, kept but not checked."""
        return Now(at_us, (at_us - (self.tally.first_us or at_us)) // 1000, ClockQuality.HELD)


@contextlib.asynccontextmanager
async def _running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Done for as long as somebody needs it."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
