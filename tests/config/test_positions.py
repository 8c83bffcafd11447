# SPDX-License-Identifier: Apache-2.0
"""The scanner that tells on which line a key stands, held against `tomllib`."""

import json
import tomllib
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from edge.config.layers import paths_below
from edge.config.origin import KeyPath
from edge.config.positions import key_lines

LINE = object()
"""A value that is written as the number of the line its key stands on."""

TRICKY = st.text(alphabet="ab #.[]={}\"'\\\n\té中,", max_size=6)
KEYS = st.text(alphabet="ab-_1", min_size=1, max_size=3) | TRICKY
SCALARS = st.just(LINE) | TRICKY | st.sampled_from([True, 1.5, "1979-05-27 07:32:00"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
TABLES = st.dictionaries(KEYS, VALUES, max_size=5)


class Writer:
    """Writes a tree as TOML in a style that is drawn, and knows the line it is on."""

    def __init__(self, data: st.DataObject) -> None:
        self.text = ""
        self._data = data

    def table(self, table: dict[str, Any], path: tuple[str, ...]) -> None:
        later: list[tuple[str, Any]] = []
        for name, value in table.items():
            if self._tables(value) and self._maybe():
                later.append((name, value))
            elif isinstance(value, dict) and value and self._maybe():
                for inner, leaf in value.items():
                    self._pair(f"{self._key(name)} . {self._key(inner)}", leaf)
            else:
                self._pair(self._key(name), value)
        for name, value in later:
            for entry in value if isinstance(value, list) else [value]:
                header = ".".join(self._key(step) for step in (*path, name))
                self._blanks()
                self.text += f"[[ {header} ]]\n" if isinstance(value, list) else f"[{header}] # [not.a.table]\n"
                self.table(entry, (*path, name))

    def _tables(self, value: object) -> bool:
        return isinstance(value, dict) or (
            isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)
        )

    def _pair(self, key: str, value: object) -> None:
        self._blanks()
        self.text += f"{key} = "
        self._value(value)
        self.text += " # a = [\n"

    def _value(self, value: object) -> None:
        match value:
            case dict():
                self.text += "{ "
                for place, (name, inner) in enumerate(value.items()):
                    self.text += (", " if place else "") + f"{self._key(name)}="
                    self._value(inner)
                self.text += " }"
            case list():
                self.text += "["
                for inner in value:
                    self._blanks()
                    self._value(inner)
                    self.text += "," if self._maybe() else " ,\n"
                self.text += "]"
            case str():
                self._string(value)
            case bool():
                self.text += "true" if value else "false"
            case _:
                self.text += str(self.text.count("\n") + 1) if value is LINE else str(value)

    def _string(self, value: str) -> None:
        if "'''" not in value and not value.endswith("''") and self._maybe():
            self.text += f"'''\n{value}'''"
        elif self._maybe():
            self.text += '"""' + value.replace("\\", "\\\\").replace('"""', '""\\"') + '"""'
        else:
            self.text += json.dumps(value, ensure_ascii=False)

    def _key(self, name: str) -> str:
        bare = name.replace("-", "a").replace("_", "a").isalnum() and name.isascii()
        return name if bare else json.dumps(name, ensure_ascii=False)

    def _blanks(self) -> None:
        if self._maybe():
            self.text += "\n"

    def _maybe(self) -> bool:
        return self._data.draw(st.booleans())


@given(TABLES, st.data())
def test_every_key_is_found_on_its_line(tree: dict[str, Any], data: st.DataObject) -> None:
    """The scanner names exactly the paths tomllib returns, each on its line, in any style of writing."""
    writer = Writer(data)
    writer.table(tree, ())
    read, lines = tomllib.loads(writer.text), key_lines(writer.text)
    assert set(lines) == set(paths_below(read))
    assert all(lines[path] == value for path, value in leaves(read, ()) if type(value) is int)


STATEMENTS = (
    "a = 1\n",
    "a.b = 1\r\n",
    "[a]\n",
    "[ a . 'x.y' ]\n",
    "[[b]]\n",
    "[[b.c]]\n",
    "[b.c.d]\n",
    "d = [ 1, # ]\n  { e = '}', f.g = [[], [2]] },\n]\n",
    's = """\n[a]\nb = 1\\\n  """ # """\n',
    "t = '''a''''' # '\n",
    "\t# [[b]]\n",
    "u = 1979-05-27 07:32:00\n",
    "v = {}\n",
    "w = ''\n",
    'x = """"a"""""  # "\n',
    "y = ''''a'''\n",
)


@given(st.lists(st.sampled_from(STATEMENTS), max_size=8))
def test_any_order_of_statements_that_tomllib_accepts_is_understood(statements: list[str]) -> None:
    """Tables reopened, nested arrays of tables and super-tables after their children: the paths are tomllib's."""
    text = "".join(statements)
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)
        raise
    assert set(key_lines(text)) == set(paths_below(read))


def test_lines_of_a_device_file() -> None:
    """Headers, entries of arrays of tables and keys inside an array of several lines count from one."""
    lines = key_lines('[device]\nname = "a"\n\n[[cameras]]\n[[cameras]]\nzones = [\n  {x = 1},\n]\n')
    assert lines["device",] == 1
    assert lines["device", "name"] == 2
    assert lines["cameras", 1] == 5
    assert lines["cameras", 1, "zones", 0, "x"] == 7


def leaves(value: object, at: KeyPath) -> list[tuple[KeyPath, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None:
        return [(at, value)]
    return [leaf for step, below in inner for leaf in leaves(below, (*at, step))]
