# SPDX-License-Identifier: Apache-2.0
"""Where labels lie on a picture: none on another one, and as little as possible on what is to be seen.

Labels are laid in the order in which they are given, each at the best of the places that it may have. Where a label lay
on the picture before it stays, unless that place has become much worse: it must not jump while it is read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from edge.vision.lettering import Colour, across

_PAD: Final = 0.28
"""Margin around the letters, in sizes of the letters."""
_LATER: Final = 0.04
"""What a place costs for each that is better liked."""
_STAYING: Final = 0.3
"""What it is worth that a label lay there before."""
_MOST_COVERED: Final = 0.35
"""A label that may be left out is, before it covers more of itself with what is to be seen."""

_LARGE: Final = 4
"""An area so many times as wide as its name holds more than one vehicle."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of a picture in pixels, the upper left corner and the one behind the lower right."""

    left: int
    top: int
    right: int
    bottom: int

    def common(self, other: "Patch") -> int:
        """Pixels that are in both."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, wide) * max(0, high)

    @property
    def area(self) -> int:
        """In pixels."""
        return (self.right - self.left) * (self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class Label:
    """A text, whose it is, and where its upper left corner may lie; `needed` ones lie anywhere rather than nowhere."""

    owner: str
    text: str
    colour: Colour
    size: int
    places: tuple[tuple[int, int], ...]
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Laid:
    """A label that has found its place."""

    label: Label
    patch: Patch


def extent(text: str, size: int) -> tuple[int, int]:
    """Width and height of a label with its margin."""
    pad = round(size * _PAD)
    return across(text, size) + 2 * pad, size + 2 * pad


def margin(size: int) -> int:
    """Between the edge of a label and its letters."""
    return round(size * _PAD)


class Layout:
    """Labels of one film, picture after picture."""

    def __init__(self) -> None:
        """Nothing lies anywhere."""
        self._before: dict[str, int] = {}

    def lay(self, labels: Iterable[Label], wide: int, high: int, seen: Sequence[Patch]) -> list[Laid]:
        """Those labels of a picture that have a place on it; `seen` are the parts that should stay free."""
        laid: list[Laid] = []
        chosen: dict[str, int] = {}
        for label in labels:
            found = self._best(label, (wide, high), seen, laid)
            if found is not None:
                chosen[label.owner], patch = found
                laid.append(Laid(label, patch))
        self._before = chosen
        return laid

    def _best(
        self, label: Label, size: tuple[int, int], seen: Sequence[Patch], laid: Sequence[Laid]
    ) -> tuple[int, Patch] | None:
        best: tuple[float, int, Patch] | None = None
        for number, place in enumerate(label.places):
            patch = _within(place, extent(label.text, label.size), size)
            if any(patch.common(other.patch) for other in laid):
                continue
            covered = sum(patch.common(part) for part in seen) / patch.area
            if covered > _MOST_COVERED and not label.needed:
                continue
            cost = covered + _LATER * number - _STAYING * (self._before.get(label.owner) == number)
            if best is None or cost < best[0]:
                best = cost, number, patch
        return None if best is None else best[1:]


def _within(place: tuple[int, int], extent: tuple[int, int], size: tuple[int, int]) -> Patch:
    """Moved so far that it lies on the picture."""
    left = min(max(0, place[0]), max(0, size[0] - extent[0]))
    top = min(max(0, place[1]), max(0, size[1] - extent[1]))
    return Patch(left, top, left + extent[0], top + extent[1])


def beside(patch: Patch, extent: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Places around a part of a picture, above its left end first, and at last inside."""
    wide, high = extent
    right = patch.right - wide
    return (
        (patch.left, patch.top - high),
        (right, patch.top - high),
        (patch.left, patch.bottom),
        (right, patch.bottom),
        (patch.right, patch.top),
        (patch.left - wide, patch.top),
        (patch.right, patch.bottom - high),
        (patch.left - wide, patch.bottom - high),
        (patch.left, patch.top - 2 * high),
        (patch.left, patch.bottom + high),
        (patch.left, patch.top),
    )


def along(corners: Sequence[tuple[int, int]], extent: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Places for the name of an area: below it where there is room for cars in it, else in its middle."""
    wide, high = extent
    across_px, down = [x for x, _ in corners], [y for _, y in corners]
    middle = sum(across_px) // len(corners), sum(down) // len(corners)
    left, top, bottom = middle[0] - wide // 2, min(down), max(down)
    inside = ((left, middle[1] - high // 2), (left, bottom - high), (left, top))
    outside = ((left, bottom + 2), (left, top - high - 2))
    at_corners = tuple((x - wide // 2, y - high // 2) for x, y in corners)
    large = max(across_px) - min(across_px) > _LARGE * wide
    return (*outside, *at_corners, *inside) if large else (*inside, *outside, *at_corners)
