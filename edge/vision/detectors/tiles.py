# SPDX-License-Identifier: Apache-2.0
"""Cuts a large picture into overlapping parts, so that what is far away is seen large enough."""

from dataclasses import dataclass

from edge.core.geometry import Box

OVERLAP = 0.2
"""Part of a tile that its neighbour shows as well: more than a far car is wide."""
EDGE_PX = 4
"""A box that comes this near to an inner edge may go on beyond it."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture in whole pixels; `width` and `height` of the picture tell which of its edges are inner."""

    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int

    def cuts(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Whether a box, in pixels of the whole picture, touches an inner edge of the tile."""
        return (
            (self.left > 0 and left < self.left + EDGE_PX)
            or (self.top > 0 and top < self.top + EDGE_PX)
            or (self.right < self.width and right > self.right - EDGE_PX)
            or (self.bottom < self.height and bottom > self.bottom - EDGE_PX)
        )

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """A box in pixels of the picture as fractions of it, clipped to the tile."""
        return Box(
            max(left, self.left) / self.width,
            max(top, self.top) / self.height,
            min(right, self.right) / self.width,
            min(bottom, self.bottom) / self.height,
        )


def tiles(width: int, height: int, columns: int, rows: int) -> tuple[Tile, ...]:
    """The parts of a picture; with more than one, the whole comes first, for what is too near to fit into a part."""
    whole = Tile(0, 0, width, height, width, height)
    if columns == rows == 1:
        return (whole,)
    parts = tuple(
        Tile(left, top, right, bottom, width, height)
        for top, bottom in _spans(height, rows)
        for left, right in _spans(width, columns)
    )
    return (whole, *parts)


def _spans(length: int, count: int) -> tuple[tuple[int, int], ...]:
    """`count` spans of equal length that cover `length` and share OVERLAP of themselves with the next."""
    span = length / (count - (count - 1) * OVERLAP)
    step = span * (1 - OVERLAP)
    return tuple((round(index * step), min(length, round(index * step + span))) for index in range(count))
