# SPDX-License-Identifier: Apache-2.0
"""Whether something stands inside an outline, from its own pixels and a little around them: all outlines in one run."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.config.models import Detector as DetectorSettings
from edge.contract.problems import ProblemError
from edge.core.errands import Corners
from edge.vision.detectors.choice import chosen_model
from edge.vision.source import Image
from models.catalog import Model
from models.errors import ModelError
from models.manifest import Outlined
from models.outlines import cut, tensor
from models.session import RUN_FAULTS, open_session

MODEL = "dongtou_space"
"""The model of our own that comes along; a device's `models` may hold another of this name."""


class SpaceClassifier:
    """One session, one thread. Raises `ProblemError` model-unsuited."""

    def __init__(self, model: Model) -> None:
        manifest = model.manifest
        if not isinstance(manifest.decoding, Outlined):
            reason = f"its layout is {manifest.decoding.layout}, not outlined"
            raise ProblemError("model-unsuited", model=manifest.name, reason=reason)
        if manifest.input.width != manifest.input.height:
            raise ProblemError("model-unsuited", model=manifest.name, reason="its cuts are not square")
        self._side = manifest.input.width
        self._input = manifest.input.name
        try:
            self._session = open_session(model.weights, manifest.file)
            self.occupied(np.zeros((self._side, self._side, 3), np.uint8), [((0, 0), (1, 0), (1, 1))])
        except ModelError as wrong:
            raise ProblemError(wrong.fault, **wrong.facts) from wrong
        except RUN_FAULTS as wrong:
            raise ProblemError("model-unsuited", model=manifest.name, reason=str(wrong)) from wrong

    def occupied(self, image: Image, outlines: Sequence[Corners]) -> list[float]:
        """How sure it is of each outline, 0 to 1. Outlines are fractions of the picture."""
        if not outlines:
            return []
        height, width = image.shape[:2]
        cuts = [cut(image, [(x * width, y * height) for x, y in corners], self._side) for corners in outlines]
        answer = self._session.run(None, {self._input: tensor(cuts)})[0]
        return [float(sure) for sure in np.asarray(answer, np.float32).reshape(len(outlines))]


def shipped(places: Sequence[Path]) -> SpaceClassifier:
    """The classifier of this device. Raises `ProblemError` model-…, as the catalogue finds it."""
    return SpaceClassifier(chosen_model(DetectorSettings(kind="onnx", model=MODEL), places))
