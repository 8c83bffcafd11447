# SPDX-License-Identifier: Apache-2.0
"""`edge-agent config`: the configuration as it takes effect, line by line, and where each value was written.

Secrets are files: their names are shown, what is in them is never read. Passwords within addresses are masked.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from edge.agent.arguments import add_config, add_json
from edge.agent.terminal import never_fail
from edge.config.load import LoadedConfig, check_role, load_config
from edge.config.origin import KeyPath, dotted
from edge.config.shown import literal, masked
from edge.contract.problems import ProblemError
from edge.roles.registry import load_role

ORIGIN_COLUMN = 52
"""Origins stand below one another from here on; a longer line pushes its own aside."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may be said to the verb."""
    add_config(parser)
    parser.add_argument("--origin", action="store_true", help="say where each value was written")
    add_json(parser, "key, value and origin of each")


def run(args: argparse.Namespace) -> int:
    """Print one line for each value."""
    never_fail(sys.stdout)
    loaded = load_config(args.config, os.environ)
    if args.json:
        json.dump(
            [_record(loaded, path, value) for path, value in _values(loaded)], sys.stdout, ensure_ascii=False, indent=2
        )
        sys.stdout.write("\n")
        return 0
    for path, value in _values(loaded):
        line = f"{dotted(path)} = {literal(value)}"
        print(f"{line:<{ORIGIN_COLUMN}}  # {loaded.origin(*path)}" if args.origin else line)  # noqa: T201  # the product
    return 0


def _values(loaded: LoadedConfig) -> Iterator[tuple[KeyPath, Any]]:
    roles = {name: _role(loaded, name) for name in loaded.config.roles}
    return _leaves(loaded.config.model_copy(update={"roles": roles}), ())


def _role(loaded: LoadedConfig, name: str) -> object:
    """A role's settings with its own defaults, or as they were written if the role cannot make sense of them."""
    try:
        return check_role(loaded, name, load_role(name).settings)
    except ProblemError:
        return loaded.config.roles[name]


def _leaves(value: Any, at: KeyPath) -> Iterator[tuple[KeyPath, Any]]:  # noqa: ANN401  # any configured value
    """What is written on a line of its own: everything but tables and lists of tables. What is unset is left out."""
    inner: list[tuple[str | int, Any]] = []
    match value:
        case None:
            return
        case BaseModel():
            inner = [(name, getattr(value, name)) for name in type(value).model_fields]
        case dict():
            inner = list(value.items())
        case [BaseModel() | dict(), *_]:
            inner = list(enumerate(value))
        case _:
            yield at, value
    for step, below in inner:
        yield from _leaves(below, (*at, step))


def _record(loaded: LoadedConfig, path: KeyPath, value: Any) -> dict[str, object]:  # noqa: ANN401  # any configured value
    origin = loaded.origin(*path)
    return {
        "key": dotted(path),
        "value": masked(value),
        "origin": str(origin),
        "file": str(origin.file) if origin.file else None,
        "line": origin.line,
    }
