# SPDX-License-Identifier: Apache-2.0
"""A process under strace: its calls counted, or one of them hit by a signal or an error of our choice.

strace counts for each thread and each call by itself: `when=3` of `fsync` is the third of whichever thread gets there
first. A signal strikes before the call is carried out, and so does an error: the call is not carried out at all.
"""

import functools
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.faults.forked import Forked

WRITING: Final = ("pwrite64", "write", "fsync", "fdatasync", "rename", "link", "unlink", "ftruncate", "fallocate")
"""Calls by which a store changes what is on its disk; `?` before a name lets kernels without it pass."""
_CALL: Final = re.compile(r"^(\d+)\s+(\w+)\(")
_WITHIN_S: Final = 200.0


@functools.cache
def why_no_strace() -> str:
    """Why nothing can be traced here; empty if it can."""
    if not shutil.which("strace"):
        return "there is no strace (Debian package strace)"
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return f"nothing may be traced here: {tried.stderr.strip()}" if tried.returncode else ""


@contextmanager
def traced(process: Forked, out: Path, inject: str = "") -> Iterator[None]:
    """Let a process go under strace once it is held, with its threads and children; at the end both have ended."""
    assert process.held(), "ended before it was held"
    calls = ",".join(f"?{name}" for name in WRITING)
    faults = ["-e", f"inject={inject}"] if inject else []
    command = ["strace", "-f", "-e", f"trace={calls}", *faults, "-o", str(out), "-p", str(process.pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        assert "attached" in said, said
        try:
            process.go()
            yield
        finally:
            if process.running:
                process.kill()
            tracer.wait(_WITHIN_S)


def counted(out: Path) -> Counter[str]:
    """How often each call was made by the thread that made it most, from what `traced` wrote: its points."""
    by_thread = Counter(found.groups() for line in out.read_text().splitlines() if (found := _CALL.match(line)))
    most: Counter[str] = Counter()
    for (_, call), times in by_thread.items():
        most[call] = max(most[call], times)
    return most
