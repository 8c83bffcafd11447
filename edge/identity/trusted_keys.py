# SPDX-License-Identifier: Apache-2.0
"""The hub's public keys: who may command this device."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from edge.contract.commands import JwsHeader
from edge.contract.problems import ProblemError
from edge.identity.eddsa import EdDsaOnly


class TrustedKeys:
    """Ed25519 public keys by key id."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        """Load PEM files. Raises `ProblemError` key-unusable."""
        self._keys = {kid: _load(path) for kid, path in files.items()}

    def claims(self, token: str, typ: str) -> dict[str, Any]:
        """The claims of a JWS that one of our keys signed as `typ`. Raises `ProblemError` command-untrusted."""
        try:
            unchecked = jws.extract_compact(token.encode("ascii"))
            header = JwsHeader.model_validate(unchecked.headers())
        except (JoseError, ValidationError, ValueError) as wrong:
            raise ProblemError("command-untrusted", reason=f"not a JWS of the contract ({_first(wrong)})") from wrong
        if header.typ != typ:
            raise ProblemError("command-untrusted", reason=f"its type is {header.typ}, not {typ}")
        key = self._keys.get(header.kid)
        if key is None:
            raise ProblemError("command-untrusted", reason=f"key {header.kid!r} is not known here")
        try:
            payload = jws.deserialize_compact(token, key, registry=EdDsaOnly()).payload
            claims = json.loads(payload)
        except (JoseError, ValueError) as wrong:
            raise ProblemError("command-untrusted", reason=f"the signature does not hold ({_first(wrong)})") from wrong
        if not isinstance(claims, dict):
            raise ProblemError("command-untrusted", reason="its payload is not an object")
        return claims


def unverified_claims(token: str) -> dict[str, Any]:
    """What a JWS says before anyone has checked it; empty if it says nothing readable. For naming refusals only."""
    try:
        claims = json.loads(jws.extract_compact(token.encode("ascii")).payload)
    except (JoseError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _load(path: Path) -> OKPKey:
    try:
        return OKPKey.import_key(path.read_bytes())
    except (OSError, JoseError, ValueError) as failed:
        raise ProblemError("key-unusable", path=str(path), reason=str(failed)) from failed


def _first(wrong: Exception) -> str:
    return str(wrong).splitlines()[0]
