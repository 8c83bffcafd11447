# SPDX-License-Identifier: Apache-2.0
"""What `edge-agent check` can know of a model without loading native code."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from edge.config.models import Detector
from edge.contract.problems import ProblemError
from edge.vision.detectors.choice import chosen_model

MANIFEST = """
name = "tiny"
version = "1"
task = "detect"
classes = ["car"]
licence = "Apache-2.0"
source = "a test"
sha256 = "{sha256}"
file = "tiny.onnx"
kinds = {{ car = "car" }}
input = {{ name = "images", width = 64, height = 64, channels = "bgr", fit = {{ how = "stretch" }} }}
decoding = {{ layout = "yolox", strides = [8, 16, 32], decoded = false }}
thresholds = {{ score = 0.3, nms_iou = 0.45 }}
"""

NATIVE = """
import sys, edge.vision.detectors.choice
print(sorted({'cv2', 'numpy', 'onnxruntime'} & set(sys.modules)))
"""


def model_folder(folder: Path, weights: bytes) -> Path:
    """A folder with a model whose manifest vouches for b"weights"."""
    (folder / "tiny.toml").write_text(MANIFEST.format(sha256=hashlib.sha256(b"weights").hexdigest()), "utf-8")
    (folder / "tiny.onnx").write_bytes(weights)
    return folder


def test_a_model_is_handed_out_when_its_hash_holds(tmp_path: Path) -> None:
    """What was checked is what runs: the bytes come with the manifest."""
    chosen = chosen_model(Detector(kind="onnx", model="tiny"), [model_folder(tmp_path, b"weights")])
    assert (chosen.manifest.name, chosen.weights) == ("tiny", b"weights")


@pytest.mark.parametrize(
    ("model", "weights", "code"),
    [
        (None, b"weights", "model-unnamed"),
        ("tinny", b"weights", "model-unknown"),
        ("tiny", b"other", "model-file-changed"),
    ],
)
def test_a_model_that_cannot_be_used_is_named(tmp_path: Path, model: str | None, weights: bytes, code: str) -> None:
    """Unnamed, unknown, or not the bytes that were vouched for: each has its code and next step."""
    with pytest.raises(ProblemError) as refused:
        chosen_model(Detector(kind="onnx", model=model), [model_folder(tmp_path, weights)])
    assert refused.value.problem.code == code


def test_asking_loads_no_native_code() -> None:
    """The agent's own process may check a model without carrying OpenCV, numpy or onnxruntime."""
    loaded = subprocess.run([sys.executable, "-c", NATIVE], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
