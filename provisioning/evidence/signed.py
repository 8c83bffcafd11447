# SPDX-License-Identifier: Apache-2.0
"""Reads a signed manifest (JWS compact, RFC 7515; Ed25519, RFC 8037) and takes one spelling of it only.

A reader of its own, by the standards alone. Base64 lets the last letter of a part vary without a change of what it
says: such a variant is refused, since it is not what the device wrote.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_PARTS: Final = 3
_RAW_KEY_BYTES: Final = 32


class SignatureFault(ValueError):  # noqa: N818  it is a finding, and named as one
    """The manifest is not what a device signed; the message says why."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A manifest whose signature holds under the key it names itself. Whose key that is, it cannot say."""

    token: str
    payload: bytes
    kid: str
    key_pem: bytes


def read_signed(token: bytes, typ: str) -> Signed:
    """Check it. Raises `SignatureFault`."""
    parts = token.split(b".")
    if len(parts) != _PARTS:
        raise SignatureFault("it has not three parts")
    head, payload, signature = map(_decoded, parts)
    header = _object(head)
    if header.get("alg") != "EdDSA" or header.get("typ") != typ:
        raise SignatureFault(f"its header does not say {typ} by EdDSA")
    key, kid = _key(header.get("jwk"))
    if header.get("kid") != kid:
        raise SignatureFault("its key id is not that of its key")
    try:
        key.verify(signature, parts[0] + b"." + parts[1])
    except InvalidSignature as wrong:
        raise SignatureFault("the signature does not hold") from wrong
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Signed(token.decode("ascii"), payload, kid, pem)


def _decoded(part: bytes) -> bytes:
    try:
        plain = base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except (binascii.Error, ValueError) as wrong:
        raise SignatureFault("a part of it is not base64url") from wrong
    if base64.urlsafe_b64encode(plain).rstrip(b"=") != part:
        raise SignatureFault("a part of it is spelt otherwise than it was written")
    return plain


def _object(plain: bytes) -> dict[str, Any]:
    try:
        value = json.loads(plain)
    except (ValueError, RecursionError) as wrong:
        raise SignatureFault("a part of it is not JSON") from wrong
    if not isinstance(value, dict):
        raise SignatureFault("a part of it is not an object")
    return value


def _key(jwk: object) -> tuple[Ed25519PublicKey, str]:
    """The key, and its id: the RFC 7638 thumbprint."""
    if not isinstance(jwk, dict) or (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
        raise SignatureFault("it names no Ed25519 key")
    letters = jwk.get("x")
    if not isinstance(letters, str) or not letters.isascii():
        raise SignatureFault("it names no Ed25519 key")
    raw = _decoded(letters.encode("ascii"))
    if len(raw) != _RAW_KEY_BYTES:
        raise SignatureFault("it names no Ed25519 key")
    named = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": letters}, separators=(",", ":"))
    thumbprint = hashlib.sha256(named.encode("ascii")).digest()
    return Ed25519PublicKey.from_public_bytes(raw), base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode("ascii")
