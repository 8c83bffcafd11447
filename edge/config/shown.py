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

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_BEFORE_HOST = re.compile(r"(?P<before>^[^:]*://[^/@:]*:)(?!\d{1,5}/).*(?=@)")
"""Numbers and a slash behind the colon are a port."""
_IN_QUERY = re.compile(
    r"(?P<before>(?:pass(?:wor)?d?|pwd|psw|token|secret|auth|key|sign(?:ature)?)=)[^&\s]*", re.IGNORECASE
)


def without_password(address: str) -> str:
    """An address fit for a log: without the password before its host, whatever signs that has, or in its query."""
    if not _ADDRESS.match(address):
        return address
    return _IN_QUERY.sub(r"\g<before>***", _BEFORE_HOST.sub(r"\g<before>***", address))


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
            return without_password(str(value))
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
