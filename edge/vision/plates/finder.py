# SPDX-License-Identifier: Apache-2.0
"""Finds plates by a model that tells their corners: the y5fu type (a one-stage detector with four corner points)."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract.problems import ProblemError
from edge.vision.detectors.fit import Fitter, Floats
from edge.vision.plates.cutout import PlateFound
from edge.vision.source import Image
from models.catalog import Model
from models.manifest import Y5fu
from models.session import RUN_FAULTS, open_session

MOST: Final = 8
"""Places handed on from one picture, the likeliest."""
_BOX, _SCORE, _CORNERS, _LINES = slice(0, 4), 4, slice(5, 13), slice(13, 15)


class ModelFinder:
    """One session; the picture is looked at as a whole. Raises `ModelError`, `ProblemError` model-unsuited."""

    def __init__(self, model: Model) -> None:
        manifest = model.manifest
        if not isinstance(manifest.decoding, Y5fu):
            reason = f"its layout is {manifest.decoding.layout}, not y5fu"
            raise ProblemError("model-unsuited", model=manifest.name, reason=reason)
        self._thresholds = manifest.thresholds
        self._fitter = Fitter(manifest.input)
        self._name = manifest.input.name
        self._session = open_session(model.weights, manifest.file)
        self._try_once(manifest.name)

    def find(self, picture: Image) -> list[PlateFound]:
        """Plates, the surest first, of several that overlap only the surest."""
        tensor, fitted = self._fitter.fit(picture)
        answer: Floats = self._session.run(None, {self._name: tensor})[0]
        rows = answer[0][answer[0][:, _SCORE] >= self._thresholds.score]
        scores = rows[:, _SCORE] * rows[:, _LINES].max(axis=1, initial=0.0)
        kept = _surest(rows[:, _BOX], scores, self._thresholds.nms_iou)
        corners = fitted.restore(rows[kept, _CORNERS].reshape(-1, 4)).reshape(-1, 4, 2)
        two = rows[kept, _LINES].argmax(axis=1)
        return [
            PlateFound(where, float(score), bool(lines))
            for where, score, lines in zip(corners, scores[kept], two, strict=True)
        ]

    def _try_once(self, name: str) -> None:
        tensor, _ = self._fitter.fit(np.zeros((64, 64, 3), np.uint8))
        try:
            shape = self._session.run(None, {self._name: tensor})[0].shape
        except RUN_FAULTS as wrong:
            raise ProblemError("model-unsuited", model=name, reason=str(wrong)) from wrong
        if len(shape) != 3 or shape[2] != _LINES.stop:  # noqa: PLR2004 - batch, rows, columns
            raise ProblemError("model-unsuited", model=name, reason=f"it answers {shape}, y5fu has 15 columns")


def _surest(boxes: Floats, scores: NDArray[np.float32], iou: float) -> list[int]:
    """Rows to keep, the surest first (non-maximum suppression)."""
    upright = np.concatenate((boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]), axis=1)
    kept = cv2.dnn.NMSBoxes(upright.tolist(), scores.tolist(), 0.0, iou)
    return [int(row) for row in np.asarray(kept).reshape(-1)[:MOST]]
