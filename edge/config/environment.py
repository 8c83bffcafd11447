# SPDX-License-Identifier: Apache-2.0
"""Environment variables as the topmost layer: `DONGTOU_LINK__BROKERS__0__HOST=10.0.0.1`."""

import tomllib
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

from edge.config.layers import Layer, paths_below
from edge.config.origin import KeyPath, Origin

PREFIX = "DONGTOU_"
_BETWEEN_LEVELS = "__"


def lay_environment(under: Layer, environment: Mapping[str, str], top: Collection[str]) -> Layer:
    """`under` with every variable applied. A name of one level counts only if it is in `top`: others share it."""
    values, origins = under.values, dict(under.origins)
    for variable in sorted(environment):
        path = _path(variable, top)
        if path:
            written = _assign(values, path, literal(environment[variable]))
            origins |= dict.fromkeys(written, Origin(variable=variable))
    return Layer(values, origins)


def literal(text: str) -> Any:  # noqa: ANN401  # any TOML value
    """The TOML value a text stands for, or else the text itself."""
    try:
        read = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return read["value"] if len(read) == 1 else text


def _path(variable: str, top: Collection[str]) -> KeyPath:
    if not variable.startswith(PREFIX):
        return ()
    steps = variable.removeprefix(PREFIX).lower().split(_BETWEEN_LEVELS)
    if len(steps) == 1 and steps[0] not in top:
        return ()
    return tuple(int(step) if step.isdecimal() else step for step in steps)


def _assign(values: dict[str, Any], path: KeyPath, value: Any) -> list[KeyPath]:  # noqa: ANN401  # any TOML value
    """Put a value at a path and return all places that were written; what is in the way gives way, to be reported."""
    place: Any = values
    at: KeyPath = ()
    made: list[KeyPath] = []
    for step, after in pairwise(path):
        inner = _get(place, step)
        if isinstance(inner, dict | list):
            at = (*at, step)
        else:
            inner = [] if after == 0 else {}
            at = (*at, _put(place, step, inner))
            made.append(at)
        place = inner
    at = (*at, _put(place, path[-1], value))
    return [*made, at, *paths_below(value, at)]


def _get(place: Any, step: str | int) -> Any:  # noqa: ANN401  # any TOML value
    if isinstance(place, list):
        return place[step] if isinstance(step, int) and step < len(place) else None
    return place.get(str(step))


def _put(place: Any, step: str | int, value: Any) -> str | int:  # noqa: ANN401  # any TOML value
    """Put a value into a table or list and return the step at which it really stands."""
    if not isinstance(place, list):
        place[str(step)] = value
        return str(step)
    if isinstance(step, int) and step < len(place):
        place[step] = value
        return step
    place.append(value)
    return len(place) - 1
