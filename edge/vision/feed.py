# SPDX-License-Identifier: Apache-2.0
"""Frames for the pipeline: live ones are read by a thread, so that a slow detector never sees a stale picture."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from typing import Protocol

from edge.contract.problems import ProblemError
from edge.vision.lines import Ended, Lost
from edge.vision.source import Frame, FrameSource, SourceLostError, Wanted
from edge.vision.starved import waited_s
from edge.vision.turns import LOOK_AGAIN_S

Taken = Frame | Lost | Ended
Open = Callable[[], FrameSource]

_STALL_S = 4.5
"""More than FFmpeg waits by itself, and with a quarter of a second until it is looked at less than five."""
_QUIET_S = 1.0
"""Cameras give some frames in that time; from then on it is looked into whether who reads gets a processor."""
_STUCK_S = 20.0
"""FFmpeg gives up after 4 s, a video device after 10. Who still hangs then cannot be ended but with the process."""
_RETRY_FIRST_S, _RETRY_LAST_S = 0.5, 1.5
"""Opening takes its time as well, and three seconds after its return a camera must be seen."""


_PATIENCE_S, _PATIENCE_MOST_S, _PATIENCE_SHARE = 0.04, 0.25, 0.9
"""How long a frame waits for who looks at it: nearly until the next one, which would come late otherwise."""


class StuckError(Exception):
    """The decoder neither gives a frame nor an error, and no thread can be stopped: the process must end."""


class RecordedFeed:
    """A recording, as fast as it is asked for; nothing is dropped."""

    def __init__(self, source: FrameSource, wanted: Wanted) -> None:
        self._source, self._wanted = source, wanted

    def take(self, wait_s: float) -> Taken | None:  # noqa: ARG002 - a recording never keeps anybody waiting
        """The next wanted frame, or the end."""
        try:
            return self._source.read(self._wanted) or Ended()
        except ProblemError as failed:
            return Ended(problem=failed.problem)

    def close(self) -> None:
        """Let go of the source."""
        self._source.close()


class Viewer(Protocol):
    """Who looks at a camera's frames, asked by the thread that reads them."""

    def due(self, at_us: int) -> bool:
        """Whether a frame captured now should be looked at."""
        ...

    def begin(self, at_us: int) -> bool:
        """Whether it can be looked at now; if so, its picture is made. Only asked while the viewer takes."""
        ...

    def give_up(self) -> None:
        """What was begun did not give a picture."""
        ...


class LiveFeed:
    """A camera: opened, read, and opened again for ever.

    A picture is made of a frame only when somebody waits for it and can look at it at once. So none is ever old, and
    none lies in memory in the meantime: it has six megabytes at 1080p. Who looks too late sees a later frame.
    """

    def __init__(
        self, camera: str, open_source: Open, viewer: Viewer, *, retry_first_s: float = _RETRY_FIRST_S
    ) -> None:
        """Begin to read; a camera that gave frames and was lost is opened again after `retry_first_s`."""
        self._retry_first_s = retry_first_s
        self._camera, self._open, self._viewer = camera, open_source, viewer
        self._waiting: deque[Taken] = deque()
        self._taking = self._begun = False
        self._change = threading.Condition()
        self._stop = threading.Event()
        self._heard_ns = time.monotonic_ns()
        self._stalled = False
        self._waited_s: float | None = None
        """What the reading thread had waited for a processor when it began to be quiet."""
        self._thread = threading.Thread(target=self._run, name=f"feed-{camera}", daemon=True)
        self._thread.start()

    def take(self, wait_s: float) -> Taken | None:
        """The next frame, loss or end; None after `wait_s`. Raises `StuckError`."""
        with self._change:
            self._taking = True
            self._change.notify_all()
            arrived = self._change.wait_for(lambda: self._waiting, timeout=wait_s)
            self._taking = False
            if arrived:
                return self._waiting.popleft()
        if not self._thread.is_alive():
            raise StuckError("the reading thread has died")
        return self._check_stall()

    def close(self) -> None:
        """Stop reading; a read in progress is left to end by itself."""
        self._stop.set()
        self._thread.join(timeout=1.0)

    def _check_stall(self) -> Lost | None:
        silent_s = (time.monotonic_ns() - self._heard_ns) / 1e9
        if silent_s > _QUIET_S:
            silent_s -= self._starved_s()
        if silent_s > _STUCK_S:
            raise StuckError(f"no frame and no error for {silent_s:.0f} s")
        if silent_s <= _STALL_S or self._stalled:
            return None
        self._stalled = True
        return self._lost(f"no frame for {silent_s:.0f} s")

    def _starved_s(self) -> float:
        """How long, of the time that nothing was heard, who reads would have gone on if the processor had been free."""
        waited = waited_s(os.getpid(), self._thread.native_id)
        if self._waited_s is None:
            self._waited_s = waited
        return waited - self._waited_s

    def _run(self) -> None:
        retry_s = self._retry_first_s
        while not self._stop.is_set():
            heard_before_ns = self._heard_ns
            try:
                with closing(self._open()) as source:
                    ended = self._pump(source)
                self._give_up()
                self._put(ended)
                return
            except SourceLostError as lost:
                self._give_up()
                self._put(self._lost(str(lost)))
            except ProblemError as failed:
                self._put(Lost(problem=failed.problem))
            heard = self._heard_ns != heard_before_ns
            retry_s = self._retry_first_s if heard else min(_RETRY_LAST_S, retry_s * 2)
            self._stop.wait(retry_s)
            self._heard_ns = time.monotonic_ns()

    def _pump(self, source: FrameSource) -> Ended:
        while not self._stop.is_set():
            try:
                frame = source.read(self._hear)
            except ProblemError as failed:
                return Ended(problem=failed.problem)
            if frame is None:
                break
            self._begun = False
            self._put(frame)
            del frame  # it would be held until the next one is there
        return Ended()

    def _hear(self, at_us: int) -> bool:
        now_ns = time.monotonic_ns()
        gap_s, self._heard_ns = (now_ns - self._heard_ns) / 1e9, now_ns
        self._stalled, self._waited_s = False, None
        self._give_up()
        patience_s = min(_PATIENCE_MOST_S, max(_PATIENCE_S, _PATIENCE_SHARE * gap_s))
        return self._stop.is_set() or (self._viewer.due(at_us) and self._can_begin(at_us, patience_s))

    def _can_begin(self, at_us: int, patience_s: float) -> bool:
        """Whether somebody looks at it, now or after a little patience."""
        until_s = time.monotonic() + patience_s
        with self._change:
            if not self._change.wait_for(self._is_awaited, timeout=patience_s):
                return False
        # Nobody else puts anything, so that it stays true: who takes waits, or will find the frame when it is back.
        while not self._viewer.begin(at_us):
            if time.monotonic() >= until_s:
                return False
            self._stop.wait(LOOK_AGAIN_S)
        self._begun = True
        return True

    def _give_up(self) -> None:
        """Of a frame that was to be looked at, no picture could be made."""
        if self._begun:
            self._begun = False
            self._viewer.give_up()

    def _is_awaited(self) -> bool:
        return self._taking and not self._waiting

    def _put(self, taken: Taken) -> None:
        with self._change:
            self._waiting.append(taken)
            self._change.notify_all()

    def _lost(self, reason: str) -> Lost:
        return Lost(problem=ProblemError("camera-stalled", camera=self._camera, reason=reason).problem)
