# SPDX-License-Identifier: Apache-2.0
"""Pictures and documents as files named by their SHA-256. They enter by hard link, fsynced before a row names them."""

import hashlib
import os
from pathlib import Path

from edge.contract.blobs import BlobRef
from edge.contract.problems import ProblemError
from edge.durable.database import problem_of, sync_folder


class BlobStore:
    """The blob folder of one store."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, made if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Where a blob lies."""
        return self._folder / sha256

    def keep_file(self, blob: BlobRef, source: Path) -> None:
        """Link a file in (copy across file systems) and fsync it.

        Raises `ProblemError` evidence-gone, disk-full or store-failed.
        """
        target = self.path(blob.sha256)
        try:
            _link_or_copy(source, target)
            # Also what was there already: whoever put it there may not have come to this point yet.
            _sync_file(target)
            sync_folder(self._folder)
        except FileNotFoundError:
            raise ProblemError("evidence-gone", sha256=blob.sha256) from None
        except OSError as failed:
            raise problem_of(target, failed) from failed

    def keep_bytes(self, data: bytes, media_type: str) -> BlobRef:
        """Write bytes as a blob, fsynced. Raises `ProblemError` disk-full or store-failed."""
        blob = BlobRef(sha256=hashlib.sha256(data).hexdigest(), size=len(data), media_type=media_type)
        target = self.path(blob.sha256)
        try:
            if not target.exists():
                _write(target, data)
            sync_folder(self._folder)
        except OSError as failed:
            raise problem_of(target, failed) from failed
        return blob

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
        self.path(sha256).unlink(missing_ok=True)

    def sweep(self, wanted: frozenset[str]) -> int:
        """Remove files no row names: left by a crash between linking and committing. Gives their count."""
        stray = [file for file in self._folder.iterdir() if file.name not in wanted]
        for file in stray:
            file.unlink(missing_ok=True)
        return len(stray)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        pass
    except FileNotFoundError:
        raise
    except OSError:
        _write(target, source.read_bytes())


def _write(target: Path, data: bytes) -> None:
    """Beside and renamed: a half-written file never bears a blob's name, nor does it keep the room it failed for."""
    part = target.with_name(f"{target.name}.part")
    try:
        part.write_bytes(data)
        _sync_file(part)
        part.rename(target)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _sync_file(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
