# SPDX-License-Identifier: Apache-2.0
"""Citizens' personal data at rest and on the way: readable by the hub alone."""

from edge.contract.words import Base64Url, Said

HPKE_INFO = b"dongtou-edge/1"
"""Contract: HPKE (RFC 9180) base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305; `aad` is the request id."""


class Sealed(Said):
    """`sealed` is base64url(enc followed by ciphertext) under the hub's key `kid`."""

    sealed: Base64Url
    kid: str
