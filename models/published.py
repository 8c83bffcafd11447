# SPDX-License-Identifier: Apache-2.0
"""Models that others publish under a permissive licence: where their files lie, and by which hash they are known."""

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from models.catalog import PACKAGED, UPSTREAM
from models.errors import ModelError, ModelFault
from models.manifest import Manifest, Part, read_manifest


class Origin(Part):
    """Where a file lies; any address that begins with http:// or https:// will do, since its hash is known."""

    addresses: tuple[str, ...] = Field(min_length=1)
    size: int | None = Field(default=None, gt=0)


@dataclass(frozen=True, slots=True)
class Upstream:
    """A published model: its manifest, complete, and its origin."""

    manifest: Manifest
    origin: Origin


def upstream_names() -> list[str]:
    """What can be fetched by name."""
    return sorted(tomllib.loads(path.read_text("utf-8"))["name"] for path in UPSTREAM.glob("*.toml"))


def upstream(name: str) -> Upstream:
    """The published model of that name. Raises `ModelError` NO_UPSTREAM with the nearest names."""
    for path in sorted(UPSTREAM.glob("*.toml")):
        told = tomllib.loads(path.read_text("utf-8"))
        if told["name"] == name:
            return _read(path, told)
    known = upstream_names()
    near = get_close_matches(name, known, n=2) or known
    raise ModelError(ModelFault.NO_UPSTREAM, model=name, near=", ".join(near))


def _read(path: Path, told: dict[str, Any]) -> Upstream:
    """What is the same for all models of one data set stands once, in the manifest that `like` names."""
    alike = read_manifest(PACKAGED / f"{told.pop('like')}.toml")
    try:
        origin = Origin.model_validate(told.pop("origin"))
        manifest = Manifest.model_validate({"classes": alike.classes, "kinds": alike.kinds, **told})
    except ValidationError as wrong:
        raise ModelError(ModelFault.MANIFEST_INVALID, path=str(path), reason=str(wrong)) from wrong
    return Upstream(manifest, origin)
