# SPDX-License-Identifier: Apache-2.0
"""Which detector the demo looks with: the one that is asked for, else the one that comes along."""

from pathlib import Path
from typing import Final

from edge.contract.problems import ProblemError
from models.catalog import standard_catalog
from models.errors import ModelError

OURS: Final = "dongtou_street"


def find_detector(wanted: str | None) -> str:
    """Name or absolute path of the detector. Raises `ProblemError` for one that is named and wrong."""
    if wanted is None:
        return OURS
    try:
        standard_catalog().open(wanted)
    except ModelError as wrong:
        raise ProblemError(wrong.fault, **wrong.facts) from wrong
    return str(Path(wanted).absolute()) if Path(wanted).exists() else wanted
