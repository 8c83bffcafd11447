# SPDX-License-Identifier: Apache-2.0
"""Packs a case: the signed manifest, its facts to read, the device's public key, and the photographs as they were."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable
from typing import Final

from pydantic import ValidationError

from edge.contract import evidence_package as layout
from edge.contract.evidence import CaseManifest
from edge.contract.problems import ProblemError
from edge.identity.device_key import DeviceKey

_BEGINNING_OF_TIME: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644
_UNIX: Final = 3

Pictures = Callable[[str], bytes | None]
"""A picture's bytes by its SHA-256, None where it is not here."""


def packed(case: str, token: str, pictures: Pictures) -> bytes:
    """The package of one case, the same bytes each time.

    Raises `ProblemError` evidence-unsigned, evidence-picture-missing.
    """
    manifest, key = _signed(case, token)
    views = [one.view for one in manifest.facts.photographs]
    entries = [
        (layout.README, layout.readme()),
        (layout.MANIFEST, token.encode("ascii")),
        (layout.FACTS, _payload(token)),
        (layout.CHAIN, layout.chain_page(token, manifest)),
        (layout.KEY, key),
    ]
    for name, sha256 in zip(layout.photograph_names(views), manifest.photos, strict=True):
        entries.append((name, _picture(case, sha256, pictures)))
    return _archive(entries)


def _signed(case: str, token: str) -> tuple[CaseManifest, bytes]:
    """The manifest and the key that signed it: nothing is packed that would not verify."""
    key = DeviceKey.named_in(token)
    if key is None or key.claims(token, layout.MANIFEST_TYP) is None:
        raise ProblemError("evidence-unsigned", case=case, reason="its signature does not hold")
    try:
        manifest = CaseManifest.model_validate_json(_payload(token), extra="ignore")
    except ValidationError as wrong:
        raise ProblemError("evidence-unsigned", case=case, reason=str(wrong.errors()[0]["msg"])) from wrong
    if [one.blob.sha256 for one in manifest.facts.photographs] != list(manifest.photos):
        raise ProblemError("evidence-unsigned", case=case, reason="it names its photographs in two ways")
    return manifest, key.public_pem()


def _payload(token: str) -> bytes:
    part = token.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _picture(case: str, sha256: str, pictures: Pictures) -> bytes:
    found = pictures(sha256)
    if found is None or hashlib.sha256(found).hexdigest() != sha256:
        raise ProblemError("evidence-picture-missing", case=case, sha256=sha256)
    return found


def _archive(entries: list[tuple[str, bytes]]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries:
            about = zipfile.ZipInfo(name, _BEGINNING_OF_TIME)
            about.create_system, about.external_attr = _UNIX, _MODE << 16
            archive.writestr(about, content)
    return file.getvalue()
