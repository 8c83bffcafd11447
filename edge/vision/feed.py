# SPDX-License-Identifier: Apache-2.0
"""Frames for the pipeline: live ones are read by a thread, so that a slow detector never sees a stale picture."""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing

from edge.contract.problems import ProblemError
from edge.vision.lines import Ended, Lost
from edge.vision.source import Frame, FrameSource, SourceLostError, Wanted

Taken = Frame | Lost | Ended
Open = Callable[[], FrameSource]

_STALL_S = 4.5
"""More than FFmpeg waits by itself, and with a quarter of a second until it is looked at less than five."""
_STUCK_S = 20.0
"""FFmpeg gives up after 4 s, a video device after 10. Who still hangs then cannot be ended but with the process."""
_RETRY_FIRST_S, _RETRY_LAST_S = 0.5, 1.5
"""Opening takes its time as well, and three seconds after its return a camera must be seen."""


class StuckError(Exception):
    """The decoder neither gives a frame nor an error, and no thread can be stopped: the process must end."""


class RecordedFeed:
    """A recording, as fast as it is asked for; nothing is dropped."""

    dropped = 0

    def __init__(self, source: FrameSource, wanted: Wanted) -> None:
        self._source, self._wanted = source, wanted

    def ready(self, wait_s: float) -> bool:  # noqa: ARG002 - a recording never keeps anybody waiting
        """At once."""
        return True

    def take(self, wait_s: float) -> Taken | None:  # noqa: ARG002 - the same
        """The next wanted frame, or the end."""
        try:
            return self._source.read(self._wanted) or Ended()
        except ProblemError as failed:
            return Ended(problem=failed.problem)

    def close(self) -> None:
        """Let go of the source."""
        self._source.close()


class LiveFeed:
    """A camera: opened, read, and opened again for ever. Frames nobody takes in time are dropped, oldest first."""

    def __init__(
        self, camera: str, open_source: Open, wanted: Wanted, *, retry_first_s: float = _RETRY_FIRST_S
    ) -> None:
        """Begin to read; a camera that gave frames and was lost is opened again after `retry_first_s`."""
        self.dropped = 0
        self._retry_first_s = retry_first_s
        self._camera, self._open, self._wanted = camera, open_source, wanted
        self._waiting: deque[Taken] = deque()
        self._arrival = threading.Condition()
        self._stop = threading.Event()
        self._heard_ns = time.monotonic_ns()
        self._stalled = False
        self._thread = threading.Thread(target=self._run, name=f"feed-{camera}", daemon=True)
        self._thread.start()

    def ready(self, wait_s: float) -> bool:
        """Whether there is something to take, now or within `wait_s`."""
        with self._arrival:
            return bool(self._arrival.wait_for(lambda: self._waiting, timeout=wait_s))

    def take(self, wait_s: float) -> Taken | None:
        """The next frame, loss or end; None after `wait_s`. Raises `StuckError`."""
        with self._arrival:
            if self.ready(wait_s):
                return self._waiting.popleft()
        if not self._thread.is_alive():
            raise StuckError("the reading thread has died")
        return self._check_stall((time.monotonic_ns() - self._heard_ns) / 1e9)

    def close(self) -> None:
        """Stop reading; a read in progress is left to end by itself."""
        self._stop.set()
        self._thread.join(timeout=1.0)

    def _check_stall(self, silent_s: float) -> Lost | None:
        if silent_s > _STUCK_S:
            raise StuckError(f"no frame and no error for {silent_s:.0f} s")
        if silent_s <= _STALL_S or self._stalled:
            return None
        self._stalled = True
        return self._lost(f"no frame for {silent_s:.0f} s")

    def _run(self) -> None:
        retry_s = self._retry_first_s
        while not self._stop.is_set():
            heard_before_ns = self._heard_ns
            try:
                with closing(self._open()) as source:
                    self._put(self._pump(source))
                return
            except SourceLostError as lost:
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
            self._put(frame)
            del frame  # six megabytes, which would be held until the next one is there
        return Ended()

    def _hear(self, at_us: int) -> bool:
        self._heard_ns = time.monotonic_ns()
        self._stalled = False
        if self._stop.is_set():
            return True
        if not self._wanted(at_us):
            return False
        self._drop_stale()
        return True

    def _drop_stale(self) -> None:
        """One frame waits at most, and goes before a newer one is made a picture of: eight megabytes for each camera.

        A second would be late before it is looked at.
        """
        with self._arrival:
            stale = [one for one in self._waiting if isinstance(one, Frame)]
            for one in stale:
                self._waiting.remove(one)
            self.dropped += len(stale)

    def _put(self, taken: Taken) -> None:
        with self._arrival:
            self._waiting.append(taken)
            self._arrival.notify()

    def _lost(self, reason: str) -> Lost:
        return Lost(problem=ProblemError("camera-stalled", camera=self._camera, reason=reason).problem)
