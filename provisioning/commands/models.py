# SPDX-License-Identifier: Apache-2.0
"""`provision models`: take in a detector of one's own, and see which are ready."""

import hashlib
import json as jsons
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from edge.contract.problems import ProblemError, explain
from models.add import Added, Wish, draft, place, store
from models.catalog import PACKAGED, SYSTEM, Catalog, Entry, standard_catalog, user_folder
from models.errors import ModelError, ModelFault
from models.fetch import fetch as bring
from models.manifest import Manifest, name_from
from models.published import Origin, Upstream, upstream, upstream_names
from provisioning.console import Terminal
from provisioning.tryout import Tried, try_out

COCO_MANIFEST = "yolox_nano_416"
"""Whose class names an unnamed model of 80 classes is taken to share."""


def _whole_hash(_: type, value: str | None) -> None:
    if value is not None and not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError("a SHA-256 is 64 characters of 0-9 and a-f")


def add(
    file: Path,
    *,
    name: str | None = None,
    classes: Path | None = None,
    licence: str = "unknown",
    folder: Path | None = None,
    json: bool = False,
    dry_run: bool = False,
) -> int:
    """Take an ONNX detector of your own into a model folder, with a manifest that says how to feed and read it.

    Parameters
    ----------
    file
        The exported model: YOLOX, YOLOv8 or 11, NanoDet, FastestDet, RT-DETR or D-FINE, one picture [1, 3, H, W].
    name
        What to call it; the file's name if left out.
    classes
        A text file with one class name a line, in the order of the training. Not needed for COCO's 80 classes.
    licence
        The weights' licence (SPDX), kept in the manifest.
    folder
        Where to put it; /etc/dongtou-edge/models for root, else the user's data folder.
    json
        Print the outcome as one JSON object.
    dry_run
        Try the file and show what would be written; write nothing.
    """
    target = folder or _usual_folder()
    wish = _Own(name, classes, licence, f"{file.name}, added on this device")
    with _problems():
        known = _known(file) if name is None and classes is None else None
        if known is not None:
            path = target / known.file if dry_run else place(file, known, target)
            _told_placed(known, path, json=json, written=not dry_run)
            return 0
        added = _drafted(file, wish, target)
        tried = try_out(file, added)
        if not dry_run:
            store(file, added)
    _report(added, tried, target, json=json, written=not dry_run)
    return 0


def _known(file: Path) -> Manifest | None:
    """The manifest that came along for these very bytes."""
    if not file.is_file():
        return None
    entry = Catalog((PACKAGED,)).known(hashlib.sha256(file.read_bytes()).hexdigest())
    return entry.manifest if entry else None


def _told_placed(manifest: Manifest, path: Path, *, json: bool, written: bool) -> None:
    terminal = Terminal()
    if json:
        facts = {"name": manifest.name, "path": str(path), "written": written}
        terminal.data(jsons.dumps(facts, ensure_ascii=False))
    else:
        terminal.say("models.placed" if written else "models.would-place", name=manifest.name, path=path)


def fetch(
    name: str,
    *,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    sha256: Annotated[str | None, Parameter(validator=_whole_hash)] = None,
    classes: Path | None = None,
    licence: str = "unknown",
    folder: Path | None = None,
    json: bool = False,
) -> int:
    """Bring a published detector into a model folder; what breaks off goes on where it was.

    Parameters
    ----------
    name
        yolox-nano, yolox-tiny, yolox-s or nanodet-plus-m; with --from and --sha256 any name that is free.
    from_
        Another address of the file, such as a mirror of the district.
    sha256
        The file's hash, if it is none of the published models.
    classes
        As for `models add`.
    licence
        As for `models add`.
    folder
        Where to put it; /etc/dongtou-edge/models for root, else the user's data folder.
    json
        Print the outcome as one JSON object.
    """
    target = folder or _usual_folder()
    with _problems():
        known, origin, digest = _wanted(name, from_, sha256)
        manifest = target / f"{name_from(name) if known is None else known.manifest.name}.toml"
        if manifest.exists():
            raise ModelError(ModelFault.NAME_TAKEN, model=name, path=str(manifest))
        brought = target / f".{manifest.stem}.fetched.onnx"
        _brought(origin, digest, brought)
        try:
            wish = _Own(manifest.stem, classes, licence, origin.addresses[0])
            added = Added(known.manifest, manifest, 0.0) if known else _drafted(brought, wish, target)
            tried = try_out(brought, added)
            store(brought, added)
        finally:
            brought.unlink()
    _report(added, tried, target, json=json, written=True)
    return 0


def _wanted(name: str, from_: str | None, sha256: str | None) -> tuple[Upstream | None, Origin, str]:
    """The published model, if it is one, where to fetch it, and its hash."""
    if from_ and sha256:
        return None, Origin(addresses=(from_,)), sha256
    known = upstream(name)
    return known, Origin(addresses=(from_,)) if from_ else known.origin, known.manifest.sha256


def _brought(origin: Origin, sha256: str, file: Path) -> None:
    with Terminal().bar("models.fetching", origin.size or 1) as told:
        bring(origin, sha256, file, progress=lambda done, whole: told(done if whole else 0))


@dataclass(frozen=True, slots=True)
class _Own:
    """What a person says of a model that is nobody's published one."""

    name: str | None
    classes: Path | None
    licence: str
    source: str


def _drafted(file: Path, own: _Own, folder: Path) -> Added:
    wish = Wish(name=own.name, classes=_class_names(own.classes), licence=own.licence, source=own.source)
    return draft(file, wish, folder, standard_catalog().find(COCO_MANIFEST).manifest.classes)


@contextmanager
def _problems() -> Iterator[None]:
    """What is wrong with a model, in the words of the catalogue."""
    try:
        yield
    except ModelError as wrong:
        raise ProblemError(wrong.fault.value, **wrong.facts) from wrong


def _usual_folder() -> Path:
    return SYSTEM if os.geteuid() == 0 else user_folder()


def list_models(*, folder: Path | None = None, json: bool = False) -> int:
    """Show every known model, and whether its weights are here and unchanged.

    Parameters
    ----------
    folder
        Look here as well, before the usual places.
    json
        Print one JSON object for each model.
    """
    terminal, catalog = Terminal(), standard_catalog([folder] if folder else [])
    for entry in catalog.entries:
        state = _state(catalog, entry)
        if json:
            terminal.data(jsons.dumps(_row(entry, state), ensure_ascii=False))
        else:
            terminal.data(f"{entry.manifest.name:<24} {entry.manifest.licence:<14} {_told(terminal, state)}")
    if not catalog.entries and not json:
        terminal.say("models.none")
    if not json:
        terminal.say("models.to-fetch", names=", ".join(upstream_names()))
    return 0


def _told(terminal: Terminal, state: ProblemError | None) -> str:
    return terminal.words("models.ready") if state is None else explain(state.problem, terminal.language).meaning


def _state(catalog: Catalog, entry: Entry) -> ProblemError | None:
    try:
        catalog.open(entry.manifest.name)
    except ModelError as wrong:
        return ProblemError(wrong.fault.value, **wrong.facts)
    return None


def _class_names(file: Path | None) -> tuple[str, ...] | None:
    if file is None:
        return None
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise ModelError(ModelFault.CLASSES_WRONG, file=str(file), reason=str(wrong), count="-") from wrong
    return tuple(line.strip() for line in lines if line.strip())


def _report(added: Added, tried: Tried | None, folder: Path, *, json: bool, written: bool) -> None:
    terminal = Terminal()
    if json:
        facts = _facts(added, written=written) | {"tried": None if tried is None else asdict(tried)}
        terminal.data(jsons.dumps(facts, ensure_ascii=False))
    else:
        _tell(terminal, added, tried, folder, written=written)


def _tell(terminal: Terminal, added: Added, tried: Tried | None, folder: Path, *, written: bool) -> None:
    manifest = added.manifest
    terminal.say(
        "models.added" if written else "models.would-add",
        name=manifest.name,
        path=added.path,
        classes=len(manifest.classes),
        layout=manifest.decoding.layout,
        size=", ".join(f"{width} × {height}" for width, height in manifest.input.all_shapes),
    )
    terminal.say("models.used-kinds", kinds=", ".join(sorted(set(manifest.kinds.values()))))
    if tried is None:
        terminal.say("models.not-tried")
    else:
        terminal.say("models.tried", **asdict(tried))
        if tried.blind:
            terminal.say("models.sees-nothing", path=added.path)
        if tried.seeing_things:
            terminal.say("models.sees-phantoms", path=added.path)
    terminal.say("models.use", name=manifest.name, folder=folder)


def _facts(added: Added, *, written: bool) -> dict[str, Any]:
    return {
        "name": added.manifest.name,
        "path": str(added.path),
        "written": written,
        "run_ms": round(added.run_ms, 2),
        "manifest": added.manifest.model_dump(mode="json"),
    }


def _row(entry: Entry, state: ProblemError | None) -> dict[str, Any]:
    manifest = entry.manifest
    return {
        "name": manifest.name,
        "version": manifest.version,
        "task": manifest.task,
        "licence": manifest.licence,
        "manifest": str(entry.path),
        "ready": state is None,
        "problem": None if state is None else state.problem.model_dump(mode="json"),
    }
