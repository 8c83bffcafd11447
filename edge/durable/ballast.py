# SPDX-License-Identifier: Apache-2.0
"""Room kept back on the disk, so that a full one can still be emptied.

To delete a row SQLite must write, so on a disk without one free block not even the hub's acknowledgements could be
taken in, and nothing would ever get better (docs/decisions/0009). The file is given up for that purpose alone, and
made again as soon as there is room.
"""

import contextlib
import os
from pathlib import Path
from typing import Final

BALLAST_BYTES: Final = 8 * 1024 * 1024
"""A checkpoint of the write-ahead log (4 MiB) and the acknowledgements that lead to it fit in with room to spare."""
_FILE = "store.ballast"


class Ballast:
    """The file beside the store. While it is not `whole`, what frees room goes first."""

    def __init__(self, folder: Path, size: int) -> None:
        """Make the file of `size` bytes unless it is there or there is no room; 0 keeps nothing back."""
        self._path = folder / _FILE
        self._size = size
        self.whole = size == 0
        self.restore()

    def restore(self) -> None:
        """Make the file again if half as much again as its size is free. A disk that fails leaves it as it is."""
        if not self.whole:
            with contextlib.suppress(OSError):
                self.whole = self._there() or self._made()

    def give_up(self) -> bool:
        """Let the room go. False if it was gone already, or the disk does not let it go."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            had = False
        except OSError:
            return False
        else:
            had = True
        self.whole = self._size == 0
        return had

    def _there(self) -> bool:
        return self._path.exists() and self._path.stat().st_size >= self._size

    def _made(self) -> bool:
        disk = os.statvfs(self._path.parent)
        if disk.f_bavail * disk.f_frsize * 2 < 3 * self._size:
            return False
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(fd, 0, self._size)
        except OSError:
            self._path.unlink()
            return False
        finally:
            os.close(fd)
        return True
