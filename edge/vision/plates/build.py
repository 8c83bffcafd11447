# SPDX-License-Identifier: Apache-2.0
"""From a camera's settings to what finds and reads plates. What was asked and is not there is a `ProblemError`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, assert_never

from edge.config.models import Plates
from edge.contract.problems import ProblemError
from edge.vision.plates.cutout import PlateFinder
from edge.vision.plates.finder import ModelFinder
from edge.vision.plates.reading import PlateReader
from edge.vision.plates.recogniser import SmallReader, ppocr_reader
from edge.vision.plates.search import SearchingFinder
from models.catalog import standard_catalog
from models.errors import ModelError

SMALL: Final = "dongtou_plate"
"""Our own reader, which comes along."""


def build_finder(settings: Plates, places: Sequence[Path]) -> PlateFinder:
    """By the named model, or without any by colour, edges and shape."""
    if settings.finder is None:
        return SearchingFinder()
    try:
        return ModelFinder(standard_catalog(places).open(settings.finder))
    except ModelError as wrong:
        raise ProblemError(wrong.fault, **wrong.facts) from wrong


def build_reader(which: Literal["auto", "small", "ppocr"], places: Sequence[Path]) -> PlateReader:
    """`auto` takes both and is content with one; what is named must be there."""
    match which:
        case "small":
            return PlateReader(_small(places), None)
        case "ppocr":
            careful = ppocr_reader()
            if careful is None:
                raise ProblemError("plate-reader-missing")
            return PlateReader(None, careful)
        case "auto":
            return PlateReader(_small(places), ppocr_reader())
    assert_never(which)


def _small(places: Sequence[Path]) -> SmallReader:
    try:
        return SmallReader(standard_catalog(places).open(SMALL))
    except ModelError as wrong:
        raise ProblemError(wrong.fault, **wrong.facts) from wrong
