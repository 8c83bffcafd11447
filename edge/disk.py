# SPDX-License-Identifier: Apache-2.0
"""What is on disk to stay: the one word to the kernel that a power cut must not take this back."""

import os
from pathlib import Path


def synced(path: Path) -> None:
    """Make what a file holds, or the names that were given and taken in a folder, survive a power cut."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
