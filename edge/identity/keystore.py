# SPDX-License-Identifier: Apache-2.0
"""Port: the device's key. It is born here and never leaves; what leaves are signatures and the public half."""

from collections.abc import Mapping
from typing import Any, Protocol


class KeyStore(Protocol):
    """Holder of one Ed25519 key."""

    @property
    def kid(self) -> str:
        """The key's id: its RFC 7638 thumbprint."""
        ...

    def sign(self, claims: Mapping[str, Any], typ: str) -> str:
        """Claims as a compact JWS, EdDSA, with `typ` and `kid` in its header."""
        ...

    def public_pem(self) -> bytes:
        """The public half, SubjectPublicKeyInfo in PEM."""
        ...
