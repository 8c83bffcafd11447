# SPDX-License-Identifier: Apache-2.0
"""Pictures and documents as files named by their SHA-256. They enter by hard link, fsynced before a row names them."""

import hashlib
import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from edge.contract.blobs import BlobRef
from edge.contract.problems import ProblemError
from edge.disk import synced
from edge.durable.database import STORE, problem_of
from edge.durable.room import Room, taken


class BlobStore:
    """The blob folder of one store. What is kept has its room claimed before it is linked."""

    def __init__(self, folder: Path, room: Room | None = None) -> None:
        """Use `folder`, made if need be; without `room` it may grow as it likes."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._room = room or Room(folder.with_name(STORE), folder)
        self._changing = threading.Lock()
        """Held while a file appears or goes, so that it is counted once."""
        self._failed = False
        """An fsync failed. Another of the same file may succeed although nothing of it is on the disk, so from then on
        files are copied and no more linked (docs/decisions/0017)."""

    def path(self, sha256: str) -> Path:
        """Where a blob lies."""
        return self._folder / sha256

    def keep_file(self, blob: BlobRef, source: Path) -> None:
        """Link a file in (copy across file systems) and fsync it.

        Raises `ProblemError` evidence-gone, disk-full or store-failed.
        """
        self._keep(blob, partial(self._link_or_copy, source))

    def keep_bytes(self, data: bytes, media_type: str) -> BlobRef:
        """Write bytes as a blob, fsynced. Raises `ProblemError` disk-full or store-failed."""
        blob = BlobRef(sha256=hashlib.sha256(data).hexdigest(), size=len(data), media_type=media_type)
        self._keep(blob, lambda target: self._write(target, data))
        return blob

    def _keep(self, blob: BlobRef, put: Callable[[Path], int]) -> None:
        """`put` a file there unless it is there; it gives the bytes that were added to the folder."""
        target = self.path(blob.sha256)
        there = target.exists() and not self._failed
        promised = 0 if there else self._room.claim(blob.size)
        added = 0
        try:
            if not there:
                added = put(target)
            # Also what was there already: whoever put it there may not have come to this point yet.
            self._sync(target)
            synced(self._folder)
        except FileNotFoundError:
            if not there:
                raise ProblemError("evidence-gone", sha256=blob.sha256) from None
        except OSError as failed:
            raise problem_of(target, failed) from failed
        else:
            return
        finally:
            self._room.settle(promised, added)
        # It was let go in this very moment.
        self._keep(blob, put)

    def _sync(self, target: Path) -> None:
        try:
            synced(target)
        except FileNotFoundError:
            raise
        except OSError:
            self._failed = True
            raise

    def read(self, sha256: str, offset: int, size: int) -> bytes | None:
        """Up to `size` bytes from `offset`; None if the file is gone."""
        try:
            with self.path(sha256).open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except FileNotFoundError:
            return None

    def unlink(self, sha256: str) -> None:
        """Remove a blob nobody needs any more."""
        self._remove(self.path(sha256))

    def sweep(self, wanted: frozenset[str]) -> int:
        """Remove files no row names: left by a crash between linking and committing. Gives their count."""
        stray = [file for file in self._folder.iterdir() if file.name not in wanted]
        for file in stray:
            self._remove(file)
        return len(stray)

    def _remove(self, file: Path) -> None:
        with self._changing:
            try:
                size = taken(file)
                file.unlink()
            except FileNotFoundError:
                return
        self._room.settle(0, -size)

    def _link_or_copy(self, source: Path, target: Path) -> int:
        if self._failed:
            return self._write(target, source.read_bytes())
        with self._changing:
            try:
                os.link(source, target)
                return taken(target)
            except FileExistsError:
                return 0
            except FileNotFoundError:
                raise
            except OSError:
                pass  # another file system, or one without links
        return self._write(target, source.read_bytes())

    def _write(self, target: Path, data: bytes) -> int:
        """Beside and renamed: a half-written file never bears a blob's name, nor keeps the room it failed for."""
        part = target.with_name(f"{target.name}.{threading.get_ident()}.part")
        try:
            part.write_bytes(data)
            synced(part)
            with self._changing:
                there = target.exists()
                part.rename(target)
                return 0 if there else taken(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise
