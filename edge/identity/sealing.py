# SPDX-License-Identifier: Apache-2.0
"""Sealing to the hub: HPKE (RFC 9180) base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305.

A device holds the public key alone, so it cannot read back what it has sealed.
"""

from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from joserfc.jwk import OKPKey

from edge.contract.problems import ProblemError
from edge.disk import synced
from edge.identity.key_file import write_new

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
PRIVATE_FILE = "hub-sealing.pem"
PUBLIC_FILE = "hub-sealing.pub.pem"


class SealingKey:
    """The public half: seals."""

    def __init__(self, key: X25519PublicKey) -> None:
        """Use `key`; `load` reads one from a file."""
        self._key = key
        self._pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.kid: str = OKPKey.import_key(self._pem).thumbprint()

    @classmethod
    def load(cls, path: Path) -> "SealingKey":
        """The key in a PEM file. Raises `ProblemError` sealing-key-unusable."""
        try:
            key = load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as failed:
            raise _unusable(path, failed) from failed
        if not isinstance(key, X25519PublicKey):
            raise _unusable(path, TypeError(f"it holds a {type(key).__name__}, not an X25519 public key"))
        return cls(key)

    def seal(self, secret: bytes, info: bytes) -> bytes:
        """`secret` for the hub's eyes: enc followed by ciphertext."""
        return _SUITE.encrypt(secret, self._key, info=info)

    def pem(self) -> bytes:
        """SubjectPublicKeyInfo in PEM."""
        return self._pem


class OpeningKey:
    """The private half: opens. It stays at the hub."""

    def __init__(self, key: X25519PrivateKey) -> None:
        """Use `key`; `load` reads one from a file, `make` makes one."""
        self._key = key
        self.public = SealingKey(key.public_key())

    @classmethod
    def make(cls) -> "OpeningKey":
        """A new key, in memory only."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> "OpeningKey":
        """The key in a PEM file. Raises `ProblemError` sealing-key-unusable."""
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as failed:
            raise _unusable(path, failed) from failed
        if not isinstance(key, X25519PrivateKey):
            raise _unusable(path, TypeError(f"it holds a {type(key).__name__}, not an X25519 private key"))
        return cls(key)

    @property
    def kid(self) -> str:
        """RFC 7638 thumbprint of the public half."""
        return self.public.kid

    def open(self, sealed: bytes, info: bytes) -> bytes | None:
        """What was sealed; None if it was sealed to another key, for another purpose, or changed on the way."""
        try:
            return _SUITE.decrypt(sealed, self._key, info=info)
        except (InvalidTag, ValueError):
            return None

    def save(self, folder: Path) -> tuple[Path, Path]:
        """Write both halves, the private one for its owner alone; gives their paths.

        Raises `ProblemError` sealing-key-there, since what was sealed to a key is lost with it, or store-failed.
        """
        private, public = folder / PRIVATE_FILE, folder / PUBLIC_FILE
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_new(private, pem, 0o600)
            write_new(public, self.public.pem(), 0o644)
            synced(folder)
        except FileExistsError as there:
            raise ProblemError("sealing-key-there", path=str(there.filename)) from there
        except OSError as failed:
            raise ProblemError("store-failed", path=str(folder), reason=str(failed)) from failed
        return private, public


def _unusable(path: Path, failed: Exception) -> ProblemError:
    return ProblemError("sealing-key-unusable", path=str(path), reason=str(failed))
