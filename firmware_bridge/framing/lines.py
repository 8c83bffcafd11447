# SPDX-License-Identifier: Apache-2.0
"""Joins text lines from a scanner, a GNSS or AIS receiver, or an HJ 212 station."""

from firmware_bridge.framing.delimited import Overlong, Piece, Splitter


class LineJoiner:
    """Lines without their ends, which may be CR, LF or both: scanners and receivers do not agree."""

    def __init__(self, max_line_bytes: int) -> None:
        """A line longer than `max_line_bytes` is dropped and reported."""
        self._splitter = Splitter(b"\r\n", max_line_bytes)

    def feed(self, data: bytes) -> tuple[Piece | Overlong, ...]:
        """The lines that `data` completes, in order. Empty lines are skipped."""
        return self._splitter.feed(data)

    def reset(self) -> None:
        """Forget a line that has begun."""
        self._splitter.reset()
