# SPDX-License-Identifier: Apache-2.0
"""The child process that sees for one camera: settings in as one line of JSON, lines out, nothing else on either.

It has no life of its own: it ends with its agent, and whatever goes wrong beyond the expected ends it. The agent starts
it anew.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import cv2

from edge.config.models import Camera
from edge.contract.problems import ProblemError
from edge.vision.lines import MAX_LINE_BYTES, Ended, Line, Lost, Settings, encode
from edge.vision.observer import Observer
from edge.vision.sources.open import is_live
from edge.vision.turns import Turns

_PR_SET_PDEATHSIG = 1
_NICENESS = 5
"""Facts before pictures: under load the agent's commits and acks go first."""
_EXIT_PROBLEM = 1
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_ALLOCATOR = {_M_ARENA_MAX: 1, _M_MMAP_THRESHOLD: 128 * 1024, _M_TRIM_THRESHOLD: 256 * 1024}


def main(turns: Turns | None = None) -> int:
    """Watch until the recording ends or the agent does; `turns` are those of the workers beside it."""
    die_with_parent()
    # Ctrl-C in a terminal reaches the whole group; the agent ends its worker in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    spare_memory()
    out = _claim_stdout()
    settings = Settings.model_validate_json(sys.stdin.buffer.readline(MAX_LINE_BYTES))
    cv2.setNumThreads(1)
    return _watch(settings, turns, lambda line: _say(out, line))


def _watch(settings: Settings, turns: Turns | None, say: Callable[[Line], None]) -> int:
    camera = Camera.model_validate(settings.camera)
    try:
        observer = Observer(camera, Path(settings.ring), tuple(map(Path, settings.models)), settings.errands, turns)
    except ProblemError as failed:
        # A camera may answer later, and a model may be installed; a recording does not mend itself.
        say(Lost(problem=failed.problem) if is_live(camera) else Ended(problem=failed.problem))
        return _EXIT_PROBLEM
    give_back_memory()
    with closing(observer):
        for line in observer.lines():
            say(line)
    return 0


def die_with_parent() -> None:
    """Have the kernel kill us with the agent: even when hung in native code, where no thread of ours would notice."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def spare_memory() -> None:
    """Frames and activations are mapped and given back at once, by both threads alike.

    Left alone, the allocator learns to keep them, up to 40 MiB for each camera.
    """
    libc = ctypes.CDLL(None)
    for parameter, value in _ALLOCATOR.items():
        libc.mallopt(parameter, value)


def give_back_memory() -> None:
    """What opening a model or importing has left over goes back to the system."""
    ctypes.CDLL(None).malloc_trim(0)


def _claim_stdout() -> BinaryIO:
    """Standard output for lines alone: what libraries print goes to standard error from now on."""
    ours = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(ours, "wb", buffering=0)


def _say(out: BinaryIO, line: Line) -> None:
    rest = memoryview(encode(line))
    while rest:
        rest = rest[out.write(rest) :]


if __name__ == "__main__":
    # The reading thread may be deep in the decoder, and waiting for it could take for ever.
    code = main()
    sys.stderr.flush()
    os._exit(code)
