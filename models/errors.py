# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a model. The codes are those of the problem catalogue, which this package does not know."""

from enum import StrEnum


class ModelFault(StrEnum):
    """Every way in which a model cannot be had."""

    UNKNOWN = "model-unknown"
    MANIFEST_INVALID = "model-manifest-invalid"
    FILE_MISSING = "model-file-missing"
    FILE_CHANGED = "model-file-changed"
    NO_MANIFEST = "model-no-manifest"
    UNREADABLE = "model-unreadable"
    LAYOUT_UNKNOWN = "model-layout-unknown"
    CLASSES_WRONG = "model-classes-wrong"
    INPUT_MISSING = "model-input-missing"
    NAME_REFUSED = "model-name-refused"
    NAME_TAKEN = "model-name-taken"
    UNSUITED = "model-unsuited"
    RUNTIME_MISSING = "model-runtime-missing"
    FOLDER_REFUSED = "model-folder-refused"
    DOWNLOAD_FAILED = "model-download-failed"
    DOWNLOAD_WRONG = "model-download-wrong"
    DOWNLOAD_TOO_LARGE = "model-download-too-large"
    ADDRESS_REFUSED = "model-address-refused"
    NO_UPSTREAM = "model-no-upstream"


class ModelError(Exception):
    """A model cannot be had; `fault` says why, `facts` fill in the catalogue's sentence."""

    def __init__(self, fault: ModelFault, **facts: str) -> None:
        super().__init__(fault.value, facts)
        self.fault = fault
        self.facts = facts
