# SPDX-License-Identifier: Apache-2.0
"""Takes a model of the user's own into a folder: tries it, recognises its layout, writes its manifest."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.errors import ModelError, ModelFault
from models.layouts import Answer, fed, recognise
from models.manifest import Decoding, Detr, Input, Manifest, Name, Thresholds, Yolox, name_from
from models.written import manifest_toml

PROBE_S = 120
OPEN = (416, 416)
"""What a model with open sides is said to take, besides the other shapes that `models.probe` tried it with."""
FLOATS, WHOLE = "tensor(float)", "tensor(int64)"
_NAME: TypeAdapter[str] = TypeAdapter(Name)
COCO_COUNT = 80
RAW_AT_MOST = 30.0
"""Raw answers to a blank picture are offsets and logarithms below ten; decoded ones are pixels in the hundreds."""
KIND_OF = {
    "car": "car",
    "van": "van",
    "minivan": "van",
    "bus": "bus",
    "truck": "truck",
    "lorry": "truck",
    "vehicle": "vehicle",
    "motorcycle": "two-wheeler",
    "motorbike": "two-wheeler",
    "bicycle": "two-wheeler",
    "bike": "two-wheeler",
    "scooter": "two-wheeler",
    "two-wheeler": "two-wheeler",
    "rider": "person",
    "person": "person",
    "pedestrian": "person",
}
"""Usual names of classes and what they are to a role."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user says of the model; None is worked out from the file."""

    name: str | None = None
    classes: tuple[str, ...] | None = None
    licence: str = "unknown"
    source: str = "added by hand"
    score: float = 0.3


@dataclass(frozen=True, slots=True)
class Added:
    """The outcome: the manifest, where it lies (or would lie), and the milliseconds one picture costs here."""

    manifest: Manifest
    path: Path
    run_ms: float


def draft(file: Path, wish: Wish, folder: Path, coco: Sequence[str]) -> Added:
    """What adding `file` to `folder` would write; nothing is written. Raises `ModelError`."""
    if not file.is_file():
        raise ModelError(ModelFault.INPUT_MISSING, file=str(file))
    name = _name(file, wish)
    facts = _probed(file)
    taken = _input(file, facts)
    decoding, count = _decoding(file, taken, facts)
    classes = _classes(file, wish, count, coco)
    try:
        manifest = Manifest(
            name=name,
            version="1",
            task="detect",
            input=fed(taken, decoding),
            decoding=decoding,
            classes=classes,
            kinds={one: KIND_OF[one.lower()] for one in classes if one.lower() in KIND_OF},
            thresholds=Thresholds(score=wish.score),
            licence=wish.licence,
            source=wish.source,
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
            file=f"{name}.onnx",
        )
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise ModelError(ModelFault.MANIFEST_INVALID, path=f"{name}.toml", reason=reason) from wrong
    return Added(manifest, folder / f"{name}.toml", float(facts["run_ms"]))


def place(file: Path, manifest: Manifest, folder: Path) -> Path:
    """Put weights whose manifest is known already into a folder that is searched. Raises `ModelError`."""
    target = folder / manifest.file
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _put(target, file.read_bytes())
    except OSError as wrong:
        raise ModelError(ModelFault.FOLDER_REFUSED, folder=str(folder), reason=wrong.strerror or str(wrong)) from wrong
    return target


def store(file: Path, added: Added) -> None:
    """Put the weights and then the manifest into its folder, each whole or not at all. Raises `ModelError`."""
    folder = added.path.parent
    if added.path.exists():
        raise ModelError(ModelFault.NAME_TAKEN, model=added.manifest.name, path=str(added.path))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _put(folder / added.manifest.file, file.read_bytes())
        _put(added.path, manifest_toml(added.manifest).encode())
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise ModelError(ModelFault.FOLDER_REFUSED, folder=str(folder), reason=reason) from wrong


def _name(file: Path, wish: Wish) -> str:
    """A name that is given is taken as it is or not at all; a file's own is bent until it fits."""
    if wish.name is None:
        return name_from(file.stem)
    try:
        return _NAME.validate_python(wish.name)
    except ValidationError as wrong:
        raise ModelError(ModelFault.NAME_REFUSED, name=wish.name, near=name_from(wish.name)) from wrong


def _put(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)


def _probed(file: Path) -> dict[str, Any]:
    """What `models.probe` says of the file; it runs apart, so that a file that crashes it is only a bad file."""
    command = [sys.executable, "-P", "-m", "models.probe", str(file)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PROBE_S, check=False)
    except subprocess.TimeoutExpired as wrong:
        reason = f"it did not answer within {PROBE_S} s"
        raise ModelError(ModelFault.UNREADABLE, file=str(file), reason=reason) from wrong
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError as wrong:
        reason = f"onnxruntime crashed on it (exit code {done.returncode})"
        raise ModelError(ModelFault.UNREADABLE, file=str(file), reason=reason) from wrong
    if "fault" in answer:
        raise ModelError(ModelFault(answer["fault"]), **answer["facts"])
    return answer


def _input(file: Path, facts: dict[str, Any]) -> Input:
    inputs = facts["inputs"]
    pictures = [one for one in inputs if one["type"] == FLOATS]
    match [one["shape"] for one in pictures]:
        case [[1 | str() | None, 3, height, width]] if len(inputs) - 1 == sum(map(_sizes, inputs)):
            name = pictures[0]["name"]
            if isinstance(height, int) and isinstance(width, int):
                return Input(name=name, width=width, height=height)
            return Input(name=name, width=OPEN[0], height=OPEN[1], shapes=tuple(map(tuple, facts["also"])))
        case _:
            told = "; ".join(f"{one['name']} {one['shape']} {one['type']}" for one in inputs)
            raise ModelError(ModelFault.LAYOUT_UNKNOWN, file=str(file), reason=f"its inputs are {told}")


def _decoding(file: Path, taken: Input, facts: dict[str, Any]) -> tuple[Decoding, int | None]:
    answers = [Answer(one["name"], tuple(one["shape"]), one["type"] == WHOLE) for one in facts["outputs"]]
    known = recognise(taken.width, taken.height, answers)
    if known is None:
        told = "; ".join(f"{one.name} {list(one.shape)}" for one in answers)
        raise ModelError(ModelFault.LAYOUT_UNKNOWN, file=str(file), reason=f"its outputs are {told}")
    decoding, count = known
    if isinstance(decoding, Yolox) and facts["outputs"][0]["largest"] > RAW_AT_MOST:
        return decoding.model_copy(update={"decoded": True}), count
    if isinstance(decoding, Detr):
        sizes = next((one["name"] for one in facts["inputs"] if _sizes(one)), None)
        return decoding.model_copy(update={"sizes_input": sizes}), count
    return decoding, count


def _sizes(one: dict[str, Any]) -> bool:
    """Whether an input asks for the picture's size."""
    return bool(one["type"] == WHOLE)


def _classes(file: Path, wish: Wish, count: int | None, coco: Sequence[str]) -> tuple[str, ...]:
    classes = wish.classes or (tuple(coco) if count in {COCO_COUNT, None} else ())
    if count is not None and len(classes) != count:
        reason = f"{len(classes)} are named, it has {count}"
        raise ModelError(ModelFault.CLASSES_WRONG, file=str(file), reason=reason, count=str(count))
    if not any(one.lower() in KIND_OF for one in classes):
        reason = f"none of them is one of {', '.join(KIND_OF)}"
        raise ModelError(ModelFault.CLASSES_WRONG, file=str(file), reason=reason, count=str(count or len(classes)))
    return classes
