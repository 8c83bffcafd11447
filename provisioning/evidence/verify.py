# SPDX-License-Identifier: Apache-2.0
"""The independent check of an evidence package: it shares words with what packs, and no code that reads or signs.

What must always be true here: a file that differs in one byte from what was packed is never called whole. Archive
bytes follow from the entries, entries from manifest and photographs, photographs from the manifest's hashes, and the
manifest from the device's key.
"""

import hashlib
from collections.abc import Iterator
from itertools import starmap
from typing import Final

from pydantic import ValidationError

from edge.contract import evidence_package as layout
from edge.contract.evidence import CaseManifest, ChainLink
from edge.contract.evidence_chain import genesis
from edge.contract.evidence_rules import judge
from edge.contract.problems import Problem
from edge.identity.device_key import DeviceKey
from provisioning.evidence.container import Container, is_archive, read
from provisioning.evidence.jpeg import JpegError, read_jpeg
from provisioning.evidence.report import Check, Part, Report, Shown
from provisioning.evidence.signed import SignatureFault, Signed, read_signed

_PLACES: Final = 3
"""So many places at which an archive was changed are told."""


def verify(data: bytes, known: DeviceKey | None = None) -> Report:
    """Check a whole package, against the device's key if it is `known` from elsewhere. Never fails: see the report."""
    about = hashlib.sha256(data).hexdigest(), len(data)
    if not is_archive(data):
        return Report(*about, (Check(Part.ARCHIVE, (Problem(code="evidence-foreign"),)), *_unchecked(Part.CONTENTS)))
    container = read(data)
    archive = Check(Part.ARCHIVE, tuple(_archive(container)))
    entries = {entry.name: entry.content for entry in container.entries}
    try:
        signed, manifest = read_manifest(entries.get(layout.MANIFEST, b""))
    except SignatureFault as wrong:
        broken = Problem(code="evidence-signature-broken", detail={"reason": str(wrong)})
        before = (archive, *_unchecked(Part.CONTENTS, Part.CONTENTS))
        return Report(*about, (*before, Check(Part.SIGNATURE, (broken,)), *_unchecked(Part.SIGNER)))
    names = layout.photograph_names([one.view for one in manifest.facts.photographs])
    shown = tuple(starmap(_shown, ((name, entries.get(name, b"")) for name in names)))
    checks = (
        archive,
        Check(Part.CONTENTS, tuple(_contents(container, names))),
        Check(Part.SIGNATURE),
        Check(Part.SIGNER, tuple(_signer(signed, manifest, known)), checked=known is not None),
        Check(Part.PHOTOGRAPHS, tuple(_photographs(manifest, shown))),
        Check(Part.PICTURES, tuple(_pictures(manifest, shown))),
        Check(Part.COPIES, tuple(_copies(signed, manifest, entries))),
        Check(Part.CHAIN, tuple(_chain(manifest, signed.kid)), checked=manifest.chain is not None),
    )
    sizes = {one.sha256: one.pixels for one in shown if one.pixels is not None}
    code = layout.forgery_code(signed.token)
    return Report(*about, checks, signed.kid, code, manifest.facts, manifest.chain, shown, judge(manifest.facts, sizes))


def _unchecked(first: Part, last: Part = Part.CHAIN) -> Iterator[Check]:
    parts = list(Part)
    for part in parts[parts.index(first) : parts.index(last) + 1]:
        yield Check(part, checked=False)


def read_manifest(token: bytes) -> tuple[Signed, CaseManifest]:
    """A manifest that holds together and is signed. Raises `SignatureFault`."""
    signed = read_signed(token, layout.MANIFEST_TYP)
    try:
        manifest = CaseManifest.model_validate_json(signed.payload, extra="ignore")
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        raise SignatureFault(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from wrong
    if [one.blob.sha256 for one in manifest.facts.photographs] != list(manifest.photos):
        raise SignatureFault("it names its photographs in two ways")
    return signed, manifest


def _archive(container: Container) -> Iterator[Problem]:
    if container.faults:
        yield Problem(code="evidence-archive-changed", detail={"where": "; ".join(container.faults[:_PLACES])})


def _contents(container: Container, photographs: tuple[str, ...]) -> Iterator[Problem]:
    """The entries are those the manifest calls for, in their order."""
    wanted, found = [*layout.FIXED, *photographs], [entry.name for entry in container.entries]
    if wanted != found:
        missing = ", ".join(name for name in wanted if name not in found) or "–"
        extra = ", ".join(name[:40] for name in found if name not in wanted) or "–"
        yield Problem(code="evidence-contents-wrong", detail={"missing": missing, "extra": extra})


def _signer(signed: Signed, manifest: CaseManifest, known: DeviceKey | None) -> Iterator[Problem]:
    """The key is the device's, and where a certificate says whose it is, it is this device's."""
    if known is None:
        return
    if known.kid != signed.kid:
        yield Problem(code="evidence-other-signer", detail={"kid": signed.kid, "known": known.kid})
    if known.device and known.device != manifest.facts.device:
        detail = {"device": manifest.facts.device, "known": known.device}
        yield Problem(code="evidence-other-device", detail=dict(detail))


def _shown(name: str, content: bytes) -> Shown:
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        picture = read_jpeg(content)
    except JpegError as wrong:
        return Shown(name, sha256, content, None, str(wrong))
    return Shown(name, sha256, content, picture.pixels, "" if picture.colours > 1 else "it has no colours")


def _photographs(manifest: CaseManifest, shown: tuple[Shown, ...]) -> Iterator[Problem]:
    """Every picture has the hash and the length that were signed."""
    for said, one in zip(manifest.facts.photographs, shown, strict=True):
        if (one.sha256, len(one.content)) != (said.blob.sha256, said.blob.size):
            detail = {"name": one.name, "said": said.blob.sha256, "found": one.sha256}
            yield Problem(code="evidence-photograph-changed", detail=dict(detail))


def _pictures(manifest: CaseManifest, shown: tuple[Shown, ...]) -> Iterator[Problem]:
    """Every picture is a whole JPEG in colour, as large as was signed."""
    for said, one in zip(manifest.facts.photographs, shown, strict=True):
        reason = one.flaw
        if not reason and said.pixels not in {None, one.pixels}:
            reason = "its size is not the one that was signed"
        if reason:
            yield Problem(code="evidence-photograph-unsound", detail={"name": one.name, "reason": reason})


def _copies(signed: Signed, manifest: CaseManifest, entries: dict[str, bytes]) -> Iterator[Problem]:
    """What only repeats what was signed repeats it to the byte."""
    due = {
        layout.README: layout.readme(),
        layout.FACTS: signed.payload,
        layout.CHAIN: layout.chain_page(signed.token, manifest),
        layout.KEY: signed.key_pem,
    }
    for name, content in due.items():
        if entries.get(name) != content:
            yield Problem(code="evidence-copy-changed", detail={"name": name})


def _chain(manifest: CaseManifest, kid: str) -> Iterator[Problem]:
    """By itself a case shows only that it begins a chain rightly; whether others are missing shows among them."""
    link, device = manifest.chain, manifest.facts.device
    if isinstance(link, ChainLink) and link.number == 1 and link.before != genesis(device, link.epoch, kid):
        detail = {"device": device, "epoch": link.epoch, "first": 1, "last": 1, "cases": manifest.facts.case}
        yield Problem(code="evidence-chain-no-beginning", detail=dict(detail))
