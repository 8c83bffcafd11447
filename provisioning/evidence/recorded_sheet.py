# SPDX-License-Identifier: Apache-2.0
"""The composite sheet of a case that a hub has, for whoever shows the hub's record."""

from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Final

from edge.contract.problems import Language, ProblemError
from provisioning.bench.record import Record
from provisioning.evidence.sheet import sheet
from provisioning.evidence.source import recorded

_NEWEST: Final = 100


def recorded_sheet(hub_folder: Path, device: str, case: str, language: Language) -> bytes | None:
    """JPEG bytes; None while a picture is still on its way, or for a case that is not among the newest hundred."""
    try:
        return _drawn(hub_folder, device, case, language)
    except (ProblemError, LookupError):
        return None


@lru_cache(maxsize=24)
def _drawn(hub_folder: Path, device: str, case: str, language: Language) -> bytes:
    with closing(Record(hub_folder)) as record:
        for one in recorded(record, _NEWEST):
            if (one.device, one.case) == (device, case):
                return sheet(one, language=language)
    raise LookupError(case)
