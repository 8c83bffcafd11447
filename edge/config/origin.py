# SPDX-License-Identifier: Apache-2.0
"""Where a value of the configuration came from, and how its place is written."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

KeyPath = tuple[str | int, ...]
"""A place in the configuration: `("link", "brokers", 0, "host")`."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Origin:
    """A file and a line, an environment variable, or, with neither, the package's defaults."""

    file: Path | None = None
    line: int | None = None
    variable: str | None = None

    @property
    def folder(self) -> Path | None:
        """What a relative path from here is relative to; nothing for all but files."""
        return self.file.parent if self.file else None

    def __str__(self) -> str:
        if self.variable:
            return self.variable
        if self.file is None:
            return "package defaults"
        return f"{self.file}:{self.line}" if self.line else str(self.file)


PACKAGE_DEFAULTS = Origin()


def dotted(path: KeyPath) -> str:
    """The path as TOML would write it, entries of arrays by their number: `link.brokers[0].host`."""
    words = "".join(f"[{step}]" if isinstance(step, int) else f".{_key(step)}" for step in path)
    return words.removeprefix(".")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
