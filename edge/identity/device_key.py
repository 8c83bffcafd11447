# SPDX-License-Identifier: Apache-2.0
"""A device's public key as its hub holds it: what a device has signed is believed when this key says so."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from edge.contract.problems import ProblemError
from edge.identity.eddsa import EdDsaOnly

_NO_KEY = "it holds no Ed25519 public key and no certificate in PEM"
_CERTIFICATE_MARK = b"BEGIN CERTIFICATE"


class DeviceKey:
    """One Ed25519 public key; `device` is whose it is, where a certificate says so."""

    def __init__(self, jwk: OKPKey, device: str | None = None) -> None:
        """Use `jwk`; `load` reads a key or a certificate from a file."""
        self._jwk = jwk
        self.device = device
        self.kid: str = jwk.thumbprint()

    @classmethod
    def load(cls, path: Path) -> "DeviceKey":
        """From a PEM file, public key or certificate. Raises `ProblemError` device-key-unusable."""
        try:
            pem = path.read_bytes()
            if _CERTIFICATE_MARK not in pem:
                return cls(_jwk(load_pem_public_key(pem)))
            certificate = load_pem_x509_certificate(pem)
            names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            return cls(_jwk(certificate.public_key()), str(names[0].value) if names else "")
        except OSError as failed:
            reason = failed.strerror or str(failed)
            raise ProblemError("device-key-unusable", path=str(path), reason=reason) from failed
        except (ValueError, TypeError) as failed:
            raise ProblemError("device-key-unusable", path=str(path), reason=_NO_KEY) from failed

    @classmethod
    def named_in(cls, token: str) -> "DeviceKey | None":
        """The key that a JWS itself carries, which proves only that whoever signed it holds it; None if it has none."""
        try:
            named = jws.extract_compact(token.encode("ascii")).headers().get("jwk")
            return cls(OKPKey.import_key(named)) if isinstance(named, dict) else None
        except (JoseError, ValueError):
            return None

    def public_pem(self) -> bytes:
        """The key, SubjectPublicKeyInfo in PEM."""
        return self._jwk.as_pem(private=False)

    def claims(self, token: str, typ: str) -> dict[str, Any] | None:
        """The claims of a JWS that this key signed as `typ`; None if it did not."""
        try:
            checked = jws.deserialize_compact(token, self._jwk, registry=EdDsaOnly())
            claims = json.loads(checked.payload)
        except (JoseError, ValueError):
            return None
        return claims if checked.headers().get("typ") == typ and isinstance(claims, dict) else None


def _jwk(key: object) -> OKPKey:
    if not isinstance(key, Ed25519PublicKey):
        msg = f"it holds a {type(key).__name__}, not an Ed25519 public key"
        raise TypeError(msg)
    return OKPKey.import_key(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
