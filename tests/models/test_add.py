# SPDX-License-Identifier: Apache-2.0

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.workplace import DATA
from edge.contract.problems import ProblemError
from models.add import Added, Wish, draft, store
from models.catalog import standard_catalog
from models.layouts import Answer, recognise
from models.manifest import Detr, End2end, Fastestdet, Nanodet, Stretch, Yolov8, Yolox, read_manifest
from provisioning.commands.models import add, list_models
from provisioning.tryout import try_out
from tests.models.tiny_onnx import CELLS, FLOAT, INT64, SIDE, answering, growing, tiny_model, yolox_answer

SHARED = DATA / "models"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "My Lot v2.onnx"
    file.write_bytes(tiny_model(yolox_answer(3, [(0, 0.9, 0.0)])))
    return file


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    file = tmp_path / "classes.txt"
    file.write_text("car\nperson\n树\n", "utf-8")
    return file


def taken_in(file: Path, classes: Path, folder: Path, name: str | None = None) -> Added:
    """Add a model as the command does, but for showing it frames, which takes a second."""
    words = tuple(classes.read_text("utf-8").split())
    added = draft(file, Wish(name=name, classes=words), folder, ())
    store(file, added)
    return added


def problem_of(file: Path, folder: Path, classes: Path | None = None) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        add(file, classes=classes, folder=folder)
    return caught.value


def test_a_yolox_export_is_added_with_its_manifest(
    model: Path, classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is copied, its layout recognised, its classes mapped, and it is listed as ready."""
    folder = tmp_path / "models"
    assert add(model, classes=classes, folder=folder, json=True) == 0
    told = json.loads(capsys.readouterr().out)
    manifest = read_manifest(folder / "my_lot_v2.toml")
    assert told["written"] is True
    assert manifest.decoding == Yolox()
    assert manifest.kinds == {"car": "car", "person": "person"}
    assert (folder / "my_lot_v2.onnx").read_bytes() == model.read_bytes()
    assert list_models(folder=folder, json=True) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert next(row for row in rows if row["name"] == "my_lot_v2")["ready"] is True
    assert list_models(folder=folder) == 0
    assert "yolox-nano" in capsys.readouterr().err


def test_a_model_that_sees_nothing_is_taken_with_a_warning(
    classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was shown plain vehicles and found none: it is added, and where to look for the mistake is told."""
    file = tmp_path / "blind.onnx"
    file.write_bytes(tiny_model(yolox_answer(3, [])))
    assert add(file, classes=classes, folder=tmp_path / "models") == 0
    told = capsys.readouterr().err
    assert "0 of" in told
    assert f"channels, scale, fit and classes in {tmp_path}/models/blind.toml" in told


def test_a_model_that_sees_things_is_taken_with_a_warning(
    model: Path, classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that finds the same in an empty street is told as such, with its time a frame."""
    add(model, classes=classes, folder=tmp_path / "models", json=True)
    tried = json.loads(capsys.readouterr().out)["tried"]
    assert tried["phantoms"] >= tried["frames"] // 2
    assert tried["ms"] > 0
    add(model, name="again", classes=classes, folder=tmp_path / "models")
    assert "where there are none" in capsys.readouterr().err


def test_the_published_yolox_nano_passes_its_trial() -> None:
    """A real detector sees the painted street: nearly every vehicle, and nothing that is not there."""
    if not (SHARED / "yolox_nano_416.onnx").is_file():
        pytest.skip("the shared models are not on this machine")
    manifest = standard_catalog().find("yolox_nano_416").manifest
    tried = try_out(SHARED / "yolox_nano_416.onnx", Added(manifest, Path("yolox_nano_416.toml"), 0.0))
    assert tried is not None
    assert tried.found >= 0.9 * tried.vehicles > 10
    assert not tried.blind
    assert not tried.seeing_things


def test_a_script_of_the_same_name_is_not_run(
    model: Path, classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever trains has a `models.py` beside the file: it is nobody's business what that does."""
    (tmp_path / "models.py").write_text("raise SystemExit('not meant to run')\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert taken_in(model, classes, tmp_path / "taken").manifest.decoding == Yolox()


def test_a_dry_run_writes_nothing(model: Path, classes: Path, tmp_path: Path) -> None:
    """It is tried and told, and the folder is not even made."""
    assert add(model, classes=classes, folder=tmp_path / "models", dry_run=True) == 0
    assert not (tmp_path / "models").exists()


def test_a_decoded_export_is_told_from_a_raw_one(classes: Path, tmp_path: Path) -> None:
    """Boxes in pixels have the same shape as raw ones; reading them as raw would give nonsense without a word."""
    answer = yolox_answer(3, [(0, 0.9, 0.0)])
    answer[0, :, :4] *= 200
    answer[0, 5, :4] = (400.0, 300.0, 80.0, 40.0)
    file = tmp_path / "decoded.onnx"
    file.write_bytes(tiny_model(answer))
    taken_in(file, classes, tmp_path / "models")
    assert read_manifest(tmp_path / "models" / "decoded.toml").decoding == Yolox(decoded=True)


def test_a_yolov8_export_is_recognised(classes: Path, tmp_path: Path) -> None:
    """[1, 4 + C, N] is YOLOv8, fed with RGB between 0 and 1."""
    file = tmp_path / "v8.onnx"
    file.write_bytes(tiny_model(np.zeros((1, 7, CELLS), np.float32)))
    taken_in(file, classes, tmp_path / "models")
    manifest = read_manifest(tmp_path / "models" / "v8.toml")
    assert manifest.decoding == Yolov8()
    assert manifest.input.channels == "rgb"


def test_a_model_with_open_sides_takes_three_shapes(classes: Path, tmp_path: Path) -> None:
    """What runs square, wide and upright is given each picture in the shape that it fills best."""
    file = tmp_path / "open.onnx"
    file.write_bytes(growing(3))
    taken_in(file, classes, tmp_path / "models")
    manifest = read_manifest(tmp_path / "models" / "open.toml")
    assert manifest.decoding == Yolox()
    assert manifest.input.all_shapes == ((416, 416), (544, 320), (320, 544))


def test_a_model_that_has_chosen_is_added_with_its_second_input(classes: Path, tmp_path: Path) -> None:
    """An export of D-FINE or RT-DETR with three outputs is fed the picture's size by the name it asks for."""
    answers: dict[str, NDArray[Any]] = {
        "labels": np.zeros((1, 20), np.int64),
        "boxes": np.zeros((1, 20, 4), np.float32),
        "scores": np.zeros((1, 20), np.float32),
    }
    inputs = {"images": ((1, 3, SIDE, SIDE), FLOAT), "orig_target_sizes": ((1, 2), INT64)}
    file = tmp_path / "dfine.onnx"
    file.write_bytes(answering(answers, inputs))
    taken_in(file, classes, tmp_path / "models")
    manifest = read_manifest(tmp_path / "models" / "dfine.toml")
    assert manifest.decoding == Detr(queries=20, chosen=True, sizes_input="orig_target_sizes")
    assert manifest.input.fit == Stretch()


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_relative_folder_is_told_once(
    dry_run: bool,
    model: Path,
    classes: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The path that is told is the manifest's, from where the command was given."""
    monkeypatch.chdir(tmp_path)
    add(model, classes=classes, folder=Path("mods"), json=True, dry_run=dry_run)
    told = Path(json.loads(capsys.readouterr().out)["path"])
    assert told == Path("mods/my_lot_v2.toml")
    assert told.exists() is not dry_run


def test_a_file_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    """A misspelt path is no installed manifest without weights."""
    wrong = problem_of(tmp_path / "no.onnx", tmp_path / "models")
    assert wrong.problem.code == "model-input-missing"
    assert f"There is no file {tmp_path}/no.onnx" in str(wrong)


@pytest.mark.parametrize("name", ["My Model", "../x", "", "a--b", "x" * 65])
def test_a_bad_name_is_told_with_a_better_one(name: str, model: Path, classes: Path, tmp_path: Path) -> None:
    """It is the name that is refused, not a manifest that nobody has written."""
    with pytest.raises(ProblemError) as caught:
        add(model, name=name, classes=classes, folder=tmp_path / "models")
    assert caught.value.problem.code == "model-name-refused"
    better = str(caught.value.problem.detail["near"])
    assert taken_in(model, classes, tmp_path / "models", name=better).manifest.name == better


@pytest.mark.skipif(not SHARED.is_dir(), reason="no published models here")
def test_weights_whose_manifest_came_along_are_put_where_they_are_found(tmp_path: Path) -> None:
    """Plate finders are no detectors, and are taken all the same: they are known to the byte."""
    folder = tmp_path / "models"
    assert add(SHARED / "plate_y5fu_320.onnx", folder=folder) == 0
    assert standard_catalog([folder]).open("plate_y5fu_320").manifest.sha256
    assert [file.name for file in folder.iterdir()] == ["plate_y5fu_320.onnx"]


def test_no_model_at_all_is_refused(tmp_path: Path) -> None:
    """A text file is told as unreadable, not as a crash."""
    file = tmp_path / "notes.onnx"
    file.write_text("not a model", "utf-8")
    assert problem_of(file, tmp_path / "models").problem.code == "model-unreadable"


def test_an_unknown_layout_is_refused(tmp_path: Path) -> None:
    """A classifier's answer cannot be decoded, and the next step says what can."""
    file = tmp_path / "classifier.onnx"
    file.write_bytes(tiny_model(np.zeros((1, 1000), np.float32)))
    wrong = problem_of(file, tmp_path / "models")
    assert wrong.problem.code == "model-layout-unknown"
    assert "YOLOX" in str(wrong)


def test_a_grey_input_is_refused(tmp_path: Path) -> None:
    """A model that wants one channel cannot be fed with a camera's three."""
    file = tmp_path / "grey.onnx"
    file.write_bytes(tiny_model(yolox_answer(3, []), shape=(1, 1, SIDE, SIDE)))
    assert problem_of(file, tmp_path / "models").problem.code == "model-layout-unknown"


def test_the_number_of_classes_must_fit(model: Path, tmp_path: Path) -> None:
    """Three outputs need three names; without a list they are not guessed."""
    wrong = problem_of(model, tmp_path / "models")
    assert wrong.problem.code == "model-classes-wrong"
    assert wrong.problem.detail["count"] == "3"


def test_a_taken_name_is_not_overwritten(model: Path, classes: Path, tmp_path: Path) -> None:
    """The first model of a name stays until somebody removes it."""
    taken_in(model, classes, tmp_path / "models")
    assert problem_of(model, tmp_path / "models", classes).problem.code == "model-name-taken"


def answer(*shape: int, name: str = "output", whole: bool = False) -> Answer:
    return Answer(name, shape, whole)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([answer(1, 3549, 85)], (Yolox(), 80)),
        ([answer(1, 84, 3549)], (Yolov8(), 80)),
        ([answer(1, 3585, 8)], (Yolox(strides=(8, 16, 32, 64)), 3)),
        ([answer(1, 300, 6)], (End2end(), None)),
        ([answer(1, 3598, 112)], (Nanodet(), 80)),
        ([answer(1, 3598, 38)], (Nanodet(), 6)),
        ([answer(1, 3549, 112)], (Nanodet(strides=(8, 16, 32), middle=0.5), 80)),
        ([answer(1, 85, 26, 26)], (Fastestdet(), 80)),
        ([answer(1, 85, 22, 22)], None),
        ([answer(1, 300, 80, name="pred_logits"), answer(1, 300, 4, name="pred_boxes")], (Detr(), 80)),
        ([answer(1, 300, 4, name="boxes"), answer(1, 300, 4, name="logits")], (Detr(), 4)),
        ([answer(1, 100, whole=True), answer(1, 100, 4), answer(1, 100)], (Detr(queries=100, chosen=True), None)),
        ([answer(1, 3549, 5)], None),
        ([answer(2, 3549, 85)], None),
        ([answer(1, 1000)], None),
        ([answer(1, 300, 80), answer(1, 200, 4)], None),
    ],
)
def test_layouts_are_told_by_their_shapes(answers: list[Answer], expected: tuple[object, int | None] | None) -> None:
    """What is recognised on a 416 × 416 input, and what is not."""
    assert recognise(416, 416, answers) == expected


def test_listing_models_loads_no_native_code() -> None:
    """The technician's tool works on a laptop without onnxruntime, OpenCV and numpy."""
    native = ("cv2", "numpy", "onnxruntime")
    program = f"import sys, provisioning.commands.models; print([name for name in {native} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
