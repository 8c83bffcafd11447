# SPDX-License-Identifier: Apache-2.0
"""How long somebody was kept from the processors, as the kernel counts it: who is silent for that does not hang."""

from contextlib import suppress
from pathlib import Path

_WAITED_NS = 1
"""Of `schedstat`: nanoseconds run, nanoseconds ready to run and waiting, turns (proc(5))."""


def waited_s(pid: int, thread: int | None = None) -> float:
    """Seconds that a process has been ready to run while others ran; 0 where nobody counts that.

    Those of one `thread`, by its native number, or of all together.
    """
    waited_ns = 0
    for counts in Path(f"/proc/{pid}/task").glob(f"{'*' if thread is None else thread}/schedstat"):
        with suppress(OSError, ValueError, IndexError):  # it has just ended
            waited_ns += int(counts.read_text("ascii").split()[_WAITED_NS])
    return waited_ns / 1e9
