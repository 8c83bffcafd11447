# SPDX-License-Identifier: Apache-2.0
"""Blobs on disk: pieces go into a partial file in any order, the whole is hashed once, and only then gets its name.

Workers share the folder. Whoever touches a blob holds its row in the store until the commit: one at a time.
"""

import base64
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.contract.blobs import BlobChunk
from edge.disk import synced
from provisioning.bench.ledger import Spans

BLOBS: Final = "blobs"
MAX_BLOB_BYTES: Final = 64 * 1024 * 1024
"""What a device may make the hub keep under one name."""


class ChunkError(ValueError):
    """The chunk cannot be part of its blob; the message says why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a blob of `total` bytes, which the event `id` brought."""

    id: str
    sha256: str
    offset: int
    total: int
    content: bytes


@dataclass(slots=True)
class Growth:
    """One blob as it stands: which of its `total` bytes are on disk, and whether the whole is."""

    total: int
    spans: Spans
    whole: bool = False
    broken: bool = False
    """Whole, and not what its name says: the file is gone."""


class BlobFiles:
    """The files of one hub's blobs; what `grow` has returned from is safe on disk."""

    def __init__(self, folder: Path) -> None:
        """Keep them in the folder `blobs` of `folder`."""
        self._folder = folder / BLOBS
        self._folder.mkdir(parents=True, exist_ok=True)

    def grow(self, sha256: str, known: Growth, pieces: Iterable[Piece]) -> list[tuple[str, str]]:
        """Write `pieces` and bring `known` up to date; the same again is harmless.

        Returns what could not be taken: where it came from, and why.
        """
        refused = []
        partial = self._partial(sha256)
        file = os.open(partial, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            for piece in pieces:
                try:
                    _write(file, known, piece)
                except ChunkError as wrong:
                    refused.append((piece.id, str(wrong)))
            os.fsync(file)
        finally:
            os.close(file)
        if known.spans.reach(0) >= known.total - 1:
            self._name(partial, sha256, known)
        if known.broken:
            refused.append(("blob", f"blob {sha256[:12]} does not have the hash it is named by"))
        synced(self._folder)
        return refused

    def _name(self, partial: Path, sha256: str, known: Growth) -> None:
        with partial.open("rb") as content:
            known.whole = hashlib.file_digest(content, "sha256").hexdigest() == sha256
        known.broken = not known.whole
        if known.whole:
            partial.replace(self._folder / sha256)
        else:
            partial.unlink()

    def _partial(self, sha256: str) -> Path:
        partial, whole = self._folder / f"{sha256}.part", self._folder / sha256
        if whole.exists():
            # A worker died between naming the file and committing: take it back and go through the same door again.
            whole.replace(partial)
        return partial


def read_piece(event: str, chunk: BlobChunk) -> Piece:
    """Take a chunk apart. Raises `ChunkError` when it can be part of no blob that the hub keeps."""
    name = chunk.sha256[:12]
    if chunk.total > MAX_BLOB_BYTES:
        raise ChunkError(f"blob {name} of {chunk.total} bytes is larger than {MAX_BLOB_BYTES}")
    try:
        content = base64.urlsafe_b64decode(chunk.bytes + "=" * (-len(chunk.bytes) % 4))
    except ValueError as wrong:
        raise ChunkError(f"chunk of blob {name} is not base64url") from wrong
    if chunk.offset + len(content) > chunk.total:
        raise ChunkError(f"chunk of blob {name} ends beyond the blob's {chunk.total} bytes")
    return Piece(event, chunk.sha256, chunk.offset, chunk.total, content)


def _write(file: int, known: Growth, piece: Piece) -> None:
    if known.total != piece.total:
        raise ChunkError(f"blob {piece.sha256[:12]} was {known.total} bytes long before, now {piece.total}")
    os.pwrite(file, piece.content, piece.offset)
    if piece.content:
        known.spans.add(piece.offset, piece.offset + len(piece.content) - 1)
