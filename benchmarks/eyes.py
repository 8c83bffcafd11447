# SPDX-License-Identifier: Apache-2.0
"""Which detector benchmarks look with, which one they compare with, and how one is built."""

from pathlib import Path
from typing import Final

from benchmarks.workplace import DATA
from edge.config.models import Detector as DetectorSettings
from edge.vision.detector import Detector
from edge.vision.detectors.build import build_detector

OURS: Final = "yolox_nano_416"
REFERENCE: Final = "yolox_nano_416"


def detector(name: str, *places: Path, tiles: tuple[int, int] = (1, 1), threshold: float | None = None) -> Detector:
    """The detector of that name, its weights looked for in `places` too. Raises `ProblemError` if there are none."""
    settings = DetectorSettings(kind="onnx", model=name, tiles=tiles, threshold=threshold)
    return build_detector(settings, [*places, DATA / "models"])
