# SPDX-License-Identifier: Apache-2.0
"""Environment variables as the topmost layer: `DONGTOU_LINK__BROKERS__0__HOST=10.0.0.1`."""

import tomllib
from collections.abc import Collection, Mapping
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
            value, origin = literal(environment[variable]), Origin(variable=variable)
            _assign(values, path, value)
            origins |= dict.fromkeys([path, *paths_below(value, path)], origin)
            for length in range(1, len(path)):
                origins.setdefault(path[:length], origin)
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


def _assign(values: dict[str, Any], path: KeyPath, value: Any) -> None:  # noqa: ANN401  # any TOML value
    """Put a value at a path and make what is missing on the way; what is in the way gives way and is reported later."""
    place: Any = values
    for step, after in zip(path, (*path[1:], None), strict=True):
        if after is None:
            _put(place, step, value)
        else:
            inner = _get(place, step)
            if not isinstance(inner, dict | list):
                inner = [] if after == 0 else {}
                _put(place, step, inner)
            place = inner


def _get(place: Any, step: str | int) -> Any:  # noqa: ANN401  # any TOML value
    if isinstance(place, list):
        return place[step] if isinstance(step, int) and step < len(place) else None
    return place.get(str(step))


def _put(place: Any, step: str | int, value: Any) -> None:  # noqa: ANN401  # any TOML value
    if not isinstance(place, list):
        place[str(step)] = value
    elif isinstance(step, int) and step < len(place):
        place[step] = value
    else:
        place.append(value)
