# SPDX-License-Identifier: Apache-2.0
"""Text in columns where a Chinese character takes two of them, and quantities in the shortest words that are true."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from edge.contract.phrases import phrase
from edge.contract.problems import Language

_WIDE = frozenset("WF")
_GAP = "  "
_UNITS = ("B", "KB", "MB", "GB", "TB")
_KILO = 1024
_LONG_AGO = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))
_TWO_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Column:
    """One column: heading, cells, and whether it may be left out where the terminal is narrow; the highest go first."""

    heading: str
    cells: Sequence[str]
    spare: int = 0
    left: bool = False


def width_of(text: str) -> int:
    """Columns a text takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(letter) in _WIDE else 1 for letter in text)


def padded(text: str, width: int, *, left: bool = False) -> str:
    """The text with blanks before it, or behind it."""
    blanks = " " * max(0, width - width_of(text))
    return text + blanks if left else blanks + text


def cut(text: str, width: int) -> str:
    """As much of the text as fits."""
    while width_of(text) > width:
        text = text[:-1]
    return text


def table(columns: Sequence[Column], width: int) -> list[str]:
    """Lines of a table no wider than `width`, if leaving out what may be left out suffices."""
    kept = list(columns)
    while sum(map(_width, kept)) + len(_GAP) * (len(kept) - 1) > width and any(column.spare for column in kept):
        kept.remove(max(kept, key=lambda column: column.spare))
    rows = [[column.heading for column in kept], *zip(*(column.cells for column in kept), strict=True)]
    widths = [_width(column) for column in kept]
    return [
        _GAP.join(
            padded(cell, wide, left=column.left) for cell, wide, column in zip(row, widths, kept, strict=True)
        ).rstrip()
        for row in rows
    ]


def size(count: float) -> str:
    """Bytes in words: 0 B, 1.4 MB, 230 GB."""
    for unit in _UNITS[:-1]:
        if count < _KILO:
            return _figure(count, unit)
        count /= _KILO
    return _figure(count, _UNITS[-1])


def span(seconds: float, language: Language) -> str:
    """A length of time in its two largest units, or in one where the second would be nought."""
    left = max(0, round(seconds))
    parts = []
    for name, unit in _LONG_AGO:
        count, left = divmod(left, unit)
        parts.append((name, count))
    while len(parts) > 1 and parts[0][1] == 0:
        parts.pop(0)
    said = [parts[0], *(part for part in parts[1:2] if part[1])]
    return " ".join(phrase(f"outbox.{name}", language, count=count) for name, count in said)


def _width(column: Column) -> int:
    return max(map(width_of, (column.heading, *column.cells)))


def _figure(count: float, unit: str) -> str:
    return f"{count:.0f} {unit}" if unit == "B" or count >= _TWO_DIGITS else f"{count:.1f} {unit}"
