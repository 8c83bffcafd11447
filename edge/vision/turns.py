# SPDX-License-Identifier: Apache-2.0
"""Who may look now: as many workers at once as there are processors, since more only hold more memory.

A turn is the lock of one byte in a file that is nowhere but in memory. Such a lock belongs to the process: workers
share the file and not the lock, and the kernel gives it back however its holder ends.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_PATIENCE_S = 1.5
"""A turn takes some 20 ms, on a machine that is busy otherwise ten times that. Who holds one for longer hangs."""
_LEAST = 2
"""Even with one processor: a neighbour that hangs in one of them must not stop all others."""
LOOK_AGAIN_S = 0.002


class Turns(Protocol):
    """Where a worker asks before it does what needs much memory. For one thread at a time."""

    def take(self) -> bool:
        """Begin a turn if one is free; who has one keeps it. Who has asked in vain for too long goes on without."""
        ...

    def give_back(self) -> None:
        """End it, if there is one."""
        ...


class SharedTurns:
    """Turns of all processes that are forked from the one that makes this."""

    def __init__(self, at_once: int | None = None, patience_s: float = _PATIENCE_S) -> None:
        """So many `at_once`, else as many as there are processors for us."""
        self._places = range(at_once or max(_LEAST, len(os.sched_getaffinity(0))))
        self._patience_s = patience_s
        self._file = os.memfd_create("turns")
        self._inside = False
        self._place: int | None = None
        self._asked_s: float | None = None
        """Since when there has been none."""

    def take(self) -> bool:
        """Whether a turn has begun, now or before, or has been waited for long enough."""
        if not self._inside:
            self._place = self._free()
            self._inside = self._place is not None or self._has_waited_long()
        return self._inside

    def give_back(self) -> None:
        """End the turn."""
        self._asked_s, self._inside = None, False
        if self._place is not None:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self._place)
            self._place = None

    def _has_waited_long(self) -> bool:
        now_s = time.monotonic()
        self._asked_s = now_s if self._asked_s is None else self._asked_s
        return now_s - self._asked_s >= self._patience_s

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

    def take(self) -> bool:
        """At once."""
        return True

    def give_back(self) -> None:
        """Nothing was taken."""


@contextmanager
def turn(turns: Turns) -> Iterator[None]:
    """Wait for a turn, if it has not begun already, and end it with the block."""
    # Asked again and again: the kernel would wait for one place only, and for as long as it takes.
    while not turns.take():
        time.sleep(LOOK_AGAIN_S)
    try:
        yield
    finally:
        turns.give_back()
