# SPDX-License-Identifier: Apache-2.0
"""Child processes that never outlive the bench: the kernel ends them when the thread that started them ends."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from edge.contract.problems import ProblemError

_PR_SET_PDEATHSIG = 1
_LOOK_AGAIN_S = 0.02
_LIBC = ctypes.CDLL(None)


class Child:
    """One running process with its log file. Start it from a thread that lives as long as the process shall."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start `command`; what it says goes to the end of `log`."""
        self.name = name
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,  # Ctrl-C reaches the bench alone, which then stops its children in order
                preexec_fn=_die_with_parent,  # noqa: PLW1509  one system call, no locks, nothing allocated
            )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    def wait_until(self, ready: Callable[[], bool], within_s: float) -> None:
        """Return once `ready()`. Raises `ProblemError` bench-child-ended, or bench-child-silent after killing it."""
        deadline = time.monotonic() + within_s
        while not ready():
            if not self.running:
                raise ProblemError("bench-child-ended", name=self.name, exit_code=self.exit_code, log=str(self._log))
            if time.monotonic() > deadline:
                self.kill()
                raise ProblemError("bench-child-silent", name=self.name, wait_s=within_s, log=str(self._log))
            time.sleep(_LOOK_AGAIN_S)

    def stop(self, within_s: float = 5.0) -> None:
        """End it politely, then by force. Calling it twice is harmless."""
        if self.running:
            self._process.terminate()
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL), and reap it."""
        if self.running:
            self._process.kill()
        self._process.wait()


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
