# SPDX-License-Identifier: Apache-2.0
"""The composite sheet of a case that a hub has, for whoever shows the hub's record."""

from functools import lru_cache
from pathlib import Path

from edge.contract.problems import Language, ProblemError
from provisioning.evidence.sheet import sheet
from provisioning.evidence.source import recorded_case


def recorded_sheet(hub_folder: Path, device: str, case: str, language: Language) -> bytes | None:
    """JPEG bytes; None while a picture is still on its way, or for a case that is not among the newest hundred."""
    try:
        return _drawn(hub_folder, device, case, language)
    except (ProblemError, LookupError):
        return None


@lru_cache(maxsize=24)
def _drawn(hub_folder: Path, device: str, case: str, language: Language) -> bytes:
    found = recorded_case(hub_folder, device, case)
    if found is None:
        raise LookupError(case)
    return sheet(found, language=language)
