# SPDX-License-Identifier: Apache-2.0
"""Brings a file of known hash from an address into a folder: goes on where it broke off, and believes nothing but it.

What must always be true here:
- Only a file whose SHA-256 is the one asked for gets its name; until then it is called `.NAME.part`.
- A part that a broken line left is gone on with, also days later, and thrown away once it proves wrong.
- No answer makes us write more than was announced, or than `LIMIT` where nothing was.
"""

import hashlib
import http
import http.client
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

from models.errors import ModelError, ModelFault
from models.published import Origin

LIMIT = 512 * 1024 * 1024
CHUNK = 256 * 1024
STALL_S = 20.0
"""A server that says nothing for so long has gone."""
TRIES = 5
"""Times a line may break without a byte in between before the next address is tried."""
Progress = Callable[[int, int | None], None]
"""Told now and then how many bytes are there, of how many."""
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_LINE_FAULTS = (OSError, http.client.HTTPException)


def fetch(
    origin: Origin, sha256: str, target: Path, *, progress: Progress | None = None, stall_s: float = STALL_S
) -> None:
    """Have the file at `target`, from the first address that gives it. Raises `ModelError`: DOWNLOAD_…, FOLDER_…."""
    for address in origin.addresses:
        if not address.startswith(("http://", "https://")):
            raise ModelError(ModelFault.ADDRESS_REFUSED, address=address)
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise ModelError(ModelFault.FOLDER_REFUSED, folder=str(target.parent), reason=reason) from wrong
    failed: list[ModelError] = []
    for address in origin.addresses:
        try:
            _from(address, origin.size, part, progress, stall_s)
            _proven(address, part, sha256)
        except ModelError as wrong:
            failed.append(wrong)
            continue
        part.replace(target)
        return
    if part.stat().st_size == 0:
        part.unlink()
    # The first address is the one that somebody meant.
    raise failed[0]


def _from(address: str, size: int | None, part: Path, progress: Progress | None, stall_s: float) -> None:
    """Fill the part from one address, over as many broken lines as bring something."""
    vain = 0
    while True:
        before = part.stat().st_size
        try:
            if _once(address, size, part, progress, stall_s):
                return
            reason = "the line broke off"
        except urllib.error.HTTPError as wrong:
            wrong.close()
            if wrong.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or before == 0:
                reason = f"{wrong.code} {wrong.reason}"
                raise ModelError(ModelFault.DOWNLOAD_FAILED, address=address, reason=reason) from wrong
            # Whatever the part is, the server has no continuation of it.
            part.write_bytes(b"")
            reason = "it has no such part"
        except _LINE_FAULTS as wrong:
            reason = str(getattr(wrong, "reason", wrong)) or type(wrong).__name__
        vain = vain + 1 if part.stat().st_size <= before else 0
        if vain >= TRIES:
            raise ModelError(ModelFault.DOWNLOAD_FAILED, address=address, reason=reason)


def _once(address: str, size: int | None, part: Path, progress: Progress | None, stall_s: float) -> bool:
    """One request; whether the file is whole now, as far as its length tells."""
    there = part.stat().st_size
    if size is not None and there == size:
        return True
    request = urllib.request.Request(address, headers={"User-Agent": "dongtou-edge"})  # noqa: S310 - http(s) only
    if there:
        request.add_header("Range", f"bytes={there}-")
    with urllib.request.urlopen(request, timeout=stall_s) as answer:  # noqa: S310 - http(s) only
        begins, whole = _extent(answer)
        expected = whole if size is None else size
        if (expected or 0) > LIMIT or (size is not None and whole not in {None, size}):
            raise ModelError(ModelFault.DOWNLOAD_TOO_LARGE, address=address, size=str(whole), limit=str(size or LIMIT))
        with part.open("r+b") as out:
            out.seek(begins if begins <= there else 0)
            out.truncate()
            _copied(address, answer, out, expected, progress)
    got = part.stat().st_size
    return got == expected if expected is not None else got > 0


def _extent(answer: http.client.HTTPResponse) -> tuple[int, int | None]:
    """Where the answer begins in the file, and how long the whole file is."""
    told = _RANGE.match(answer.headers.get("Content-Range", ""))
    if answer.status == http.HTTPStatus.PARTIAL_CONTENT and told is not None:
        return int(told[1]), None if told[2] == "*" else int(told[2])
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _copied(
    address: str, answer: http.client.HTTPResponse, out: IO[bytes], expected: int | None, progress: Progress | None
) -> None:
    most = LIMIT if expected is None else expected
    while chunk := answer.read1(CHUNK):
        if out.tell() + len(chunk) > most:
            out.seek(0)
            out.truncate()
            raise ModelError(ModelFault.DOWNLOAD_TOO_LARGE, address=address, size=f"> {most}", limit=str(most))
        out.write(chunk)
        if progress is not None:
            progress(out.tell(), expected)


def _proven(address: str, part: Path, sha256: str) -> None:
    digest = hashlib.sha256()
    with part.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
        os.fsync(stream.fileno())
    if digest.hexdigest() != sha256:
        part.unlink()
        part.touch()
        raise ModelError(ModelFault.DOWNLOAD_WRONG, address=address, expected=sha256, found=digest.hexdigest())
