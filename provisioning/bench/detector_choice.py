# SPDX-License-Identifier: Apache-2.0
"""Which detector looks at real pictures: the one that is asked for, or the first whose weights are at hand."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.contract.problems import ProblemError
from models.catalog import standard_catalog
from models.errors import ModelError

_PROJECT: Final = Path(__file__).parents[2]
PLACES: Final = (_PROJECT / "shared/data/models", _PROJECT.parent / "shared/data/models")
"""Beside the project, where weights that are not ours to ship are kept."""


@dataclass(frozen=True, slots=True)
class Found:
    """A detector by name or file, and the folders to look for its weights in."""

    name: str
    places: tuple[Path, ...]


def find_detector(wanted: str | None, places: tuple[Path, ...] = PLACES) -> Found | None:
    """The detector `wanted`, or any that is here, or None. Raises `ProblemError` for one that is named and wrong."""
    there = tuple(place for place in places if place.is_dir())
    catalog = standard_catalog(there)
    if wanted is not None:
        try:
            catalog.open(wanted)
        except ModelError as wrong:
            raise ProblemError(wrong.fault, **wrong.facts) from wrong
        return Found(_absolute(wanted), there)
    for entry in catalog.entries:
        if entry.manifest.task == "detect" and _complete(entry.manifest.name, there):
            return Found(entry.manifest.name, there)
    return None


def _complete(name: str, places: tuple[Path, ...]) -> bool:
    try:
        standard_catalog(places).open(name)
    except ModelError:
        return False
    return True


def _absolute(wanted: str) -> str:
    return str(Path(wanted).absolute()) if Path(wanted).exists() else wanted
