# SPDX-License-Identifier: Apache-2.0
"""Reads a package's archive byte by byte (PKWARE APPNOTE 6.3), and takes no byte that could be another.

A reader of its own: usual ones look up the directory at the end and pass over what lies between, before and behind.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import starmap
from typing import Final

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_VERSION: Final = 20
_MADE_BY_UNIX: Final = 3 << 8 | _VERSION
_NEW_YEAR_1980: Final = 1 << 5 | 1
_PLAIN_FILE: Final = 0o100644 << 16
_SIZE_AT, _NAME_AT = 8, 9
"""Places of the content's and the name's length among a local header's fields."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive, and where it begins in there."""

    name: str
    content: bytes
    at: int
    crc: int


@dataclass(slots=True)
class Container:
    """What an archive holds, and every place at which it is not what it must be."""

    entries: list[Entry] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def is_archive(data: bytes) -> bool:
    """Whether it begins as an archive of ours does."""
    return data.startswith(b"PK\x03\x04")


def read(data: bytes) -> Container:
    """The whole of it. Never fails: what is wrong is among the faults."""
    found = Container()
    at = 0
    while data.startswith(b"PK\x03\x04", at) and at + _LOCAL.size <= len(data):
        fields = _LOCAL.unpack_from(data, at)
        name_at = at + _LOCAL.size
        content_at = name_at + fields[_NAME_AT]
        end = content_at + fields[_SIZE_AT]
        if end > len(data):
            break
        content = data[content_at:end]
        entry = Entry(data[name_at:content_at].decode("ascii", "replace"), content, at, zlib.crc32(content))
        if data[at:content_at] != _local(entry):
            found.faults.append(f"entry {len(found.entries) + 1} ({entry.name[:40]!r}), byte {at}")
        found.entries.append(entry)
        at = end
    tail = b"".join(_tail(found.entries, at))
    if data[at:] != tail:
        found.faults.append(f"directory, byte {at + _first_difference(data[at:], tail)}")
    return found


def _local(entry: Entry) -> bytes:
    name = entry.name.encode("ascii", "replace")
    size = len(entry.content)
    return _LOCAL.pack(b"PK\x03\x04", _VERSION, 0, 0, 0, _NEW_YEAR_1980, entry.crc, size, size, len(name), 0) + name


def _tail(entries: list[Entry], directory_at: int) -> Iterator[bytes]:
    directory = b"".join(map(_central, entries))
    yield directory
    yield _END.pack(b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), directory_at, 0)


def _central(entry: Entry) -> bytes:
    name = entry.name.encode("ascii", "replace")
    size = len(entry.content)
    head = (b"PK\x01\x02", _MADE_BY_UNIX, _VERSION, 0, 0, 0, _NEW_YEAR_1980, entry.crc, size, size, len(name))
    return _CENTRAL.pack(*head, 0, 0, 0, 0, _PLAIN_FILE, entry.at) + name


def _first_difference(one: bytes, other: bytes) -> int:
    differs = starmap(int.__ne__, zip(one, other, strict=False))
    return next((at for at, different in enumerate(differs) if different), min(len(one), len(other)))
