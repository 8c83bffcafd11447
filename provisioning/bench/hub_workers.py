# SPDX-License-Identifier: Apache-2.0
"""The parent of several workers: starts them, starts the dead ones again, and ends with them."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioning.bench.child import Child

READY: Final = "hub.ready"
"""A file in the hub's folder that is there while the hub listens."""
_LOOK_S: Final = 0.05
_AGAIN_FIRST_S: Final = 0.1
_AGAIN_MOST_S: Final = 5.0


@dataclass(slots=True)
class Ending:
    """Whether somebody asked the process to stop."""

    asked: bool = False

    def ask(self, *_: object) -> None:
        """As a signal handler."""
        self.asked = True


def mark_of(folder: Path, worker: int | None) -> Path:
    """The file that is there while a worker hears its part; with None, while the whole hub does."""
    return folder / READY if worker is None else folder / f"hub-{worker}.ready"


def pid_file(folder: Path, worker: int) -> Path:
    """Where the parent writes down the process of a worker."""
    return folder / f"hub-{worker}.pid"


class _Post:
    """One worker's post, manned again when it falls empty."""

    def __init__(self, arguments: Sequence[str], folder: Path, worker: int) -> None:
        self._command = [sys.executable, "-P", "-m", "provisioning.bench.hub", *arguments, "--worker", str(worker)]
        self._folder, self._worker = folder, worker
        self._child: Child | None = None
        self._heard = False
        """Whether this one has come so far as to hear its part: then its successor is started at once."""
        self._again_at_s = float("-inf")
        self._again_s = _AGAIN_FIRST_S

    @property
    def ready(self) -> bool:
        ready = self._child is not None and self._child.running and mark_of(self._folder, self._worker).exists()
        self._heard = self._heard or ready
        return ready

    def man(self, now_s: float) -> None:
        if self._child is not None and not self._child.running:
            sys.stderr.write(f"hub: worker {self._worker} ended with {self._child.exit_code}\n")
            mark_of(self._folder, self._worker).unlink(missing_ok=True)
            self._child = None
            self._again_s = _AGAIN_FIRST_S if self._heard else min(_AGAIN_MOST_S, self._again_s * 2)
            self._again_at_s = now_s + (0.0 if self._heard else self._again_s)
        if self._child is None and now_s >= self._again_at_s:
            self._child = Child(f"hub worker {self._worker}", self._command, self._folder / f"hub-{self._worker}.log")
            self._heard = False
            _note(pid_file(self._folder, self._worker), self._child.pid)

    def leave(self) -> None:
        if self._child:
            self._child.stop()
        pid_file(self._folder, self._worker).unlink(missing_ok=True)
        mark_of(self._folder, self._worker).unlink(missing_ok=True)


def _note(file: Path, pid: int) -> None:
    """Whole or not at all: somebody may be reading it."""
    beside = file.with_suffix(".new")
    beside.write_text(f"{pid}\n", "ascii")
    beside.replace(file)


def supervise(arguments: Sequence[str], folder: Path, workers: int, ending: Ending) -> int:
    """Keep all workers running until asked to end. They die with this process, however it ends."""
    posts = [_Post(arguments, folder, worker) for worker in range(workers)]
    ready = mark_of(folder, None)
    try:
        while not ending.asked:
            for post in posts:
                post.man(time.monotonic())
            missing = [post for post in posts if not post.ready]
            if (not missing) != ready.exists():
                ready.unlink() if ready.exists() else ready.touch()
            time.sleep(_LOOK_S)
    finally:
        for post in posts:
            post.leave()
        ready.unlink(missing_ok=True)
    return 0
