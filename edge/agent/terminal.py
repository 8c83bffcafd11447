# SPDX-License-Identifier: Apache-2.0
"""How findings look: ticks where the terminal can write them, colour where a person looks and wants it."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

_GREEN, _RED, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks a stream can show."""

    good: str
    bad: str
    arrow: str


def never_fail(stream: TextIO) -> None:
    """Let a stream that lacks a character write its code instead of raising in the middle of a sentence."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def marks_for(stream: TextIO, environment: Mapping[str, str]) -> Marks:
    """Marks for a stream: plain ASCII unless it writes UTF-8, uncoloured unless it is a terminal without NO_COLOR."""
    utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    marks = Marks("✓", "✗", "→") if utf8 else Marks("ok", "!!", "->")
    if environment.get("NO_COLOR") or not stream.isatty():
        return marks
    return Marks(f"{_GREEN}{marks.good}{_PLAIN}", f"{_RED}{marks.bad}{_PLAIN}", marks.arrow)
