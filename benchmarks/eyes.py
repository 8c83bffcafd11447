# SPDX-License-Identifier: Apache-2.0
"""Which detector benchmarks look with, which one they compare with, and how one is built."""

from contextlib import suppress
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.figures import progress
from benchmarks.workplace import DATA
from edge.config.models import Detector as DetectorSettings
from edge.contract.problems import ProblemError
from edge.vision.detector import Detector
from edge.vision.detectors.build import build_detector
from edge.vision.detectors.choice import chosen_model
from edge.vision.source import Image
from models.add import Wish, draft, store
from models.catalog import PACKAGED
from models.manifest import read_manifest

OURS: Final = "dongtou_street"
REFERENCE: Final = "yolox_nano_416"
FETCHED: Final = "yolox-nano"
"""The same network as `provision models fetch` brings it: the release's own export, other bytes."""


def detector(name: str, *places: Path, tiles: tuple[int, int] = (1, 1), threshold: float | None = None) -> Detector:
    """The detector of that name, its weights looked for in `places` too. Raises `ProblemError` if there are none."""
    settings = DetectorSettings(kind="onnx", model=name, tiles=tiles, threshold=threshold)
    return build_detector(settings, [*places, DATA / "models"])


def reference(*places: Path) -> str | None:
    """The name of YOLOX-nano, wherever it is; None where it is not, and then how to get it is told."""
    for name in (REFERENCE, FETCHED):
        with suppress(ProblemError):
            chosen_model(DetectorSettings(kind="onnx", model=name), [*places, DATA / "models"])
            return name
    progress(f"  YOLOX-nano is not here to compare with: put {REFERENCE}.onnx into DIR/models,")
    progress(f"  or run `provision models fetch {FETCHED}`")
    return None


def added(file: Path, folder: Path, score: float = 0.3) -> Detector:
    """The detector of somebody's own COCO weights, taken into `folder` as `provision models add` takes them."""
    names = read_manifest(PACKAGED / f"{REFERENCE}.toml").classes
    taken = draft(file, Wish(score=score), folder, names)
    store(file, taken)
    return detector(taken.manifest.name, folder)


def picture(file: Path) -> Image | None:
    """A picture's pixels; one that cannot be read is told of and left out."""
    content = file.read_bytes() if file.is_file() else b""
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if image is None:
        progress(f"  cannot be read: {file}")
        return None
    return np.asarray(image, np.uint8)
