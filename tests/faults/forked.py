# SPDX-License-Identifier: Apache-2.0
"""A play in a process of its own, forked from one that has already imported what plays need, and held until let go.

The play itself says where it is held, by calling the function it is given: once, at its beginning or later.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Final

_FORKING: Final = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.faults.store_scripts", "tests.faults.short_plays"])
_WITHIN_S: Final = 300.0
_ONE_LOOKS: Final = threading.Lock()
"""Whoever starts a process looks after all others, and an exit status can be read once only."""


class Forked:
    """`play(hold, *arguments)` in a process that waits for `go` in `hold`. What it says on stderr goes to `log`."""

    def __init__(self, log: Path, play: Callable[..., None], *arguments: object) -> None:
        """Fork."""
        self._gate, theirs = _FORKING.Pipe()
        self._process = _FORKING.Process(target=_hold, args=(theirs, log, play, arguments), daemon=True)
        with _ONE_LOOKS:
            self._process.start()
        theirs.close()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def held(self) -> bool:
        """Wait until the play holds still to be let go; False if it ended before it came to that."""
        try:
            return bool(self._gate.recv_bytes())
        except EOFError:
            return False

    def go(self) -> None:
        """Let it go on."""
        self._gate.send_bytes(b"go")
        self._gate.close()

    def stop_still(self) -> None:
        """SIGSTOP, returning when no thread of it runs any more. Nothing happens to one that has ended."""
        if not self.running:
            return
        os.kill(self.pid, signal.SIGSTOP)
        until = time.monotonic() + _WITHIN_S
        while any(state not in "TZX" for state in self._states()):
            assert time.monotonic() < until, "does not stop"

    def go_on(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def wait(self) -> int:
        """The exit status, negative for a signal; killed if it takes too long."""
        if not self._ended(_WITHIN_S):
            self.kill()
        with _ONE_LOOKS:
            exitcode = self._process.exitcode
        assert exitcode is not None
        return exitcode

    def kill(self) -> None:
        """SIGKILL, and wait."""
        with _ONE_LOOKS:
            self._process.kill()
        assert self._ended(_WITHIN_S)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return not self._ended(0.0)

    def _ended(self, within_s: float) -> bool:
        return bool(wait([self._process.sentinel], within_s))

    def _states(self) -> list[str]:
        states = []
        for task in Path(f"/proc/{self.pid}/task").glob("*/stat"):
            try:
                states.append(task.read_text().rpartition(")")[2].split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
        return states


def _hold(gate: Connection, log: Path, play: Callable[..., None], arguments: tuple[object, ...]) -> None:
    fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(fd, 2)
    os.close(fd)
    sys.dont_write_bytecode = True

    def hold() -> None:
        gate.send_bytes(b"held")
        gate.recv_bytes()

    play(hold, *arguments)
