# SPDX-License-Identifier: Apache-2.0
"""How much of the disk the store takes and may take, counted in bytes that an observer would count.

What must always be true here: what is counted is never less than what lies on the disk, and whoever adds to it has
claimed the room first. Counted are the database, its log, the file its readers share, and the folder of blobs; the
ballast and the lock files are not.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.contract.problems import ProblemError

PAGE: Final = 4096
"""Bytes of a database page, and of a block on all disks we know."""
UNLIMITED: Final = 1 << 62
_SPARE: Final = 256 * 1024
"""Left free on the disk for what nobody counts: folders, the agent's other files."""
_SHARED: Final = 32 * 1024
"""The file that readers share, for a log of up to 4,000 pages."""
_TRIES: Final = 5
_ANSWER_WITHIN_S: Final = 30.0


class Room:
    """The room of one store. The writer measures the database; whoever keeps blobs claims and settles."""

    def __init__(self, database: Path, blobs: Path, cap: int = UNLIMITED) -> None:
        """Count the blobs that are there."""
        self.cap = cap
        self.log_limit = min(max(cap // 32, 256 * 1024), 4 * 1024 * 1024)
        """The log is checkpointed at this length."""
        self.group_bytes = min(max(cap // 64, 128 * 1024), 2 * 1024 * 1024)
        """The most that one commit shall add to the log."""
        self.log_reserve = self.log_limit + 3 * self.group_bytes + _SHARED
        self.ask: Callable[[], None] = _nobody_makes_room
        """Called without waiting when somebody wants room that is not there."""
        self._database = database
        self._blobs = blobs
        self._changed = threading.Condition()
        self._pages_bytes = self._on_disk = self._log = 0
        self._promised = self._wanted = 0
        self._asked = self._served = 0
        self._folder = 0
        self.blob_bytes = 0
        """What the files in the folder take."""
        if self.limited:
            self.blob_bytes = sum(_taken(Path(file.path)) for file in os.scandir(blobs))

    @property
    def limited(self) -> bool:
        """Whether there is a cap at all."""
        return self.cap < UNLIMITED

    @property
    def used(self) -> int:
        """What is taken, or may be by what is under way."""
        database = max(self._pages_bytes, self._on_disk) + max(self._log, self.log_reserve)
        return database + self._folder + self.blob_bytes + self._promised

    @property
    def free(self) -> int:
        """What may still be taken; below 0 where too much is. A disk that others fill lets nothing grow."""
        return min(self.below_cap, self._disk_free())

    @property
    def below_cap(self) -> int:
        """What may still be taken before the cap is reached, whatever the disk has."""
        return self.cap - self.used

    @property
    def log_excess(self) -> int:
        """How much longer the log is than it should ever be: a reader keeps it from being begun anew."""
        return max(0, self._log - self.log_reserve)

    @property
    def log_is_long(self) -> bool:
        """Whether what one more commit may add could make it longer than it should ever be."""
        return self._log + 2 * self.group_bytes > self.log_reserve

    @property
    def disk_decides(self) -> bool:
        """Whether the disk, and not the cap, is what there is too little of."""
        return self._disk_free() < self.below_cap

    def measure(self, page_count: int) -> None:
        """Take note of the database as committed, and of what lies on the disk."""
        if self.limited:
            log = _taken(_beside(self._database, "-wal")) + _taken(_beside(self._database, "-shm"))
            database, folder = _taken(self._database), _taken(self._blobs)
            with self._changed:
                self._pages_bytes, self._on_disk, self._log, self._folder = page_count * PAGE, database, log, folder

    def claim_pages(self, page_count: int) -> bool:
        """Whether the database may have so many pages after the commit under way; if so they count from now on."""
        more = page_count * PAGE - self._pages_bytes
        with self._changed:
            if self.limited and more > 0 and more > self.free:
                return False
            self._pages_bytes = max(self._pages_bytes, page_count * PAGE)
        return True

    def claim(self, size: int) -> int:
        """Promise room for a file of `size` bytes, waiting until it is made; gives what `settle` must be told.

        Raises `ProblemError` disk-full.
        """
        if not self.limited:
            return 0
        size = -(-size // PAGE) * PAGE
        with self._changed:
            for _ in range(_TRIES):
                # What was made for one may be taken by another who came first.
                if size <= self.free:
                    break
                self._wait_for(size)
            if size > self.free:
                raise ProblemError("disk-full", path=str(self._blobs))
            self._promised += size
        return size

    def settle(self, promised: int, added: int) -> None:
        """The claim is done with: `added` bytes lie in the folder that did not before."""
        with self._changed:
            self._promised -= promised
            self.blob_bytes += added if self.limited else 0

    def wanted(self) -> tuple[int, int]:
        """How much those want who wait, and the ticket of the last of them."""
        with self._changed:
            return self._wanted, self._asked

    def served(self, ticket: int) -> None:
        """What could be done for those up to `ticket` is done."""
        with self._changed:
            self._served = ticket
            self._changed.notify_all()

    def _wait_for(self, size: int) -> None:
        self._asked += 1
        ticket = self._asked
        self._wanted += size
        try:
            self.ask()
            self._changed.wait_for(lambda: self._served >= ticket or size <= self.free, _ANSWER_WITHIN_S)
        finally:
            self._wanted -= size

    def _disk_free(self) -> int:
        if not self.limited:
            return UNLIMITED
        disk = os.statvfs(self._database.parent)
        promised = max(0, self._pages_bytes - self._on_disk) + self._promised
        return max(0, disk.f_bavail * disk.f_frsize - promised - _SPARE)


def taken(path: Path) -> int:
    """Bytes that a file takes, its length or its blocks, whichever is more."""
    found = path.stat(follow_symlinks=False)
    return max(found.st_size, found.st_blocks * 512)


def _taken(path: Path) -> int:
    try:
        return taken(path)
    except FileNotFoundError:
        return 0


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _nobody_makes_room() -> None:
    """Until there is a writer."""
