# SPDX-License-Identifier: Apache-2.0
"""One process for one folder: a lock that the system lets go when its holder ends, however that happens."""

import fcntl
import os
from pathlib import Path

from edge.contract.problems import ProblemError


def hold(folder: Path, name: str, *, shared: bool = False) -> int:
    """Hold `folder`/`name` until the handle is closed; `shared` with others that share it.

    Raises `ProblemError` hub-folder-busy when another has it.
    """
    lock = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError as wrong:
        os.close(lock)
        raise ProblemError("hub-folder-busy", folder=str(folder)) from wrong
    return lock
