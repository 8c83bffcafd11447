# SPDX-License-Identifier: Apache-2.0
"""From a camera's settings to its detector. What a kind needs is imported only when it is asked for."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import assert_never

import numpy as np

from edge.config.models import Detector as DetectorSettings
from edge.contract.problems import ProblemError
from edge.vision.detector import Detector
from edge.vision.detectors.choice import chosen_model
from models.errors import ModelError


def build_detector(settings: DetectorSettings, model_files: Sequence[Path], memory: Path | None = None) -> Detector:
    """The detector of these settings; `model_files` are the config's `models`. Raises `ProblemError`.

    `memory` is a folder in which it may keep what it must still know after a restart.
    """
    match settings.kind:
        case "motion":
            from edge.vision.detectors.motion import MotionDetector  # noqa: PLC0415 - onnx devices do not need it
            from edge.vision.detectors.recollection import Recollection  # noqa: PLC0415 - the same

            return MotionDetector(Recollection(memory) if memory else None)
        case "onnx":
            from edge.vision.detectors.onnx import OnnxDetector  # noqa: PLC0415 - onnxruntime costs 30 MiB

            model = chosen_model(settings, model_files)
            try:
                return OnnxDetector(model, settings.threshold, settings.tiles)
            except ModelError as wrong:
                raise ProblemError(wrong.fault, **wrong.facts) from wrong
        case _:
            assert_never(settings.kind)


def prepare_detector(settings: DetectorSettings, model_files: Sequence[Path]) -> None:
    """Build one and let it look, so that processes forked from here share what that loads. What fails, fails there."""
    with suppress(ProblemError):
        build_detector(settings, model_files).detect(np.zeros((1080, 1920, 3), np.uint8))
