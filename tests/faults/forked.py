# SPDX-License-Identifier: Apache-2.0
"""A play in a process of its own, forked from one that has already imported what plays need, and held until let go."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

_FORKING: Final = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.faults.store_scripts"])
_WITHIN_S: Final = 120.0


class Forked:
    """`play(*arguments)` in a process that waits for `go`. What it says on stderr goes to `log`."""

    def __init__(self, log: Path, play: Callable[..., None], *arguments: object) -> None:
        """Fork."""
        theirs, self._gate = _FORKING.Pipe(duplex=False)
        self._process = _FORKING.Process(target=_hold, args=(theirs, log, play, arguments), daemon=True)
        self._process.start()
        theirs.close()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def go(self) -> None:
        """Let it begin."""
        self._gate.send_bytes(b"go")
        self._gate.close()

    def stop_still(self) -> None:
        """SIGSTOP, returning when no thread of it runs any more. Nothing happens to one that has ended."""
        if self._process.exitcode is not None:
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
        self._process.join(_WITHIN_S)
        if self._process.exitcode is None:
            self.kill()
        exitcode = self._process.exitcode
        self._process.close()
        assert exitcode is not None
        return exitcode

    def kill(self) -> None:
        """SIGKILL, and wait."""
        self._process.kill()
        self._process.join()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.exitcode is None

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
    gate.recv_bytes()
    gate.close()
    play(*arguments)
