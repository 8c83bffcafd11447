# SPDX-License-Identifier: Apache-2.0
"""Readers: a cut-out plate in, and for every column of it what stands there.

The careful one is PP-OCRv4's recogniser for Chinese text. It comes as a file of the `rapidocr_onnxruntime` wheel, whose
code is never imported; its characters stand in the model itself. The quick one is our own.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract.problems import ProblemError
from edge.vision.detectors.fit import Fitter
from edge.vision.plates.beam import Columns
from edge.vision.plates.grammar import ALPHABET
from edge.vision.source import Image
from models.catalog import Model
from models.errors import ModelError
from models.manifest import Ctc
from models.session import open_session

PPOCR_FILE: Final = "models/ch_PP-OCRv4_rec_infer.onnx"
SAME_AS: Final = {"0": "0Oo", "1": "1Il|"}
"""Characters of ordinary text that look like one on a plate, where neither I nor O exists."""
NOTHING: Final = " ·.•・・-—。、:：'"
"""What a reader of ordinary text makes of the dot between the second and the third character, and of screws."""
PPOCR_HEIGHT: Final = 48
PPOCR_WIDTH: Final = 320
PPOCR_NARROW: Final = 256
"""Of a strip that holds a line of ordinary proportions: what it lacks in width costs 25 % less, and errs no more."""
NARROW_UP_TO: Final = 192


class Reader(Protocol):
    """Reads one line of one plate."""

    name: str

    def columns(self, plate: Image) -> Columns:
        """[T, 1 + len(ALPHABET)] of a plate's picture, height × width × 3."""
        ...


class PpOcrReader:
    """PP-OCRv4 recognition, its thousands of characters reduced to those of plates."""

    name = "ppocr"

    def __init__(self, file: Path) -> None:
        """Raises `ModelError` if the file cannot be opened."""
        self._session = open_session(file.read_bytes(), file.name)
        self._input = self._session.get_inputs()[0].name
        characters = ["", *self._session.get_modelmeta().custom_metadata_map["character"].splitlines(), " "]
        self._places, self._targets = _reduction(characters)

    def columns(self, plate: Image) -> Columns:
        """The plate at 48 pixels' height and its own width, on a wider strip: squeezed it would be read worse."""
        rows, across = plate.shape[:2]
        width = min(PPOCR_WIDTH, max(PPOCR_HEIGHT, round(across * PPOCR_HEIGHT / rows)))
        room = PPOCR_NARROW if width <= NARROW_UP_TO else PPOCR_WIDTH
        strip = np.zeros((1, 3, PPOCR_HEIGHT, room), np.float32)
        seen = cv2.resize(plate, (width, PPOCR_HEIGHT), interpolation=cv2.INTER_LINEAR)
        strip[0, :, :, :width] = (seen.astype(np.float32) / 127.5 - 1.0).transpose(2, 0, 1)
        answer: NDArray[np.float32] = self._session.run(None, {self._input: strip})[0][0]
        reduced = np.zeros((len(answer), 1 + len(ALPHABET)), np.float32)
        np.add.at(reduced.T, self._targets, answer[:, self._places].T)
        return reduced


class SmallReader:
    """Our own reader, or any other with a manifest whose task is to read."""

    def __init__(self, model: Model) -> None:
        """Raises `ProblemError` model-unsuited, `ModelError` if the file cannot be opened."""
        manifest = model.manifest
        if manifest.task != "read" or not isinstance(manifest.decoding, Ctc):
            raise ProblemError("model-unsuited", model=manifest.name, reason=f"its task is {manifest.task}, not read")
        if manifest.decoding.characters != ALPHABET:
            raise ProblemError("model-unsuited", model=manifest.name, reason="its characters are not those of plates")
        self.name = manifest.name
        self._input = manifest.input.name
        self._fitter = Fitter(manifest.input)
        self._session = open_session(model.weights, manifest.file)

    def columns(self, plate: Image) -> Columns:
        """The plate as the manifest fits it: our own is stretched, so that all plates of one line fill it alike."""
        answer: Columns = self._session.run(None, {self._input: self._fitter.fit(plate)[0]})[0][0]
        return answer


def _reduction(characters: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of a reader's classes count, and for which of ours."""
    ours = {one: 1 + place for place, own in enumerate(ALPHABET) for one in SAME_AS.get(own, own)}
    ours |= dict.fromkeys(NOTHING, 0) | {"": 0}
    pairs = [(place, ours[one]) for place, one in enumerate(characters) if one in ours]
    places, targets = zip(*pairs, strict=True)
    return np.array(places, np.int64), np.array(targets, np.int64)


def ppocr_file() -> Path | None:
    """Where the wheel keeps the recogniser; None without it."""
    found = find_spec("rapidocr_onnxruntime")
    file = Path(found.origin).parent / PPOCR_FILE if found is not None and found.origin else None
    return file if file is not None and file.is_file() else None


def ppocr_reader() -> PpOcrReader | None:
    """The careful reader, None where its wheel is not installed or its file cannot be opened."""
    file = ppocr_file()
    try:
        return PpOcrReader(file) if file is not None else None
    except ModelError:
        return None
