# SPDX-License-Identifier: Apache-2.0
"""`provision models`: take in a detector of one's own, and see which are ready."""

import json as jsons
import os
from pathlib import Path
from typing import Any

from edge.contract.problems import ProblemError, explain
from models.add import Added, Wish, draft, store
from models.catalog import SYSTEM, Catalog, Entry, standard_catalog, user_folder
from models.errors import ModelError, ModelFault
from provisioning.console import Terminal

COCO_MANIFEST = "yolox_nano_416"
"""Whose class names an unnamed model of 80 classes is taken to share."""


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
    terminal, catalog = Terminal(), standard_catalog()
    target = folder or (SYSTEM if os.geteuid() == 0 else user_folder())
    try:
        wish = Wish(
            name=name, classes=_class_names(classes), licence=licence, source=f"{file.name}, added on this device"
        )
        added = draft(file, wish, target, catalog.find(COCO_MANIFEST).manifest.classes)
        if not dry_run:
            store(file, added)
    except ModelError as wrong:
        raise ProblemError(wrong.fault.value, **wrong.facts) from wrong
    if json:
        terminal.data(jsons.dumps(_facts(added, written=not dry_run), ensure_ascii=False))
    else:
        _tell(terminal, added, target, written=not dry_run)
    return 0


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


def _tell(terminal: Terminal, added: Added, folder: Path, *, written: bool) -> None:
    manifest = added.manifest
    terminal.say(
        "models.added" if written else "models.would-add",
        name=manifest.name,
        path=added.path,
        classes=len(manifest.classes),
        layout=manifest.decoding.layout,
        size=f"{manifest.input.width} × {manifest.input.height}",
        run_ms=round(added.run_ms, 1),
    )
    terminal.say("models.used-kinds", kinds=", ".join(sorted(set(manifest.kinds.values()))))
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
