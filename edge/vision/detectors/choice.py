# SPDX-License-Identifier: Apache-2.0
"""The model a detector's settings name, found and checked byte for byte. Loads no native code, so anybody may ask."""

from collections.abc import Sequence
from pathlib import Path

from edge.config.models import Detector
from edge.contract.problems import ProblemError
from models.catalog import Model, standard_catalog
from models.errors import ModelError


def chosen_model(settings: Detector, places: Sequence[Path]) -> Model:
    """The model with its weights. Raises `ProblemError` model-unnamed, or model-… as the catalogue finds it."""
    if settings.model is None:
        raise ProblemError("model-unnamed")
    try:
        return standard_catalog(places).open(settings.model)
    except ModelError as wrong:
        raise ProblemError(wrong.fault, **wrong.facts) from wrong
