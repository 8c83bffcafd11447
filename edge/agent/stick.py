# SPDX-License-Identifier: Apache-2.0
"""One file on a medium that may be full, worn or pulled out: it gets its name when it is whole and read back, or never.

What the medium says is named for the technician who stands before it.
"""

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from edge.contract.problems import ProblemError
from edge.disk import synced

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_BYTES: Final = 1024 * 1024
_FLUSH_BYTES: Final = 8 * 1024 * 1024
"""Written through to the medium so often, so that the bar tells of the stick and not of this machine's memory."""


class HashedFile:
    """A file being written whose content is hashed on the way, and put on the medium bit by bit."""

    def __init__(self, file: BinaryIO) -> None:
        """Write to `file`."""
        self._file = file
        self._hash = hashlib.sha256()
        self._unsynced = 0
        self.size = 0

    @property
    def digest(self) -> str:
        """SHA-256 of all that was written."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> int:
        """Write all of `data`."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)
        self._unsynced += len(data)
        if self._unsynced >= _FLUSH_BYTES:
            self.sync()
        return len(data)

    def sync(self) -> None:
        """Put what was written on the medium."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._unsynced = 0


@contextlib.contextmanager
def named_when_whole(target: Path) -> Iterator[HashedFile]:
    """A file that is called `target` once the block has ended well and it reads back as it was written.

    Raises `ProblemError` export-there, export-no-room, export-too-large, export-stick-gone or export-read-back.
    """
    part = target.with_name(f"{target.name}.part")
    with _told(target):
        if target.exists():
            raise ProblemError("export-there", path=str(target))
        try:
            with part.open("wb") as file:
                hashed = HashedFile(file)
                yield hashed
                hashed.sync()
            _read_back(part, hashed.digest, target)
            part.rename(target)
            synced(target.parent)
        except BaseException:
            # Where the stick is gone there is nothing to remove.
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise


def check_room(folder: Path, least: int) -> None:
    """Raise `ProblemError` export-no-room if `least` bytes do not fit, before anything is written."""
    with _told(folder):
        if _free(folder) < least:
            raise ProblemError("export-no-room", path=str(folder), free=_free(folder))


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as failed:
        folder = path if path.is_dir() else path.parent
        if failed.errno in _FULL:
            raise ProblemError("export-no-room", path=str(folder), free=_free(folder)) from failed
        if failed.errno == errno.EFBIG:
            raise ProblemError("export-too-large", path=str(folder)) from failed
        raise ProblemError("export-stick-gone", path=str(folder), reason=failed.strerror or str(failed)) from failed


def _read_back(part: Path, digest: str, target: Path) -> None:
    with part.open("rb") as file:
        # Out of this machine's memory: it is the medium that shall answer.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        read = hashlib.sha256()
        for piece in iter(partial(file.read, _READ_BYTES), b""):
            read.update(piece)
    if read.hexdigest() != digest:
        raise ProblemError("export-read-back", path=str(target))


def _free(folder: Path) -> int:
    with contextlib.suppress(OSError):
        disk = os.statvfs(folder)
        return disk.f_bavail * disk.f_frsize
    return 0
