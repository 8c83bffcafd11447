# SPDX-License-Identifier: Apache-2.0
"""Each layout, with an answer written by hand: the one object is where the numbers say, and nothing else is there."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.workplace import DATA
from edge.core.tracks import VEHICLES, Kind
from edge.vision.detector import Detection
from edge.vision.detectors.onnx import OnnxDetector
from models.catalog import Model, standard_catalog
from models.layouts import fed
from models.manifest import Decoding, Detr, End2end, Fastestdet, Input, Manifest, Nanodet, Thresholds
from tests.models.tiny_onnx import FLOAT, INT64, SIDE, answering

CLASSES = ("tree", "car", "truck")
PLUS, OLDER = Nanodet(), Nanodet(strides=(8, 16, 32), middle=0.5)


def found(decoding: Decoding, answers: Mapping[str, NDArray[Any]], *, sizes: str | None = None) -> list[Detection]:
    inputs = {"images": ((1, 3, SIDE, SIDE), FLOAT)} | ({sizes: ((1, 2), INT64)} if sizes else {})
    weights = answering(answers, inputs)
    manifest = Manifest(
        name="tiny",
        version="1",
        task="detect",
        input=fed(Input(name="images", width=SIDE, height=SIDE), decoding),
        decoding=decoding,
        classes=CLASSES,
        kinds={"car": "car", "truck": "truck"},
        thresholds=Thresholds(score=0.3),
        licence="Apache-2.0",
        source="a test",
        sha256=hashlib.sha256(weights).hexdigest(),
        file="tiny.onnx",
    )
    return OnnxDetector(Model(manifest, weights)).detect(np.zeros((SIDE, 2 * SIDE, 3), np.uint8))


def is_the_truck(one: Detection, *corners: float) -> None:
    assert one.kind is Kind.TRUCK
    assert one.score == pytest.approx(0.8, abs=0.01)
    assert (one.box.left, one.box.top, one.box.right, one.box.bottom) == pytest.approx(corners, abs=0.01)


@pytest.mark.parametrize(("layout", "rows", "shift"), [(PLUS, 22, 0.0), (OLDER, 21, 4 / SIDE)])
def test_nanodet_measures_from_its_cell(layout: Nanodet, rows: int, shift: float) -> None:
    """Cell 5 of stride 8 begins at (8, 8); one stride to each side, half a cell further for the older model."""
    answer = np.zeros((1, rows, 3 + 32), np.float32)
    answer[0, 5, 2] = 0.8
    answer[0, 5, [3 + 8 * side + 1 for side in range(4)]] = 50.0
    (one,) = found(layout, {"output": answer})
    is_the_truck(one, 0.0 + shift, 0.0 + shift, 0.5 + shift, 0.5 + shift)


def test_fastestdet_weighs_two_scores() -> None:
    """The middle is a tangent off the cell's corner, the size a logistic part of the picture."""
    answer = np.zeros((1, 8, 2, 2), np.float32)
    answer[0, :, 1, 0] = (0.8, np.arctanh(0.5), np.arctanh(0.5), 0.0, -1.0986, 0.0, 0.0, 0.8)
    (one,) = found(Fastestdet(), {"output": answer})
    is_the_truck(one, 0.0, 0.625, 0.5, 0.875)


def test_a_chosen_list_is_taken_as_it_is() -> None:
    """[1, N, 6] holds corners, score and class; a tree in it is left out."""
    answer = np.zeros((1, 300, 6), np.float32)
    answer[0, 0] = (8, 12, 24, 20, 0.8, 2)
    answer[0, 1] = (0, 0, 8, 8, 0.9, 0)
    (one,) = found(End2end(), {"output": answer})
    is_the_truck(one, 0.25, 0.25, 0.75, 0.75)


@pytest.mark.parametrize("names", [("logits", "boxes"), ("boxes", "logits")])
def test_detr_logits_become_scores(names: tuple[str, str]) -> None:
    """Boxes are parts of the input, whichever output comes first; the score is the logit's logistic."""
    logits, boxes = np.full((1, 50, 3), -9.0, np.float32), np.zeros((1, 50, 4), np.float32)
    logits[0, 7, 2], boxes[0, 7] = 1.3863, (0.5, 0.5, 0.5, 0.25)
    answers = {"logits": logits, "boxes": boxes}
    (one,) = found(Detr(queries=50), {name: answers[name] for name in names})
    is_the_truck(one, 0.25, 0.375, 0.75, 0.625)


def test_detr_that_has_chosen_is_given_the_size() -> None:
    """The second input is fed, and corners come back in pixels of the input."""
    labels, scores = np.zeros((1, 50), np.int64), np.zeros((1, 50), np.float32)
    boxes = np.zeros((1, 50, 4), np.float32)
    labels[0, 3], scores[0, 3], boxes[0, 3] = 2, 0.8, (8, 12, 24, 20)
    answers: dict[str, NDArray[Any]] = {"labels": labels, "boxes": boxes, "scores": scores}
    (one,) = found(Detr(queries=50, chosen=True, sizes_input="orig_target_sizes"), answers, sizes="orig_target_sizes")
    is_the_truck(one, 0.25, 0.375, 0.75, 0.625)


def test_the_published_fastestdet_sees_the_highway() -> None:
    """A real model of this layout, fed and read by what its shapes told, finds vehicles where YOLOX-nano does."""
    file = DATA / "models" / "fastestdet_352.onnx"
    if not file.is_file():
        pytest.skip("the shared models are not on this machine")
    coco = standard_catalog([DATA / "models"]).open("yolox_nano_416")
    manifest = coco.manifest.model_copy(
        update={
            "input": fed(Input(name=_input_name(file), width=352, height=352), Fastestdet()),
            "decoding": Fastestdet(),
        }
    )
    picture = np.asarray(cv2.imread(str(DATA / "video" / "highway_frames" / "input" / "in001150.jpg")), np.uint8)
    fastest = OnnxDetector(Model(manifest, file.read_bytes()), threshold=0.4).detect(picture)
    sure = [one for one in OnnxDetector(coco, threshold=0.5).detect(picture) if one.kind in VEHICLES]
    assert sure
    assert all(max((one.box.iou(other.box) for other in fastest), default=0.0) > 0.5 for one in sure)


def _input_name(file: Path) -> str:
    import onnxruntime  # noqa: PLC0415 - needed where the shared model is

    return str(onnxruntime.InferenceSession(str(file)).get_inputs()[0].name)
