# SPDX-License-Identifier: Apache-2.0
"""What no linter sees whole: long functions, caught-all exceptions, tests without a sentence, hidden clocks."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import SHIPPED, Function, functions, python_files, syntax

LONGEST_FUNCTION = 50
LONG_FUNCTIONS: dict[str, str] = {}
"""`path::Class.function` of those that may be longer, each with the reason."""

THE_SUPERVISOR = Path("edge/agent/supervisor.py")
PURE = (("edge", "core"), ("edge", "roles"), ("edge", "sync"))
THE_CLOCK = Path("edge/core/clock.py")
ASKING_THE_WORLD = {"now", "today", "utcnow", "uuid1", "uuid4", "getenv", "read_text", "read_bytes"}


def test_functions_fit_on_a_screen() -> None:
    """No function is longer than 50 lines, and every exception is still needed."""
    too_long = {
        f"{path}::{name}"
        for path in python_files()
        for name, body in functions(path)
        if _lines(body) > LONGEST_FUNCTION
    }
    assert too_long == set(LONG_FUNCTIONS)


def test_only_the_supervisor_catches_everything() -> None:
    """What is unexpected crashes to the supervisor, which restarts it; who catches it on the way must raise again."""
    broad = [
        f"{path}:{line}"
        for path in python_files(*SHIPPED)
        if path != THE_SUPERVISOR
        for line in _caught_all(syntax(path))
    ]
    assert broad == []


def test_each_test_says_what_it_pins() -> None:
    """Every test has a sentence of its own, which is what a person reads when it fails years later."""
    silent = [
        f"{path}::{name}"
        for path in python_files("tests")
        if path.name.startswith("test_")
        for name, body in functions(path)
        if body.name.startswith("test_") and not ast.get_docstring(body)
    ]
    assert silent == []


def test_pure_folders_ask_the_world_nothing() -> None:
    """Core, roles and sync call no clock, chance or file, not even through an innocent-looking class."""
    asked = [
        f"{path}:{node.lineno} {name}()"
        for path in python_files("edge")
        if path.parts[:2] in PURE and path != THE_CLOCK
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Call) and (name := _called(node)) in ASKING_THE_WORLD
    ]
    assert asked == []


def _lines(body: Function) -> int:
    return (body.end_lineno or body.lineno) - body.lineno + 1


def _caught_all(module: ast.Module) -> Iterator[int]:
    for node in ast.walk(module):
        match node:
            case ast.ExceptHandler(body=[*_, ast.Raise()]):
                pass  # undone or translated, not swallowed
            case ast.ExceptHandler(type=caught) if caught is None or _says_everything(caught):
                yield node.lineno
            case ast.Call(args=args) if _called(node) == "suppress" and any(map(_says_everything, args)):
                yield node.lineno
            case _:
                pass


def _says_everything(caught: ast.expr) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in names)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
