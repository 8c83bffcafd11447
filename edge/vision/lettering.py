# SPDX-License-Identifier: Apache-2.0
"""Letters on pictures: OpenCV's own font, which knows Chinese, measured, fitted and broken into lines."""

from functools import cache
from typing import Final

import cv2

from edge.vision.source import Image

Colour = tuple[int, int, int]
REGULAR: Final = 400
BOLD: Final = 700
_BREAKS: Final = " -/"
"""Latin text may end a line behind these."""
_SMALLEST: Final = 0.85
"""A line is set smaller by so much at most before it is cut off."""


@cache
def _font() -> cv2.FontFace:
    return cv2.FontFace("uni")


def across(text: str, size: int, weight: int = REGULAR) -> int:
    """How wide a line is, in pixels."""
    _, _, width, _ = cv2.getTextSize((1, 1), text, (0, 0), _font(), size, weight)
    return int(width)


def write(canvas: Image, text: str, foot: tuple[int, int], colour: Colour, size: int, weight: int = REGULAR) -> int:
    """Set one line with its lower left at `foot`; gives where it ends."""
    if text:
        cv2.putText(canvas, text, foot, colour, _font(), size, weight)
    return foot[0] + across(text, size, weight)


def fitted(text: str, width: int, size: int, weight: int = REGULAR) -> tuple[str, int]:
    """The line and the size at which it goes into `width`: a little smaller if need be, and then cut off with …."""
    wide = across(text, size, weight)
    if wide <= width:
        return text, size
    smaller = max(int(size * width / wide), round(size * _SMALLEST))
    while text and across(f"{text}…", smaller, weight) > width and across(text, smaller, weight) > width:
        text = text[:-1]
        if across(f"{text}…", smaller, weight) <= width:
            return f"{text}…", smaller
    return text, smaller


def broken(text: str, width: int, size: int, most: int) -> list[str]:
    """Up to `most` lines of at most `width`: Chinese breaks anywhere, Latin words at their ends; the last is fitted."""
    lines: list[str] = []
    rest = text.strip()
    while rest and len(lines) < most - 1:
        cut = _fitting(rest, width, size)
        if cut >= len(rest):
            break
        if rest[cut - 1].isascii() and rest[cut].isascii():
            cut = max((at + 1 for at in range(cut // 2, cut) if rest[at] in _BREAKS), default=cut)
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest:
        lines.append(fitted(rest, width, size)[0])
    return lines


def _fitting(text: str, width: int, size: int) -> int:
    """How many letters of it go into `width`, one at least."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if across(text[:middle], size) <= width:
            low = middle
        else:
            high = middle - 1
    return low
