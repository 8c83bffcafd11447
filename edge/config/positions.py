# SPDX-License-Identifier: Apache-2.0
"""Which line of a TOML text a key stands on, since `tomllib` keeps values and forgets places.

What must always be true here: for every text that `tomllib` accepts, the paths found are exactly the paths of what
`tomllib` returns. Text that it refuses must not come here.
"""

import re
import tomllib
from bisect import bisect_right

from edge.config.origin import KeyPath

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'""")
_KEY_JOINT = re.compile(r"[ \t]*\.[ \t]*")
_SCALAR = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}'''
    r"""|'''.*?'{3,5}"""
    r'''|"(?:\\.|[^"\\])*"'''
    r"""|'[^']*'"""
    r"""|[^,\]}#\n]+""",
    re.DOTALL,
)


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, on which each key, table and array entry of a valid TOML text is first named."""
    return _Scanner(text).document()


class _Scanner:
    """Walks a valid text once, from left to right, and notes where names begin."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._breaks = [found.start() for found in re.finditer("\n", text)]
        self._lines: dict[KeyPath, int] = {}
        self._entries: dict[KeyPath, int] = {}  # how many [[tables]] an array has so far

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        self._blank()
        while self._at < len(self._text):
            if self._skip("[["):
                table = self._header(array=True)
            elif self._skip("["):
                table = self._header(array=False)
            else:
                self._pair(table)
            self._blank()
        return self._lines

    def _header(self, *, array: bool) -> KeyPath:
        line, names = self._line(), self._key()
        self._skip("]]" if array else "]")
        path: KeyPath = ()
        for place, name in enumerate(names, 1):
            path = (*path, name)
            if array and place == len(names):
                self._entries[path] = self._entries.get(path, 0) + 1
            self._note(path, line)
            if path in self._entries:
                path = (*path, self._entries[path] - 1)
                self._note(path, line)
        return path

    def _pair(self, table: KeyPath) -> None:
        line, names = self._line(), self._key()
        for place in range(1, len(names) + 1):
            self._note((*table, *names[:place]), line)
        self._skip("=")
        self._blank()
        self._value((*table, *names))

    def _value(self, path: KeyPath) -> None:
        if self._skip("["):
            self._array(path)
        elif self._skip("{"):
            self._inline_table(path)
        else:
            self._take(_SCALAR)

    def _array(self, path: KeyPath) -> None:
        entry = 0
        self._blank()
        while not self._skip("]"):
            self._note((*path, entry), self._line())
            self._value((*path, entry))
            entry += 1
            self._next()

    def _inline_table(self, path: KeyPath) -> None:
        self._blank()
        while not self._skip("}"):
            self._pair(path)
            self._next()

    def _key(self) -> tuple[str, ...]:
        self._blank()
        names = [self._name()]
        while joint := _KEY_JOINT.match(self._text, self._at):
            self._at = joint.end()
            names.append(self._name())
        self._blank()
        return tuple(names)

    def _name(self) -> str:
        raw = self._take(_KEY_PART)
        return str(tomllib.loads(f"name = {raw}")["name"]) if raw[0] in "\"'" else raw

    def _next(self) -> None:
        self._blank()
        self._skip(",")
        self._blank()

    def _blank(self) -> None:
        self._take(_BLANK)

    def _skip(self, mark: str) -> bool:
        found = self._text.startswith(mark, self._at)
        self._at += len(mark) if found else 0
        return found

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"not TOML at line {self._line()}")
        self._at = found.end()
        return found.group()

    def _line(self) -> int:
        return bisect_right(self._breaks, self._at - 1) + 1

    def _note(self, path: KeyPath, line: int) -> None:
        self._lines.setdefault(path, line)
