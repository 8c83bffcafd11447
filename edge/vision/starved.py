# SPDX-License-Identifier: Apache-2.0
"""How long a process was kept from the processors, as the kernel counts it: who is silent for that does not hang."""

from contextlib import suppress
from pathlib import Path

_WAITED_NS = 1
"""Of `schedstat`: nanoseconds run, nanoseconds ready to run and waiting, turns (proc(5))."""


def waited_s(pid: int) -> float:
    """Seconds that the threads of a process have been ready to run while others ran; 0 where nobody counts that."""
    waited_ns = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError, ValueError, IndexError):  # it has just ended
            waited_ns += int(thread.read_text("ascii").split()[_WAITED_NS])
    return waited_ns / 1e9
