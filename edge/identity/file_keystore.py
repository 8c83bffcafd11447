# SPDX-License-Identifier: Apache-2.0
"""A key in a file only its owner can read: for devices without a TPM. Made on first use until a device is enrolled."""

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from joserfc import jws
from joserfc.jwk import OKPKey

from edge.contract.problems import ProblemError
from edge.disk import synced
from edge.identity.eddsa import EDDSA, EdDsaOnly
from edge.identity.key_file import write_new

_FILE = "device.key"


class FileKeyStore:
    """The Ed25519 key in `folder`/device.key, PKCS #8 PEM, mode 0600."""

    def __init__(self, folder: Path) -> None:
        """Load the key, or make one and fsync it. Raises `ProblemError` key-unusable."""
        path = folder / _FILE
        try:
            if not path.exists():
                _make(path)
            self._key = _load(path)
        except (OSError, ValueError, TypeError) as failed:
            raise ProblemError("key-unusable", path=str(path), reason=str(failed)) from failed

    @cached_property
    def kid(self) -> str:
        """The key's id: its RFC 7638 thumbprint."""
        return self._jwk.thumbprint()

    def sign(self, claims: Mapping[str, Any], typ: str) -> str:
        """Claims as a compact JWS, EdDSA; its header names `typ` and `kid`, and carries the public key as `jwk`."""
        header = {"alg": EDDSA, "kid": self.kid, "typ": typ, "jwk": self._jwk.as_dict(private=False)}
        payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return jws.serialize_compact(header, payload, self._jwk, registry=EdDsaOnly())

    def public_pem(self) -> bytes:
        """The public half, SubjectPublicKeyInfo in PEM."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def _jwk(self) -> OKPKey:
        return OKPKey.import_key(self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _load(path: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        msg = f"it holds a {type(key).__name__}, not an Ed25519 key"
        raise TypeError(msg)
    return key


def _make(path: Path) -> None:
    """Write beside and rename: a power cut leaves no half key."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)  # it may be another's, open to more eyes
    write_new(part, pem, 0o600)
    part.rename(path)
    synced(path.parent)
