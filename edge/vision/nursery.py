# SPDX-License-Identifier: Apache-2.0
"""The process that has loaded everything once and forks a vision worker for each camera (docs/decisions/0021).

It decodes nothing, so there is little in it that could crash, and it has no second thread that a fork would lose.
Standard input is a socket: each message is one birth and carries two descriptors, the worker's line and where to tell
its fate. The fate hears first the worker's number, with a descriptor of the process, and at the end how it ended. When
the agent goes, the nursery goes, and with it its workers.
"""

import gc
import os
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import cv2
import numpy as np
from pydantic import TypeAdapter

from edge.config.models import Detector
from edge.vision import worker
from edge.vision.detectors.build import prepare_detector
from edge.vision.gate import Gate
from edge.vision.turns import SharedTurns

_FIRST_BYTES = 64 * 1024
_FDS = 2
_DETECTORS: TypeAdapter[list[Detector]] = TypeAdapter(list[Detector])


@dataclass(frozen=True, slots=True)
class _Born:
    """A worker, and whom to tell how it ended."""

    pid: int
    pidfd: int
    fate: socket.socket


def main(models: Sequence[str]) -> NoReturn:
    """Load what workers need, then fork them until the agent is gone. `models` are the config's.

    What detectors there will be is the first message.
    """
    worker.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Before anything large is loaded: what that left behind in the heap would be filled with frames by every worker.
    worker.spare_memory()
    door = socket.socket(fileno=os.dup(0))
    for detector in _DETECTORS.validate_json(door.recv(_FIRST_BYTES)):
        prepare_detector(detector, [Path(model) for model in models])
    _look_around()
    # What is there now stays for ever: a collection in a worker would write to every page that is shared.
    gc.collect()
    gc.freeze()
    worker.give_back_memory()
    _serve(door)
    os._exit(0)


def _look_around() -> None:
    """OpenCV makes what it needs when it is first used; made here, 6 MiB of it are shared by all workers."""
    cv2.setNumThreads(1)
    gate = Gate()
    for number in range(3):
        gate.opens(1 + number * 3_000_000, np.full((1080, 1920, 3), number * 90, np.uint8), held=False)


def _serve(door: socket.socket) -> None:
    turns = SharedTurns()
    with selectors.DefaultSelector() as waiting:
        waiting.register(door, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if isinstance(key.data, _Born):
                    waiting.unregister(key.fd)
                    _tell_end(key.data)
                    continue
                message, fds, _, _ = socket.recv_fds(door, 1, _FDS)
                if not message:
                    return
                born = _bear(waiting, turns, *fds)
                waiting.register(born.pidfd, selectors.EVENT_READ, born)


def _bear(waiting: selectors.BaseSelector, turns: SharedTurns, line: int, fate: int) -> _Born:
    nursery = os.getpid()
    pid = os.fork()
    if not pid:
        _live(waiting, turns, (line, fate), nursery)
    os.close(line)
    born = _Born(pid, os.pidfd_open(pid), socket.socket(fileno=fate))
    _say(born, str(pid), [born.pidfd])
    return born


def _live(waiting: selectors.BaseSelector, turns: SharedTurns, ends: tuple[int, int], nursery: int) -> NoReturn:
    """Be a worker: nothing of the nursery or of the other workers may stay open, or their ends would not be noticed."""
    code, (line, fate) = 1, ends
    try:
        for key in list(waiting.get_map().values()):
            if isinstance(key.data, _Born):
                key.data.fate.close()
            os.close(key.fd)
        os.close(fate)
        os.dup2(line, 0)
        os.dup2(line, 1)
        os.close(line)
        worker.die_with_parent()
        # Who was orphaned before it could ask for that would live for ever.
        if os.getppid() == nursery:
            code = worker.main(turns)
    finally:
        # Whatever it is ends this worker here: it must not run on as a second nursery.
        if (wrong := sys.exception()) is not None:
            sys.excepthook(type(wrong), wrong, wrong.__traceback__)
        sys.stderr.flush()
        os._exit(code)


def _tell_end(born: _Born) -> None:
    _, status = os.waitpid(born.pid, 0)
    os.close(born.pidfd)
    _say(born, str(os.waitstatus_to_exitcode(status)), [])
    born.fate.close()


def _say(born: _Born, text: str, fds: list[int]) -> None:
    with suppress(OSError):  # the agent may no longer want to know
        socket.send_fds(born.fate, [text.encode()], fds)


if __name__ == "__main__":
    main(sys.argv[1:])
