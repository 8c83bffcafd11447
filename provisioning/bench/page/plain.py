# SPDX-License-Identifier: Apache-2.0
"""Whatever a device wrote as the plain values that the page expects: text of bounded length, numbers, tables."""

from typing import Any, Final

LONGEST: Final = 200

View = dict[str, Any]


def inner(data: View, key: str) -> View:
    """A table within a table; an empty one if it is none."""
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def typed(value: object) -> str:
    """Text, not too long; empty for anything else."""
    return value[:LONGEST] if isinstance(value, str) else ""


def texts(value: object) -> list[str]:
    """A list of texts; empty for anything else."""
    return [typed(one) for one in value if isinstance(one, str)] if isinstance(value, list) else []


def number(value: object) -> float | None:
    """A number; none for anything else."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
