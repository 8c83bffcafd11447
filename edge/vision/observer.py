# SPDX-License-Identifier: Apache-2.0
"""One camera watched from beginning to end: what the worker says line by line, and what a replay reads."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import assert_never

from edge.config.models import Camera
from edge.core.errands import Errand
from edge.vision.attendants import attendants
from edge.vision.detectors.build import build_detector
from edge.vision.evidence import Photographer, PictureRing, ring_bytes
from edge.vision.feed import LiveFeed, RecordedFeed
from edge.vision.health import Health
from edge.vision.lines import Back, Ended, Heartbeat, Line, Lost, Saw, Viewed
from edge.vision.pipeline import Pipeline
from edge.vision.recorder import FOLDER, Recorder
from edge.vision.source import Frame
from edge.vision.sources.open import is_live, open_source
from edge.vision.steady import ahead_us, steady_us
from edge.vision.turns import NoTurns, Turns, turn

_BEAT_S = 1.0


class Observer:
    """Feeds a camera's frames to its pipeline and tells what comes of it. Raises `ProblemError` if it cannot begin."""

    def __init__(
        self,
        camera: Camera,
        ring: Path,
        models: tuple[Path, ...],
        errands: tuple[Errand, ...] = (),
        turns: Turns | None = None,
    ) -> None:
        self._photographer = Photographer(PictureRing(ring, ring_bytes(camera.evidence)), camera.evidence)
        # A recording begins anew each time; a street goes on while its worker is away.
        memory = ring if is_live(camera) else None
        detector = build_detector(camera.detector, models, memory)
        asked = attendants(errands, camera, models, self._photographer, memory)
        self._pipeline = Pipeline(camera, detector, self._photographer, asked)
        self._turns = turns or NoTurns()
        self._feed = (
            LiveFeed(camera.name, lambda: open_source(camera), self)
            if is_live(camera)
            else RecordedFeed(open_source(camera), self._pipeline.wants)
        )
        self._health = Health(memory)
        recorded = is_live(camera) and camera.recording.minutes > 0
        self._recorder = Recorder(ring / FOLDER, camera.recording) if recorded else None
        self._frames = 0
        self._newest_us: int | None = None
        self._online: bool | None = None
        self._beaten_ns = 0

    def lines(self) -> Iterator[Line]:
        """Everything worth saying, in order, until the recording ends; a camera never does."""
        while True:
            for line in self._next():
                yield line
                if isinstance(line, Ended):
                    return
            if time.monotonic_ns() - self._beaten_ns >= _BEAT_S * 1e9:
                yield self._heartbeat()

    def close(self) -> None:
        """Let go of the camera and of its recording."""
        self._feed.close()
        if self._recorder is not None:
            self._recorder.close()

    def due(self, at_us: int) -> bool:
        """Whether a frame captured now should be looked at."""
        return self._pipeline.due(at_us)

    def begin(self, at_us: int) -> bool:
        """Take a turn for it, which lasts until it has been looked at; False if there is none."""
        begun = self._turns.take()
        if begun:
            self._pipeline.take(at_us)
        return begun

    def give_up(self) -> None:
        """Give the turn back."""
        self._turns.give_back()

    def _next(self) -> list[Line]:
        """What comes of the next frame, loss or end. No frame outlives this: each is six megabytes."""
        taken = self._feed.take(_BEAT_S / 4)
        if isinstance(taken, Frame):
            with turn(self._turns):
                return list(self._look(taken))
        return list(self._told(taken))

    def _told(self, taken: Lost | Ended | None) -> Iterator[Line]:
        match taken:
            case None:
                pass
            case Lost():
                if self._online is not False:
                    self._online = False
                    yield taken
            case Ended():
                yield self._heartbeat()
                yield taken
            case _:
                assert_never(taken)

    def _look(self, frame: Frame) -> Iterator[Line]:
        self._frames += 1
        self._newest_us = frame.at_us
        if not self._online:
            self._online = True
            yield Back(ahead_us=ahead_us(), at_us=frame.at_us)
        sighting = self._pipeline.process(frame)
        with self._pipeline.watch.stage("health"):
            found = self._health.look(frame.at_us, frame.image)
        if self._recorder is not None:
            with self._pipeline.watch.stage("record"):
                self._recorder.take(frame, self._pipeline.tracks)
        if found is not None:
            yield Viewed(view=found.view, since_us=found.since_us, why=found.why)
        if sighting is not None:
            yield Saw(sighting=sighting)

    def _heartbeat(self) -> Heartbeat:
        self._beaten_ns = time.monotonic_ns()
        if self._recorder is not None and not self._online:
            self._recorder.forget(steady_us())
        failed = self._photographer.problem
        return Heartbeat(
            frames=self._frames,
            dropped=self._pipeline.dropped,
            tracks=len(self._pipeline.tracks),
            stage_ms=self._pipeline.watch.read(),
            at_us=self._newest_us,
            problem=failed.problem if failed else None,
        )
