# SPDX-License-Identifier: Apache-2.0
"""Text on a page of PDF in two languages: Latin in Helvetica, Chinese in STSong-Light, which every reader has at hand.

Neither font is embedded. A text is cut into runs, since a Chinese font sets Latin letters wide and Helvetica has no
Chinese ones.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

CHINESE: Final = "STSong-Light"
LATIN: Final = "Helvetica"
LATIN_BOLD: Final = "Helvetica-Bold"
FIXED: Final = "Courier"
Colour = tuple[float, float, float]


class Ink:
    """Sets lines of text on a canvas; points, from the lower left."""

    def __init__(self, canvas: Canvas) -> None:
        """Use `canvas`, and make the Chinese font known to it."""
        if CHINESE not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
        self.canvas = canvas

    def width(self, text: str, size: float, latin: str = LATIN) -> float:
        """How wide a line is."""
        return sum(float(pdfmetrics.stringWidth(part, font, size)) for font, part in _runs(text, latin))

    def line(self, at: tuple[float, float], text: str, size: float, colour: Colour, latin: str = LATIN) -> float:
        """Set one line; gives where it ends."""
        x, y = at
        self.canvas.setFillColorRGB(*colour)
        for font, part in _runs(text, latin):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, y, part)
            x += float(pdfmetrics.stringWidth(part, font, size))
        return x

    def right(self, at: tuple[float, float], text: str, size: float, colour: Colour, latin: str = LATIN) -> None:
        """Set one line that ends there."""
        self.line((at[0] - self.width(text, size, latin), at[1]), text, size, colour, latin)

    def broken(self, text: str, width: float, size: float, most: int) -> list[str]:
        """Up to `most` lines of at most `width`; what does not fit is cut off with …."""
        lines: list[str] = []
        rest = text.strip()
        while rest and len(lines) < most:
            cut = next((end for end in range(len(rest), 0, -1) if self.width(rest[:end], size) <= width), 1)
            if cut < len(rest) and len(lines) == most - 1:
                lines.append(rest[: max(1, cut - 1)].rstrip() + "…")
                break
            if cut < len(rest) and rest[cut - 1].isascii() and rest[cut].isascii():
                cut = max((at + 1 for at in range(cut // 2, cut) if rest[at] in " -/,;"), default=cut)
            lines.append(rest[:cut].rstrip())
            rest = rest[cut:].lstrip()
        return lines or [""]


def _runs(text: str, latin: str) -> Iterator[tuple[str, str]]:
    for western, letters in groupby(text, _western):
        yield latin if western else CHINESE, "".join(letters)


def _western(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
