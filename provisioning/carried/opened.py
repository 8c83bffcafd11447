# SPDX-License-Identifier: Apache-2.0
"""An exported backlog as it came on a stick: opened and looked through to its end before one event of it is believed.

What must always be true here: no batch is handed out unless the whole file opened, frame by frame, its end is signed
by the key that is asked for, and every batch is of the device, epoch, lane and rows that it claims.
"""

import base64
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import ValidationError

from edge.contract.batch import BatchError, batch_json
from edge.contract.envelope import event_id, event_source
from edge.contract.export import (
    MAGIC,
    MAX_FRAME_BYTES,
    MAX_HEADER_BYTES,
    SEALING_INFO,
    SIGNED_AS,
    Contents,
    ExportClaims,
    ExportError,
    ExportHeader,
    FrameHead,
    read_header,
    unpack_frame,
)
from edge.contract.problems import ProblemError
from edge.identity.device_key import DeviceKey
from edge.identity.sealed_stream import SealedReader, StreamCutShortError, StreamError
from edge.identity.sealing import OpeningKey

_NOT_EVENTS: Final = (json.JSONDecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError)
"""What a batch that is no list of events makes of the look at it."""


Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch as it came, and the rows it carries."""

    head: FrameHead
    payload: bytes


class Export:
    """One file that was verified whole. `signer` is the id of the key that signed it."""

    def __init__(self, path: Path, file: BinaryIO, opening: OpeningKey, told: Told) -> None:
        """Look through all of it; `told` hears how many bytes are behind us. Raises `ProblemError`."""
        self.path = path
        self._file = file
        with self._told(foreign=True):
            self._stream = SealedReader(file, MAGIC, MAX_HEADER_BYTES, MAX_FRAME_BYTES)
            self.header: ExportHeader = read_header(self._stream.header)
        if self.header.kid != opening.kid:
            raise ProblemError("export-sealed-to-another", path=str(path), kid=self.header.kid, ours=opening.kid)
        with self._told():
            key = opening.open(_decoded(self.header.key), SEALING_INFO)
        if key is None:
            raise ProblemError("export-damaged", path=str(path), reason="its content key does not open")
        self._key = key
        self.size = os.fstat(file.fileno()).st_size
        self.claims, self._token = self._verified(told)

    @property
    def signer(self) -> DeviceKey:
        """The key that the end of the file names as its own, and that did sign it."""
        named = DeviceKey.named_in(self._token)
        if named is None or named.claims(self._token, SIGNED_AS) is None:
            raise ProblemError("export-damaged", path=str(self.path), reason="its signature does not hold")
        return named

    @property
    def rows(self) -> int:
        """Events in it."""
        return sum(lane.rows for lane in self.claims.lanes.values())

    def believe(self, known: DeviceKey) -> None:
        """Raise `ProblemError` export-not-signed-by-device unless `known` signed it, as the device it says it is."""
        whose = known.device in {None, self.header.device}
        if not whose or known.claims(self._token, SIGNED_AS) is None:
            raise ProblemError(
                "export-not-signed-by-device",
                path=str(self.path),
                device=self.header.device,
                kid=self.signer.kid,
                known=known.kid if whose else f"{known.kid} ({known.device})",
            )

    def batches(self) -> Iterator[Sealed]:
        """Every batch in the order of the file. Raises `ProblemError` if the file is not what it was a moment ago."""
        with self._told():
            for frame, last in self._stream.frames(self._key):
                if not last:
                    yield Sealed(*unpack_frame(frame))

    def _verified(self, told: Told) -> tuple[ExportClaims, str]:
        contents, token = Contents(), ""
        with self._told():
            for frame, last in self._stream.frames(self._key):
                if last:
                    token = frame.decode("ascii", "replace")
                else:
                    head, payload = unpack_frame(frame)
                    contents.add(head)
                    _check_batch(self.header, head, payload)
                told(self._file.tell())
        return self._claims(token, contents), token

    def _claims(self, token: str, contents: Contents) -> ExportClaims:
        named = DeviceKey.named_in(token)
        said = named.claims(token, SIGNED_AS) if named else None
        if said is None:
            raise ProblemError("export-damaged", path=str(self.path), reason="its signature does not hold")
        try:
            claims = ExportClaims.model_validate(said)
        except ValidationError as wrong:
            reason = f"what is signed cannot be read ({wrong.errors(include_url=False)[0]['msg']})"
            raise ProblemError("export-damaged", path=str(self.path), reason=reason) from wrong
        due = ExportClaims(
            device=self.header.device,
            epoch=self.header.epoch,
            created=self.header.created,
            kid=self.header.kid,
            frames=contents.frames or 1,
            lanes=contents.lanes,
            sha256=self._stream.digest,
        )
        if claims != due:
            raise ProblemError("export-damaged", path=str(self.path), reason="it does not hold what was signed")
        return claims

    @contextmanager
    def _told(self, *, foreign: bool = False) -> Iterator[None]:
        """Name what is wrong with the file."""
        try:
            yield
        except StreamCutShortError as wrong:
            raise ProblemError("export-cut-short", path=str(self.path), reason=str(wrong)) from wrong
        except (StreamError, ExportError, BatchError) as wrong:
            code = "export-foreign" if foreign else "export-damaged"
            raise ProblemError(code, path=str(self.path), reason=str(wrong)) from wrong
        except OSError as failed:
            raise _unreadable(self.path, failed) from failed


@contextmanager
def opened(path: Path, opening: OpeningKey, told: Told = lambda _: None) -> Iterator[Export]:
    """The export in `path`, verified whole. Raises `ProblemError`."""
    try:
        file = path.open("rb")
    except OSError as failed:
        raise _unreadable(path, failed) from failed
    with file:
        yield Export(path, file, opening, told)


def _check_batch(header: ExportHeader, head: FrameHead, payload: bytes) -> None:
    """Whose the events are and which they are. What they tell is for the hub to judge, as if the device had sent it."""
    try:
        told = [(event["source"], event["id"]) for event in json.loads(batch_json(payload))]
    except _NOT_EVENTS as wrong:
        raise ExportError("a batch is no list of events") from wrong
    source = event_source(header.device)
    due = [(source, event_id(header.epoch, head.lane, seq)) for seq in (head.first, head.last)]
    if len(told) != head.rows or [told[0], told[-1]] != due or any(whose != source for whose, _ in told):
        raise ExportError(f"a batch of lane {head.lane.value} is not what its frame says")


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as wrong:
        raise ExportError("its content key is not base64url") from wrong


def _unreadable(path: Path, failed: OSError) -> ProblemError:
    return ProblemError("export-unreadable", path=str(path), reason=failed.strerror or str(failed))
