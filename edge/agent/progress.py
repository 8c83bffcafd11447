# SPDX-License-Identifier: Apache-2.0
"""How far something is: a bar that moves where a person looks, a line a second at most where nobody does."""

import shutil
import time
from collections.abc import Callable
from typing import Final, TextIO

from edge.agent.columns import cut, width_of

_BAR_MOST: Final = 30
_BAR_LEAST: Final = 8
_LINE_EVERY_S: Final = 1.0
_DRAW_EVERY_S: Final = 0.1
_TO_END: Final = "\x1b[K"


class Bar:
    """One bar on one stream. Close it, so that what follows begins on a line of its own."""

    def __init__(self, stream: TextIO, now_s: Callable[[], float] = time.monotonic) -> None:
        """Nothing is drawn yet."""
        self._stream = stream
        self._now_s = now_s
        self._live = stream.isatty()
        utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
        self._full, self._empty = ("█", "░") if utf8 else ("#", "-")
        # Where nobody looks, what takes less than a second needs no line.
        self._drawn_s = float("-inf") if self._live else now_s()
        self._open = False
        self._bar = _BAR_MOST

    def show(self, part: float, words: str, *, always: bool = False) -> None:
        """Draw `part` (0 to 1) and what goes with it, unless that was done a moment ago."""
        now_s = self._now_s()
        if not always and now_s - self._drawn_s < (_DRAW_EVERY_S if self._live else _LINE_EVERY_S):
            return
        self._drawn_s = now_s
        per_cent = f"{int(100 * part):>3} %"
        if self._live:
            self._stream.write(f"\r{self._line(part, per_cent, words)}{_TO_END}")
            self._open = True
        else:
            self._stream.write(f"{per_cent}  {words}\n")
        self._stream.flush()

    def close(self) -> None:
        """Leave what was drawn last, and begin a new line."""
        if self._open:
            self._stream.write("\n")
            self._stream.flush()
            self._open = False

    def _line(self, part: float, per_cent: str, words: str) -> str:
        # One column stays free: a terminal that is written full to the edge may begin a new line by itself.
        width = shutil.get_terminal_size().columns - 1
        room = width - width_of(f" {per_cent}  {words}")
        # It may become shorter and never longer again: a bar whose end comes and goes tells nothing.
        bar = self._bar = min(self._bar, max(_BAR_LEAST, room))
        full = int(bar * part)
        return cut(f"{self._full * full}{self._empty * (bar - full)} {per_cent}  {words}", width)
