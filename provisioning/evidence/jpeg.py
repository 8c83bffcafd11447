# SPDX-License-Identifier: Apache-2.0
"""Reads a JPEG's structure (ITU-T T.81, Annex B), not its pixels: whether it is whole, and how large it is."""

import re
from dataclasses import dataclass
from typing import Final

from edge.contract.evidence import Pixels

_START, _END, _SCAN, _MARK = 0xD8, 0xD9, 0xDA, 0xFF
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARKER: Final = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]", re.DOTALL)
"""What ends a scan: a marker that is neither a stuffed zero nor a restart."""
_FRAME_LENGTH: Final = 8


class JpegError(ValueError):
    """It is no whole JPEG; the message says why."""


@dataclass(frozen=True, slots=True)
class Jpeg:
    """What a picture is; `colours` is 3 for colour (24 bit) and 1 for grey."""

    pixels: Pixels
    colours: int


def read_jpeg(data: bytes) -> Jpeg:
    """Walk through the whole of it. Raises `JpegError`."""
    if data[:2] != b"\xff\xd8":
        raise JpegError("it does not begin as a JPEG")
    frame: Jpeg | None = None
    scans, at = 0, 2
    while True:
        marker, at = _marker(data, at)
        if marker == _END:
            break
        body = _segment(data, at)
        at += len(body) + 2
        if marker in _FRAMES:
            frame = _frame(body)
        elif marker == _SCAN:
            scans += 1
            at = _behind_scan(data, at)
    if at != len(data):
        raise JpegError(f"{len(data) - at} bytes follow its end")
    if frame is None or not scans:
        raise JpegError("it holds no picture")
    return frame


def _marker(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise JpegError("it breaks off")
    if data[at] != _MARK:
        raise JpegError(f"no marker at byte {at}")
    while at < len(data) and data[at] == _MARK:
        at += 1
    if at >= len(data) or data[at] in {0, _START}:
        raise JpegError(f"no marker at byte {at}")
    return data[at], at + 1


def _segment(data: bytes, at: int) -> bytes:
    length = int.from_bytes(data[at : at + 2], "big")
    if length < 2 or at + length > len(data):  # noqa: PLR2004  the length counts itself
        raise JpegError(f"a segment at byte {at} breaks off")
    return data[at + 2 : at + length]


def _frame(body: bytes) -> Jpeg:
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    if len(body) < _FRAME_LENGTH or not height or not width:
        raise JpegError("its size is not told")
    return Jpeg(Pixels(width=width, height=height), body[5])


def _behind_scan(data: bytes, at: int) -> int:
    found = _MARKER.search(data, at)
    if found is None:
        raise JpegError("its last scan breaks off")
    return found.start()
