# SPDX-License-Identifier: Apache-2.0
"""Detector: any ONNX model that has a manifest, on the CPU, one thread."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.contract.problems import ProblemError
from edge.core.tracks import Kind
from edge.vision.detector import Detection
from edge.vision.detectors.decode import Decoder
from edge.vision.detectors.fit import Fitter, Floats
from edge.vision.detectors.merge import Found, merge
from edge.vision.detectors.tiles import Tile, tiles
from edge.vision.source import Image
from models.catalog import Model
from models.layouts import output_shapes
from models.manifest import Ctc, Decoding, Detr, Manifest, Outlined, Y5fu
from models.session import RUN_FAULTS, open_session

SMALLEST = 0.004
"""A box narrower or lower than this part of the picture is a clipped remainder."""


class OnnxDetector:
    """Finds what the manifest says; `threshold` None takes the manifest's. Raises `ModelError`, `ProblemError`."""

    def __init__(self, model: Model, threshold: float | None = None, parts: tuple[int, int] = (1, 1)) -> None:
        manifest = model.manifest
        self._kinds = kinds_by_index(manifest)
        self._threshold = manifest.thresholds.score if threshold is None else threshold
        self._iou = manifest.thresholds.nms_iou
        self._parts = parts
        self._fitter = Fitter(manifest.input)
        self._decoder = Decoder(_objects(manifest), manifest.input, np.array(sorted(self._kinds), np.int64))
        self._input = manifest.input.name
        self._sizes_input = manifest.decoding.sizes_input if isinstance(manifest.decoding, Detr) else None
        self._session = open_session(model.weights, manifest.file)
        self._try_once(manifest)

    def detect(self, image: Image) -> list[Detection]:
        """All objects above the threshold; with parts, every part is looked at and the finds are merged."""
        height, width = image.shape[:2]
        found = [one for tile in tiles(width, height, *self._parts) for one in self._look(image, tile)]
        return merge(found, self._iou)

    def _look(self, image: Image, tile: Tile) -> list[Found]:
        tensor, fitted = self._fitter.fit(image[tile.top : tile.bottom, tile.left : tile.right])
        raw = self._decoder.decode(self._answers(tensor), self._threshold, (tensor.shape[3], tensor.shape[2]))
        corner = np.array([tile.left, tile.top, tile.left, tile.top], np.float32)
        boxes = (fitted.restore(raw.boxes) + corner).tolist()
        found = []
        for corners, score, index in zip(boxes, raw.scores.tolist(), raw.classes.tolist(), strict=True):
            box = tile.box(*corners)
            if box.width > SMALLEST and box.height > SMALLEST:
                found.append(Found(Detection(self._kinds[index], min(1.0, score), box), tile.cuts(*corners)))
        return found

    def _answers(self, tensor: Floats) -> list[NDArray[Any]]:
        feed: dict[str, NDArray[Any]] = {self._input: tensor}
        if self._sizes_input is not None:
            feed[self._sizes_input] = np.array([[tensor.shape[3], tensor.shape[2]]], np.int64)
        answers: list[NDArray[Any]] = self._session.run(None, feed)
        return answers

    def _try_once(self, manifest: Manifest) -> None:
        """Look at blank pictures: a manifest that does not describe its model is found now, not at the first car."""
        for width, height in manifest.input.all_shapes:
            blank = np.zeros((height, width, 3), np.uint8)
            try:
                answered = sorted(one.shape for one in self._answers(self._fitter.fit(blank)[0]))
            except RUN_FAULTS as wrong:
                raise ProblemError("model-unsuited", model=manifest.name, reason=str(wrong)) from wrong
            expected = sorted(output_shapes(manifest, (width, height)))
            if answered != expected:
                reason = f"it answers {answered} to {width} × {height}, its manifest expects {expected}"
                raise ProblemError("model-unsuited", model=manifest.name, reason=reason)


def _objects(manifest: Manifest) -> Decoding:
    """The layout of a model that finds objects. Raises `ProblemError` model-unsuited."""
    if isinstance(manifest.decoding, Y5fu | Ctc | Outlined):
        reason = f"its layout is {manifest.decoding.layout}, which finds no vehicles or people"
        raise ProblemError("model-unsuited", model=manifest.name, reason=reason)
    return manifest.decoding


def kinds_by_index(manifest: Manifest) -> dict[int, Kind]:
    """What each class of the model is to us. Raises `ProblemError` model-unsuited."""
    if manifest.task != "detect":
        raise ProblemError("model-unsuited", model=manifest.name, reason=f"its task is {manifest.task}, not detect")
    try:
        kinds = {
            index: Kind(manifest.kinds[name]) for index, name in enumerate(manifest.classes) if name in manifest.kinds
        }
    except ValueError as wrong:
        known = ", ".join(kind.value for kind in Kind)
        raise ProblemError("model-unsuited", model=manifest.name, reason=f"{wrong}; kinds are {known}") from wrong
    if not kinds:
        raise ProblemError("model-unsuited", model=manifest.name, reason="its kinds table is empty")
    return kinds
