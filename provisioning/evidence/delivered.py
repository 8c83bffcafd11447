# SPDX-License-Identifier: Apache-2.0
"""Files that leave the hub: named for their case, never half written, and never over another one."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.contract.problems import ProblemError

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file as it was written."""

    case: str
    path: Path
    size: int
    sha256: str


def file_name(case: str, suffix: str) -> str:
    """A case's id as a file's name, whatever the device put into it."""
    return (_UNSAFE.sub("-", case).strip(".-")[:_LONGEST] or "case") + suffix


def write(folder: Path, case: str, suffix: str, content: bytes) -> Delivered:
    """Write it; the same bytes again are no trouble. Raises `ProblemError` evidence-there, evidence-unwritten."""
    path = folder / file_name(case, suffix)
    part = path.with_name(f"{path.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            part.write_bytes(content)
            part.rename(path)
        elif path.read_bytes() != content:
            raise ProblemError("evidence-there", path=str(path))
    except OSError as wrong:
        raise ProblemError("evidence-unwritten", path=str(path), reason=wrong.strerror or str(wrong)) from wrong
    return Delivered(case, path, len(content), hashlib.sha256(content).hexdigest())
