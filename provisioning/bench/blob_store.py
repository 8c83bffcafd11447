# SPDX-License-Identifier: Apache-2.0
"""Blobs on disk: chunks go into a partial file in any order, the whole is hashed once, and only then gets its name."""

import base64
import hashlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Final

from edge.contract.blobs import BlobChunk
from provisioning.bench.ledger import Spans
from provisioning.bench.record_schema import BLOBS

MAX_BLOB_BYTES: Final = 64 * 1024 * 1024
"""What a device may make the hub keep under one name."""


class ChunkError(ValueError):
    """The chunk cannot be part of its blob; the message says why."""


class BlobStore:
    """The blobs of one hub. `put` and `settle` run in the caller's transaction; files are safe before it commits."""

    def __init__(self, folder: Path, db: sqlite3.Connection) -> None:
        """Keep files below `folder`, and what is known of them in `db`."""
        self._folder = folder / BLOBS
        self._db = db
        self._open: dict[str, tuple[int, Spans, int]] = {}
        self._there = {row[0] for row in db.execute("SELECT sha256 FROM blobs WHERE verified_at IS NOT NULL")}

    def has(self, sha256: str) -> bool:
        """Whether the blob is here, whole and verified."""
        return sha256 in self._there

    def put(self, chunk: BlobChunk) -> None:
        """Write one chunk at its place; the same chunk again changes nothing. Raises `ChunkError`."""
        if self.has(chunk.sha256):
            return
        content = _content(chunk)
        file, spans, total = self._partial(chunk)
        if total != chunk.total:
            raise ChunkError(f"blob {chunk.sha256[:12]} was {total} bytes long before, now {chunk.total}")
        os.pwrite(file, content, chunk.offset)
        if content:
            spans.add(chunk.offset, chunk.offset + len(content) - 1)

    def settle(self, received_at: str) -> list[str]:
        """Make what was put durable and verify what is whole; returns complaints about blobs whose hash is wrong."""
        wrong = [
            f"blob {sha256[:12]} does not have the hash it is named by"
            for sha256, (file, spans, total) in self._open.items()
            if not self._settle_one(sha256, file, spans, total, received_at)
        ]
        if self._open:
            _sync_folder(self._folder)
        self._open.clear()
        return wrong

    def _settle_one(self, sha256: str, file: int, spans: Spans, total: int, received_at: str) -> bool:
        os.fsync(file)
        os.close(file)
        whole = spans.reach(0) >= total - 1
        if whole and not self._verified(sha256):
            (self._folder / f"{sha256}.part").unlink()
            self._db.execute("DELETE FROM blobs WHERE sha256 = ?", (sha256,))
            return False
        if whole:
            self._there.add(sha256)
        self._db.execute(
            "INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?)",
            (sha256, total, json.dumps(list(spans)), received_at if whole else None),
        )
        return True

    def _verified(self, sha256: str) -> bool:
        partial = self._folder / f"{sha256}.part"
        with partial.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != sha256:
                return False
        partial.replace(self._folder / sha256)
        return True

    def _partial(self, chunk: BlobChunk) -> tuple[int, Spans, int]:
        known = self._open.get(chunk.sha256)
        if known is None:
            known = self._open[chunk.sha256] = self._reopen(chunk)
        return known

    def _reopen(self, chunk: BlobChunk) -> tuple[int, Spans, int]:
        partial, whole = self._folder / f"{chunk.sha256}.part", self._folder / chunk.sha256
        if whole.exists():
            # The hub died between naming the file and committing: take it back and go through the same door again.
            whole.replace(partial)
        on_record = self._db.execute("SELECT spans, total FROM blobs WHERE sha256 = ?", (chunk.sha256,)).fetchone()
        spans, total = (Spans(json.loads(on_record[0])), on_record[1]) if on_record else (Spans(), chunk.total)
        return os.open(partial, os.O_RDWR | os.O_CREAT, 0o644), spans, total


def _content(chunk: BlobChunk) -> bytes:
    try:
        content = base64.urlsafe_b64decode(chunk.bytes + "=" * (-len(chunk.bytes) % 4))
    except ValueError as wrong:
        raise ChunkError(f"chunk of blob {chunk.sha256[:12]} is not base64url") from wrong
    if chunk.total > MAX_BLOB_BYTES:
        raise ChunkError(f"blob {chunk.sha256[:12]} of {chunk.total} bytes is larger than {MAX_BLOB_BYTES}")
    if chunk.offset + len(content) > chunk.total:
        raise ChunkError(f"chunk of blob {chunk.sha256[:12]} ends beyond the blob's {chunk.total} bytes")
    return content


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
