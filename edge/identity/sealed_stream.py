# SPDX-License-Identifier: Apache-2.0
"""A long file sealed piece by piece, in bounded memory: ChaCha20-Poly1305 under one key, the STREAM construction.

The nonce of a frame is its number (eleven bytes) and whether it is the last (one byte), so frames can be neither
swapped, doubled, dropped nor cut off at the end without the next opening failing. Every frame is also bound to the hash
of the header. The key must be fresh for each file.
"""

import hashlib
import struct
from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

KEY_BYTES: Final = 32
_TAG_BYTES: Final = 16
_LENGTH: Final = struct.Struct(">I")
_NUMBER_BYTES: Final = 11


class StreamError(ValueError):
    """The stream is not what was written; the message says where it departs."""


class StreamCutShortError(StreamError):
    """The stream ends before its last frame."""


class Sink(Protocol):
    """Where a stream is written to."""

    def write(self, data: bytes, /) -> int:
        """Take all of `data`."""
        ...


class SealedWriter:
    """Writes one stream. `digest` is the hash of all that was written so far."""

    def __init__(self, file: Sink, magic: bytes, header: bytes, key: bytes) -> None:
        """Write magic and header at once."""
        self._file = file
        self._cipher = ChaCha20Poly1305(key)
        self._bound = hashlib.sha256(header).digest()
        self._hash = hashlib.sha256()
        self._number = 0
        self._put(magic)
        self._put(_LENGTH.pack(len(header)) + header)

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal."""
        return self._hash.hexdigest()

    def write(self, frame: bytes, *, last: bool = False) -> None:
        """Seal one frame and write it. After the last one the stream is whole."""
        sealed = self._cipher.encrypt(_nonce(self._number, last=last), frame, self._bound)
        self._put(_LENGTH.pack(len(sealed)) + sealed)
        self._number += 1

    def _put(self, data: bytes) -> None:
        self._hash.update(data)
        self._file.write(data)


class SealedReader:
    """Reads one stream: the header first, then, with the key, its frames; as often as is wished."""

    def __init__(self, file: BinaryIO, magic: bytes, most_header: int, most_frame: int) -> None:
        """Read the header. Raises `StreamError` for a file that does not begin with `magic`."""
        self._file = file
        self._most_frame = most_frame
        file.seek(0)
        if file.read(len(magic)) != magic:
            raise StreamError("it does not begin as an export does")
        self.header = self._part(most_header, "the header")
        self._begin = file.tell()
        self._magic = magic
        self.digest = ""
        """After `frames` has come to its end: SHA-256 of all before the last frame."""

    def frames(self, key: bytes) -> Iterator[tuple[bytes, bool]]:
        """Each frame, opened, and whether it is the last. Raises `StreamError` at the first that does not open."""
        cipher = ChaCha20Poly1305(key)
        bound = hashlib.sha256(self.header).digest()
        seen = hashlib.sha256(self._magic + _LENGTH.pack(len(self.header)) + self.header)
        self._file.seek(self._begin)
        number, last = 0, False
        while not last:
            sealed = self._part(self._most_frame + _TAG_BYTES, f"frame {number}")
            self.digest = seen.hexdigest()
            seen.update(_LENGTH.pack(len(sealed)) + sealed)
            frame, last = _opened(cipher, number, sealed, bound)
            if last and self._file.read(1):
                raise StreamError("something follows its end")
            yield frame, last
            number += 1

    def _part(self, most: int, what: str) -> bytes:
        size = _LENGTH.unpack(self._exactly(_LENGTH.size, what))[0]
        if size > most:
            raise StreamError(f"{what} claims {size} bytes, and {most} are the most")
        return self._exactly(size, what)

    def _exactly(self, size: int, what: str) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise StreamCutShortError(f"the file ends within {what}")
        return data


def _opened(cipher: ChaCha20Poly1305, number: int, sealed: bytes, bound: bytes) -> tuple[bytes, bool]:
    for last in (False, True):
        try:
            return cipher.decrypt(_nonce(number, last=last), sealed, bound), last
        except InvalidTag:
            continue
    raise StreamError(f"frame {number} was changed, or is not at its place")


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_NUMBER_BYTES, "big") + bytes((last,))
