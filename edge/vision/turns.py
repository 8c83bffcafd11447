# SPDX-License-Identifier: Apache-2.0
"""Who may infer now: as many workers at once as there are processors, since more only hold more memory.

A turn is the lock of one byte in a file that is nowhere but in memory. Such a lock belongs to the process: workers
share the file and not the lock, and the kernel gives it back however its holder ends.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

_WAIT_S = 0.25
"""A turn takes some 20 ms. Who holds one for longer hangs, and the others go on without."""
_LOOK_AGAIN_S = 0.002


class Turns(Protocol):
    """Where a worker waits until it may do what needs much memory."""

    def turn(self) -> AbstractContextManager[bool]:
        """Wait for a turn and hold it inside; False if there was none in time, and it is done without."""
        ...


class SharedTurns:
    """Turns of all processes that are forked from the one that makes this."""

    def __init__(self, at_once: int | None = None, wait_s: float = _WAIT_S) -> None:
        """So many `at_once`, else as many as there are processors for us."""
        self._places = range(at_once or len(os.sched_getaffinity(0)))
        self._wait_s = wait_s
        self._file = os.memfd_create("turns")
        self._inside = False

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait for a turn and hold it inside; False if there was none in time. Who is inside already goes on."""
        if self._inside:
            yield True
            return
        place = self._wait()
        self._inside = place is not None
        try:
            yield self._inside
        finally:
            self._inside = False
            if place is not None:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)

    def _wait(self) -> int | None:
        until_s = time.monotonic() + self._wait_s
        # Looked for again and again: the kernel would wait for one place only, and for as long as it takes.
        while (place := self._free()) is None:
            if time.monotonic() >= until_s:
                return None
            time.sleep(_LOOK_AGAIN_S)
        return place

    def _free(self) -> int | None:
        for place in self._places:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            except (BlockingIOError, PermissionError):  # POSIX leaves open which
                continue
            return place
        return None


class NoTurns:
    """For who is alone."""

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """At once."""
        yield True
