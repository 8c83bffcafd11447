# SPDX-License-Identifier: Apache-2.0
"""Relative paths: what a file names without a leading slash lies beside that file, wherever the agent was started."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from edge.config.models import Camera, Detector, Plates, Sign
from edge.config.origin import PACKAGE_DEFAULTS, KeyPath, Origin

Table = TypeVar("Table", bound=BaseModel)

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def anchored(table: Table, origins: Mapping[KeyPath, Origin], at: KeyPath = ()) -> Table:
    """The same table with every relative path in it made absolute by the folder of the file that names it."""
    changed = {}
    for name in type(table).model_fields:
        value = getattr(table, name)
        moved = _anchored(_as_path(table, name, value), origins, (*at, name))
        if moved is not value:
            changed[name] = str(moved) if isinstance(value, str) else moved
    return table.model_copy(update=changed) if changed else table


def _anchored(value: Any, origins: Mapping[KeyPath, Origin], at: KeyPath) -> Any:  # noqa: ANN401  # any field
    match value:
        case BaseModel():
            return anchored(value, origins, at)
        case Path():
            folder = origins.get(at, PACKAGE_DEFAULTS).folder
            return value if folder is None or value.is_absolute() else folder / value
        case tuple() if type(value) is tuple:
            return tuple(_anchored(inner, origins, (*at, place)) for place, inner in enumerate(value))
        case dict():
            return {name: _anchored(inner, origins, (*at, name)) for name, inner in value.items()}
        case _:
            return value


def _as_path(table: BaseModel, name: str, value: Any) -> Any:  # noqa: ANN401  # any field
    """Texts that may name files: a camera's source that is no address, a model or a profile with a file's ending."""
    match table, name:
        case (Camera(), "source") if not _SCHEME.match(value):
            return Path(value)
        case (Detector(), "model") if value is not None and value.endswith(".toml"):
            return Path(value)
        case (Plates(), "finder") if value is not None and value.endswith(".toml"):
            return Path(value)
        case (Sign(), "profile") if value.endswith(".toml"):
            return Path(value)
        case _:
            return value
