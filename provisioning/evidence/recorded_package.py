# SPDX-License-Identifier: Apache-2.0
"""The evidence package of a case that a hub has, for whoever hands it out of the hub's record."""

from pathlib import Path

from edge.contract.problems import ProblemError
from provisioning.evidence.package import packed
from provisioning.evidence.source import recorded_case


def recorded_package(hub_folder: Path, device: str, case: str) -> bytes | None:
    """The file's bytes; None while a picture is still on its way, or for a case that is not among the newest."""
    found = recorded_case(hub_folder, device, case)
    try:
        return packed(found.case, found.token, found.pictures) if found else None
    except ProblemError:
        return None
