# SPDX-License-Identifier: Apache-2.0
"""JSON Schema as rows of a table that a person reads: name, what it holds, default, meaning."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

_BOUNDS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "length ≥ {}",
    "maxLength": "length ≤ {}",
    "minItems": "entries ≥ {}",
    "maxItems": "entries ≤ {}",
    "pattern": "`{}`",
}
_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "table",
    "null": "nothing",
}
_FORMATS = {"date-time": "RFC 3339 with offset", "path": "path", "time": "time of day"}


@dataclass(frozen=True, slots=True)
class Field:
    """One row. `default` is nothing where the field must be given, and empty where it may simply be left out."""

    name: str
    holds: str
    default: str | None
    meaning: str
    table: str
    """What the table means that the field stands in."""


def fields(schema: Schema, defs: Mapping[str, Schema], prefix: str = "") -> Iterator[Field]:
    """The fields of an object and of those inside it: `a.b` in a table, `a?.b` if it may miss, `a[].b` in lists."""
    for name, raw in schema.get("properties", {}).items():
        inner = _resolved(raw, defs)
        below = _table(inner, defs)
        if below is not None:
            mark = "[]." if inner.get("type") == "array" else "?." if _may_be_nothing(raw) else "."
            yield from fields(below, defs, prefix + name + mark)
            continue
        words, meaning = holds(inner, defs), str(raw.get("description") or inner.get("description", ""))
        default = None if name in schema.get("required", ()) else _default(raw, inner)
        yield Field(prefix + name, words, default, "" if meaning == words else meaning, schema.get("description", ""))


def holds(schema: Schema, defs: Mapping[str, Schema]) -> str:
    """What a value may be, in words."""
    schema = _resolved(schema, defs)
    match schema:
        case {"const": value}:
            return f"`{value}`"
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"anyOf": choices}:
            return " or ".join(dict.fromkeys(holds(choice, defs) for choice in choices))
        case {"type": "array"}:
            items = schema.get("prefixItems") or [schema.get("items", {})]
            inner = " and ".join(dict.fromkeys(holds(item, defs) for item in items))
            return _bounded(f"list of ({inner})" if "," in inner else f"list of {inner}", schema)
        case {"format": str(form)} if form in _FORMATS:
            return _FORMATS[form]
        case {"type": str(kind)}:
            return _bounded(_KINDS[kind], schema)
        case _:
            return "any JSON"


def table(rows: Sequence[tuple[str, ...]], *heads: str) -> str:
    """A Markdown table."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _default(raw: Schema, inner: Schema) -> str:
    value = raw.get("default")
    if isinstance(value, list) and inner.get("uniqueItems"):
        value = sorted(value)  # a set, whose order is chance
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _may_be_nothing(schema: Schema) -> bool:
    return {"type": "null"} in schema.get("anyOf", ())


def _bounded(words: str, schema: Schema) -> str:
    bounds = [form.format(schema[name]) for name, form in _BOUNDS.items() if name in schema]
    if "minItems" in schema and schema["minItems"] == schema.get("maxItems"):
        bounds = [f"{schema['minItems']} entries"]
    return ", ".join([words, *bounds])


def _resolved(schema: Schema, defs: Mapping[str, Schema]) -> Schema:
    """The schema behind a reference, or behind "this or nothing"."""
    if "$ref" in schema:
        return _resolved(defs[schema["$ref"].rpartition("/")[2]], defs)
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    return _resolved(choices[0], defs) if len(choices) == 1 else schema


def _table(schema: Schema, defs: Mapping[str, Schema]) -> Schema | None:
    """The object in a value or in each entry of a list, if it has named fields."""
    if schema.get("type") == "array" and "items" in schema:
        schema = _resolved(schema["items"], defs)
    return schema if "properties" in schema else None
