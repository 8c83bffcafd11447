# SPDX-License-Identifier: Apache-2.0
"""Finds models by name and hands out weights only when they are, byte for byte, those of the manifest."""

import hashlib
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from models.errors import ModelError, ModelFault
from models.manifest import Manifest, read_manifest

PACKAGED = Path(__file__).parent / "manifests"
UPSTREAM = Path(__file__).parent / "upstream"
OWN_WEIGHTS = Path(__file__).parent / "onnx"
SYSTEM = Path("/etc/dongtou-edge/models")


@dataclass(frozen=True, slots=True)
class Model:
    """A model whose weights were checked; the bytes themselves, so that what was checked is what runs."""

    manifest: Manifest
    weights: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A manifest and where it was found."""

    manifest: Manifest
    path: Path


@dataclass(frozen=True)
class Catalog:
    """Models in `places`, each a folder or a file; what comes earlier wins where a name is there twice."""

    places: tuple[Path, ...]

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every readable manifest, one for each name."""
        found: dict[str, Entry] = {}
        for path in self._files(".toml"):
            try:
                manifest = read_manifest(path)
            except ModelError:  # `find` names a broken manifest that is asked for; others must not stand in its way
                continue
            found.setdefault(manifest.name, Entry(manifest, path))
        return tuple(found.values())

    def find(self, wanted: str) -> Entry:
        """The manifest of that name, in that .toml file, or for that .onnx file. Raises `ModelError`."""
        path = Path(wanted)
        if path.suffix == ".toml":
            return Entry(read_manifest(path), path)
        if path.suffix == ".onnx":
            return self._of_weights(path)
        for entry in self.entries:
            if entry.manifest.name == wanted:
                return entry
        for broken in self._files(".toml"):
            if broken.stem == wanted:
                return Entry(read_manifest(broken), broken)
        known = sorted(entry.manifest.name for entry in self.entries)
        near = get_close_matches(wanted, known, n=3) or known
        raise ModelError(ModelFault.UNKNOWN, model=wanted, near=", ".join(near) or "-")

    def open(self, wanted: str) -> Model:
        """The model with its weights checked. Raises `ModelError`: unknown, file missing, file changed."""
        entry = self.find(wanted)
        changed: tuple[Path, str] | None = None
        for path in self._candidates(entry, Path(wanted)):
            weights = path.read_bytes()
            digest = hashlib.sha256(weights).hexdigest()
            if digest == entry.manifest.sha256:
                return Model(entry.manifest, weights)
            if path.name == entry.manifest.file:
                changed = changed or (path, digest)
        name, file = entry.manifest.name, entry.manifest.file
        if changed is not None:
            path, digest = changed
            raise ModelError(
                ModelFault.FILE_CHANGED, model=name, file=str(path), expected=entry.manifest.sha256, found=digest
            )
        looked = ", ".join(dict.fromkeys(str(place) for place in (entry.path.parent, *self.places)))
        raise ModelError(
            ModelFault.FILE_MISSING,
            model=name,
            file=file,
            sha256=entry.manifest.sha256,
            looked=looked,
            command=_brings(entry.manifest),
        )

    def known(self, digest: str) -> Entry | None:
        """The manifest of weights with this SHA-256 (hexadecimal)."""
        return next((entry for entry in self.entries if entry.manifest.sha256 == digest), None)

    def _of_weights(self, path: Path) -> Entry:
        if not path.is_file():
            raise ModelError(ModelFault.INPUT_MISSING, file=str(path))
        known = self.known(hashlib.sha256(path.read_bytes()).hexdigest())
        if known is not None:
            return known
        beside = path.with_suffix(".toml")
        if beside.is_file():
            return Entry(read_manifest(beside), beside)
        raise ModelError(ModelFault.NO_MANIFEST, file=str(path))

    def _candidates(self, entry: Entry, wanted: Path) -> Iterator[Path]:
        """Files that may hold the weights: the likely names first, since every one of them is read and hashed."""
        near = [entry.path.with_name(entry.manifest.file), *([wanted] if wanted.suffix == ".onnx" else [])]
        everywhere = list(self._files(".onnx"))
        likely = [path for path in everywhere if path.name == entry.manifest.file]
        yield from dict.fromkeys(path for path in (*near, *likely, *everywhere) if path.is_file())

    def _files(self, suffix: str) -> Iterator[Path]:
        for place in self.places:
            if place.is_dir():
                yield from sorted(place.glob(f"*{suffix}"))
            elif place.suffix == suffix and place.is_file():
                yield place


def _brings(manifest: Manifest) -> str:
    """The command that brings weights: those of a published model are fetched, others somebody must have."""
    told = (tomllib.loads(path.read_text("utf-8")) for path in sorted(UPSTREAM.glob("*.toml")))
    name = next((one["name"] for one in told if one["sha256"] == manifest.sha256), None)
    return f"provision models fetch {name}" if name else f"provision models add {manifest.file}"


def user_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where a person without root rights keeps models (XDG base directories)."""
    return Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "dongtou-edge" / "models"


def standard_catalog(own: Sequence[Path] = ()) -> Catalog:
    """What the device's configuration names first, then /etc, then the user's folder, then what came with the wheel."""
    return Catalog((*own, SYSTEM, user_folder(), PACKAGED, OWN_WEIGHTS))
