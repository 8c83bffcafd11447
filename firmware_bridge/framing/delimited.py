# SPDX-License-Identifier: Apache-2.0
"""Cuts a stream at delimiter bytes, in whatever portions it arrives, holding never more than one piece."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """What stood between two delimiters; never empty."""

    data: bytes


@dataclass(frozen=True)
class Overlong:
    """A piece above the cap was thrown away, all of its bytes up to the next delimiter."""

    dropped_bytes: int


class Splitter:
    """Incremental splitter: feed it what arrives, get the pieces that are complete."""

    def __init__(self, delimiters: bytes, max_piece_bytes: int) -> None:
        """Any one byte of `delimiters` ends a piece; a peer that sends none costs `max_piece_bytes` and no more."""
        self._delimiter = re.compile(b"[" + re.escape(delimiters) + b"]")
        self._max_piece_bytes = max_piece_bytes
        self._held = bytearray()
        self._dropped_bytes = 0

    @property
    def held_bytes(self) -> int:
        """Bytes of the piece that has begun; never above the cap."""
        return len(self._held)

    def feed(self, data: bytes) -> tuple[Piece | Overlong, ...]:
        """Everything that `data` completes, in order. Empty pieces are skipped, so CR LF counts as one end."""
        *endings, beginning = self._delimiter.split(data)
        found = [self._finish(ending) for ending in endings]
        self._hold(beginning)
        return tuple(piece for piece in found if piece is not None)

    def reset(self) -> None:
        """Forget what has begun: for the moment after a port was opened anew."""
        self._held.clear()
        self._dropped_bytes = 0

    def _hold(self, data: bytes) -> None:
        if self._dropped_bytes or len(self._held) + len(data) > self._max_piece_bytes:
            self._dropped_bytes += len(self._held) + len(data)
            self._held.clear()
        else:
            self._held += data

    def _finish(self, data: bytes) -> Piece | Overlong | None:
        self._hold(data)
        held, dropped_bytes = bytes(self._held), self._dropped_bytes
        self.reset()
        if dropped_bytes:
            return Overlong(dropped_bytes)
        return Piece(held) if held else None
