# SPDX-License-Identifier: Apache-2.0
"""Where cases come from: a hub's record, the events and pictures that a replay left, or a package."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edge.contract.evidence import CASE_TYPE
from edge.contract.evidence_package import MANIFEST
from edge.contract.problems import ProblemError
from provisioning.bench.blob_files import BLOBS
from provisioning.bench.record import Record
from provisioning.evidence.container import is_archive, read
from provisioning.evidence.package import Pictures
from provisioning.evidence.signed import SignatureFault
from provisioning.evidence.verify import read_manifest

_ALL: Final = 1 << 31
_NEWEST: Final = 100
_BENCH_HUB: Final = "hub"
"""Below the folder of `provision bench --folder`."""
"""A page shows no older ones."""


@dataclass(frozen=True, slots=True)
class SourceCase:
    """One case as its event carries it, and where its pictures are. Nothing of it is believed yet."""

    device: str
    case: str
    token: str
    data: dict[str, Any]
    pictures: Pictures


def case_of(device: str, data: dict[str, Any], pictures: Pictures) -> SourceCase:
    """A case out of an event's data, whatever is in there."""
    return SourceCase(device, str(data.get("case", "")), str(data.get("manifest", "")), data, pictures)


@contextmanager
def cases(source: Path) -> Iterator[list[SourceCase]]:
    """Every case of a hub's folder, or a bench's, of a replay's file or a package, oldest first.

    Raises `ProblemError` evidence-unreadable, evidence-source-foreign.
    """
    if source.is_dir():
        if (source / _BENCH_HUB / BLOBS).is_dir():
            source = source / _BENCH_HUB
        if not (source / BLOBS).is_dir():
            raise ProblemError("evidence-source-foreign", path=str(source))
        record = Record(source)
        try:
            yield recorded(record)
        finally:
            record.close()
        return
    try:
        content = source.read_bytes()
    except OSError as wrong:
        raise ProblemError("evidence-unreadable", path=str(source), reason=wrong.strerror or str(wrong)) from wrong
    yield [_packed(content)] if is_archive(content) else list(_replayed(source, content))


def recorded(record: Record, most: int = _ALL) -> list[SourceCase]:
    """The newest cases of a hub's record, oldest first."""

    def picture(sha256: str) -> bytes | None:
        found = record.blob(sha256)
        return found[0].read_bytes() if found else None

    return [case_of(row.device, row.data, picture) for row in reversed(record.cases(most))]


def recorded_case(hub_folder: Path, device: str, case: str) -> SourceCase | None:
    """One case of a hub's folder, if it is among the newest; its pictures are read when they are asked for."""

    def picture(sha256: str) -> bytes | None:
        with closing(Record(hub_folder)) as record:
            found = record.blob(sha256)
        return found[0].read_bytes() if found else None

    with closing(Record(hub_folder)) as record:
        rows = record.cases(_NEWEST)
    found = (case_of(row.device, row.data, picture) for row in rows if (row.device, row.case) == (device, case))
    return next(found, None)


def _packed(content: bytes) -> SourceCase:
    entries = {entry.name: entry.content for entry in read(content).entries}
    pictures = {hashlib.sha256(one).hexdigest(): one for one in entries.values()}
    token = entries.get(MANIFEST, b"").decode("ascii", "replace")
    try:
        facts = read_manifest(token.encode("ascii", "replace"))[1].facts
    except SignatureFault as wrong:
        raise ProblemError("evidence-signature-broken", reason=str(wrong)) from wrong
    return SourceCase(facts.device, facts.case, token, facts.model_dump(mode="json"), pictures.get)


def _replayed(events: Path, content: bytes) -> Iterator[SourceCase]:
    folder = events.with_name(f"{events.stem}-evidence")

    def picture(sha256: str) -> bytes | None:
        path = folder / f"{sha256}.jpg"
        return path.read_bytes() if sha256.isalnum() and path.is_file() else None

    for line in content.splitlines():
        try:
            event = json.loads(line)
            if event["type"] == CASE_TYPE:
                yield case_of(event["source"].removeprefix("/devices/"), dict(event["data"]), picture)
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            raise ProblemError("evidence-source-foreign", path=str(events)) from wrong
