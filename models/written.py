# SPDX-License-Identifier: Apache-2.0
"""Writes a manifest as TOML: the standard library only reads it."""

import json
from collections.abc import Mapping
from typing import Any

from models.manifest import Manifest


def manifest_toml(manifest: Manifest) -> str:
    """The manifest as `read_manifest` would read it again: plain values first, then one table for each part."""
    # TOML has no word for nothing: what is None is left out, and is None when it is read.
    members = manifest.model_dump(mode="json", exclude_none=True)
    plain = {key: value for key, value in members.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in members.items() if isinstance(value, dict)}
    parts = ["".join(f"{key} = {_value(value)}\n" for key, value in plain.items())]
    for name, table in tables.items():
        parts.append(f"[{name}]\n" + "".join(f"{_key(key)} = {_value(value)}\n" for key, value in table.items()))
    return "\n".join(parts)


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else _text(key)


def _value(value: Any) -> str:  # noqa: ANN401 - whatever JSON can say
    match value:
        case str():
            return _text(value)
        case Mapping():
            return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
        case list():
            return "[" + ", ".join(_value(inner) for inner in value) + "]"
        case _:
            return json.dumps(value)


def _text(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's too, except for DEL, which TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
