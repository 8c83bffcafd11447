# SPDX-License-Identifier: Apache-2.0
"""Layers of configuration: values together with the place each was written, laid over one another.

Tables are merged key by key. Everything else, arrays of tables too, is replaced whole: a device that names its brokers
means these and no others.
"""

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from edge.config.origin import PACKAGE_DEFAULTS, KeyPath, Origin
from edge.config.positions import key_lines
from edge.contract.problems import ProblemError

TEMPLATES: dict[str, KeyPath] = {"camera": ("cameras",), "broker": ("link", "brokers")}
"""Tables that stand for every entry of an array of tables."""

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Layer:
    """Values, and where each of them came from."""

    values: dict[str, Any]
    origins: dict[KeyPath, Origin]


def default_layer() -> Layer:
    """What the package brings: the lowest layer."""
    values = tomllib.loads(files("edge.config").joinpath("defaults.toml").read_text("utf-8"))
    return Layer(values, dict.fromkeys(paths_below(values), PACKAGE_DEFAULTS))


def file_layer(path: Path) -> Layer:
    """What one file says. Raises `ProblemError` config-missing, config-unreadable or config-syntax."""
    text = _text(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise _syntax(path, text, str(wrong)) from wrong
    return Layer(values, {key: Origin(path, line) for key, line in key_lines(text).items()})


def over(lower: Layer, upper: Layer) -> Layer:
    """Lay one layer over another; the upper one wins."""
    replaced: set[KeyPath] = set()
    values = _merge(lower.values, upper.values, (), replaced)
    kept = {path: origin for path, origin in lower.origins.items() if not _below(path, replaced)}
    return Layer(values, kept | upper.origins)


def fill_templates(layer: Layer) -> Layer:
    """Give every camera and broker what its template says and it does not say itself; the templates are used up."""
    values, origins = dict(layer.values), dict(layer.origins)
    for template, place in TEMPLATES.items():
        if not isinstance(values.get(template), dict):
            continue  # a stray `camera = 3` stays, so that it is found to be an unknown key
        pattern = values.pop(template)
        entries = _at(values, place)
        for number, entry in enumerate(entries):
            if isinstance(entry, dict):
                entries[number] = _merge(pattern, entry, (), set())
            for path, origin in layer.origins.items():
                if path[0] == template:
                    origins.setdefault((*place, number, *path[1:]), origin)
    return Layer(values, origins)


def paths_below(values: Any, at: KeyPath = ()) -> list[KeyPath]:  # noqa: ANN401  # any TOML value
    """Every place inside a value, tables and arrays themselves included."""
    inner = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    return [path for step, value in inner for path in [(*at, step), *paths_below(value, (*at, step))]]


def _merge(lower: dict[str, Any], upper: dict[str, Any], at: KeyPath, replaced: set[KeyPath]) -> dict[str, Any]:
    merged = dict(lower)
    for name, value in upper.items():
        below = merged.get(name)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[name] = _merge(below, value, (*at, name), replaced)
        else:
            replaced.add((*at, name))
            merged[name] = value
    return merged


def _below(path: KeyPath, roots: set[KeyPath]) -> bool:
    return any(path[:length] in roots for length in range(1, len(path) + 1))


def _at(values: Any, path: KeyPath) -> list[Any]:  # noqa: ANN401  # whatever a person may have written
    for step in path:
        values = values.get(step) if isinstance(values, dict) else None
    return values if isinstance(values, list) else []


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError as wrong:
        raise ProblemError("config-missing", path=str(path)) from wrong
    except OSError as wrong:
        raise ProblemError("config-unreadable", path=str(path), reason=wrong.strerror or str(wrong)) from wrong
    except UnicodeDecodeError as wrong:
        raise ProblemError("config-unreadable", path=str(path), reason=f"not UTF-8: {wrong.reason}") from wrong


def _syntax(path: Path, text: str, said: str) -> ProblemError:
    place = _PLACE.search(said)
    lines = text.split("\n")
    line, column = (
        (int(place[1]), int(place[2])) if place is not None and place[1] else (len(lines), len(lines[-1]) + 1)
    )
    return ProblemError("config-syntax", file=str(path), line=line, column=column, reason=_PLACE.sub("", said))
