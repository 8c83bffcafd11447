# SPDX-License-Identifier: Apache-2.0
"""Files that hold keys: never half written, never open to more eyes than they are meant for."""

import os
from pathlib import Path


def write_new(path: Path, pem: bytes, mode: int) -> None:
    """Write a file that is not there yet, down to the disk. Raises `FileExistsError` where it is."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
