# SPDX-License-Identifier: Apache-2.0
"""How a value is shown to a person: as TOML writes it, on one line, without the password of an address."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import PurePath
from typing import Any

LONGEST = 60
"""Characters of a found value in a message; the rest is in the file."""

_PASSWORD = re.compile(r"(?P<before>^[a-z][a-z0-9+.-]*://[^/@:]*:)[^/@]*(?=@)", re.IGNORECASE)


def literal(value: Any) -> str:  # noqa: ANN401  # any value of a configuration
    """The value as a TOML literal, passwords in addresses masked."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | PurePath():
            return json.dumps(masked(value), ensure_ascii=False)
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            return "{" + ", ".join(f"{name} = {literal(inner)}" for name, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(literal(inner) for inner in value) + "]"
        case set() | frozenset():
            return literal(sorted(value))
        case _:
            return str(value)


def masked(value: Any) -> Any:  # noqa: ANN401  # any value of a configuration
    """The value as JSON can hold it, passwords in addresses masked."""
    match value:
        case str() | PurePath():
            return _PASSWORD.sub(r"\g<before>***", str(value))
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            return {name: masked(inner) for name, inner in value.items()}
        case list() | tuple():
            return [masked(inner) for inner in value]
        case set() | frozenset():
            return masked(sorted(value))
        case _:
            return value


def shown(value: Any) -> str:  # noqa: ANN401  # any value of a configuration
    """The literal, cut to what fits into a message."""
    words = literal(value)
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
