# SPDX-License-Identifier: Apache-2.0
import base64
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.contract import evidence_package as layout
from edge.contract.evidence import Pixels
from edge.contract.problems import Language, ProblemError, explain
from edge.identity.device_key import DeviceKey
from edge.identity.file_keystore import FileKeyStore
from provisioning.evidence.package import packed
from provisioning.evidence.report import Part, Report, State, Verdict, as_json
from provisioning.evidence.verify import verify
from tests.provisioning.evidence.made import Device, jpeg

CHANGES = 10_000
SEED = 20261124


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Device:
    return Device(tmp_path_factory.mktemp("device"))


@pytest.fixture(scope="module")
def package(device: Device) -> bytes:
    return device.package(device.case())


@pytest.fixture(scope="module")
def key(device: Device) -> DeviceKey:
    return DeviceKey.load(device.public_key())


def codes(report: Report) -> set[str]:
    """What is wrong; every code has words in both languages, or this raises."""
    for problem in report.problems:
        assert all("‹" not in explain(problem, language).meaning for language in Language)
    return {problem.code for problem in report.problems}


def repacked(package: bytes, change: Callable[[list[tuple[str, bytes]]], object]) -> bytes:
    """As somebody with our own archive writer would forge it: headers and sums are right, contents are not."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(file, "w") as new:
        entries = [(name, old.read(name)) for name in old.namelist()]
        change(entries)
        for name, content in entries:
            about = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            about.external_attr = 0o100644 << 16
            new.writestr(about, content)
    return file.getvalue()


def swapped(name: str, content: bytes) -> Callable[[list[tuple[str, bytes]]], object]:
    def change(entries: list[tuple[str, bytes]]) -> None:
        entries[:] = [(entry, content if entry == name else old) for entry, old in entries]

    return change


def test_a_package_that_nobody_touched_is_whole(package: bytes, key: DeviceKey, device: Device) -> None:
    """Every part holds, the facts are the signed ones, and the same case gives the same bytes again."""
    report = verify(package, key)
    assert report.verdict is Verdict.WHOLE
    assert {check.state for check in report.checks} == {State.HOLDS}
    assert as_json(report)["signature_of_known_device"] is True
    assert as_json(report)["facts"]["place"]["direction"] == "由东向西"
    assert report.code in zipfile.ZipFile(io.BytesIO(package)).read(layout.CHAIN).decode()
    assert json.loads(zipfile.ZipFile(io.BytesIO(package)).read(layout.FACTS))["chain"]["number"] == 1
    assert zipfile.ZipFile(io.BytesIO(package)).testzip() is None


@pytest.mark.slow
def test_every_changed_byte_is_found(package: bytes, key: DeviceKey) -> None:
    """Of 10,000 bytes changed at random, anywhere in the file, none goes unnoticed."""
    chance = random.Random(SEED)
    missed = []
    for _ in range(CHANGES):
        at, by = chance.randrange(len(package)), chance.randrange(1, 256)
        changed = bytearray(package)
        changed[at] ^= by
        if verify(bytes(changed), key).verdict is not Verdict.CHANGED:
            missed.append((at, by))
    assert missed == []


def test_every_single_bit_of_signature_and_archive_words_is_found(package: bytes, key: DeviceKey) -> None:
    """Also the spare bits of base64, the key's letters, and all that archives hold beside their contents."""
    manifest, first = package.index(b"eyJ"), package.index(b"\xff\xd8")
    end = package.index(b"PK", manifest)
    places = [*range(30), *range(end - 90, end), *range(first - 60, first), *range(len(package) - 600, len(package))]
    for at in places:
        changed = bytearray(package)
        changed[at] ^= 1 << (at % 8)
        assert verify(bytes(changed), key).verdict is Verdict.CHANGED, at


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data + b"\0",
        lambda data: data[:-1],
        lambda data: data[:5000] + b"\0" + data[5000:],
        lambda data: data[:5000] + data[5001:],
        lambda data: data[:-2] + b"\x05\x00hello",
        lambda data: b"#!/bin/sh\n" + data,
        lambda data: data + data,
        lambda _: b"",
        lambda _: b"PK\x03\x04",
    ],
    ids=["longer", "shorter", "put in", "taken out", "comment", "before", "twice", "nothing", "stub"],
)
def test_bytes_put_in_and_taken_out_are_found(change: Callable[[bytes], bytes], package: bytes, key: DeviceKey) -> None:
    """Not only bytes that differ, but those that are too many or too few, and none of it crashes the check."""
    assert verify(change(package), key).verdict is Verdict.CHANGED


def test_a_forger_with_our_archive_writer_is_found(package: bytes, key: DeviceKey) -> None:
    """Where the archive is in order, what was signed still tells which part was changed."""
    assert repacked(package, lambda _: None) == package
    picture = "photographs/02-whole-scene.jpg"
    assert codes(verify(repacked(package, swapped(picture, jpeg(99))), key)) == {"evidence-photograph-changed"}
    assert codes(verify(repacked(package, swapped(layout.README, b"")), key)) == {"evidence-copy-changed"}
    assert codes(verify(repacked(package, swapped(layout.CHAIN, b"{}\n")), key)) == {"evidence-copy-changed"}
    assert codes(verify(repacked(package, swapped(layout.MANIFEST, b"a.b.c")), key)) == {"evidence-signature-broken"}
    assert codes(verify(repacked(package, list.reverse), key)) == {"evidence-contents-wrong"}
    extra = codes(verify(repacked(package, lambda entries: entries.append(("note.txt", b"hello"))), key))
    assert extra == {"evidence-contents-wrong"}
    assert "evidence-contents-wrong" in codes(verify(repacked(package, list.pop), key))


def test_another_spelling_of_the_signature_is_no_signature(package: bytes, key: DeviceKey) -> None:
    """Base64 leaves bits unused at the end: a reader that passes over them would call two files the same."""
    token = zipfile.ZipFile(io.BytesIO(package)).read(layout.MANIFEST)
    last = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = token[:-1] + bytes([last[last.index(token[-1:]) ^ 1]])
    assert base64.urlsafe_b64decode(other.split(b".")[2] + b"==") == base64.urlsafe_b64decode(
        token.split(b".")[2] + b"=="
    )
    assert "evidence-signature-broken" in codes(verify(repacked(package, swapped(layout.MANIFEST, other)), key))


def test_who_signed_shows_only_with_the_devices_key(tmp_path: Path, key: DeviceKey, package: bytes) -> None:
    """A forger signs all of it anew with a key of his own: only the device's key shows it, and that is said."""
    forger = Device(tmp_path)
    forged = forger.package(forger.case())
    assert codes(verify(forged, key)) == {"evidence-other-signer"}
    unknown = verify(forged)
    assert unknown.verdict is Verdict.WHOLE
    assert not unknown.signer_checked
    states = {check.part: check.state for check in unknown.checks}
    assert states[Part.SIGNER] is State.NOT_CHECKED
    assert "evidence-other-device" in codes(verify(package, DeviceKey(key._jwk, "cam-99")))


def test_what_cannot_be_evidence_is_told_apart_from_what_was_changed(device: Device, key: DeviceKey) -> None:
    """A clock that is off leaves the file whole and the case unusable; a small camera is said and not condemned."""
    report = verify(device.package(device.case(7, clock_error_s=1.7)), key)
    assert (report.verdict, codes(report)) == (Verdict.NOT_EVIDENCE, {"evidence-rules-not-met"})
    assert {check.state for check in report.checks} == {State.HOLDS}
    outcomes = {one["rule"]: one["outcome"] for one in as_json(report)["rules"]}
    assert (outcomes["clock"], outcomes["size"]) == ("not-met", "below-standard")


def test_pictures_must_be_what_they_are_said_to_be(device: Device, key: DeviceKey) -> None:
    """What a broken device signed is told by the picture's name: no JPEG, none in colour, of another size."""
    data = device.case(8)
    for broken in (b"no picture", jpeg(50)[:-9], jpeg(50) + b"\0", jpeg(50, grey=True), jpeg(50, 64, 36)):
        report = verify(device.package(_with_picture(device, data, broken)), key)
        assert codes(report) == {"evidence-photograph-unsound"}


def _with_picture(device: Device, data: dict[str, object], content: bytes) -> dict[str, object]:
    """The same case, signed with other bytes as its first photograph."""
    ref = device.keep(content)
    photographs = json.loads(json.dumps(data["photographs"]))
    photographs[0] |= {"blob": ref.model_dump(), "pixels": Pixels(width=32, height=18).model_dump()}
    return device.case(8, views=(), photographs=photographs)


def test_nothing_is_packed_that_would_not_verify(device: Device) -> None:
    """A picture that is missing or another one, and a manifest that nobody signed, are told instead."""
    data = device.case(9)
    with pytest.raises(ProblemError, match="evidence-picture-missing"):
        packed(data["case"], data["manifest"], lambda _: None)
    with pytest.raises(ProblemError, match="evidence-picture-missing"):
        packed(data["case"], data["manifest"], lambda _: b"another")
    head, payload, signature = data["manifest"].split(".")
    for token in ("", "a.b.c", f"{head}.{payload[:-4]}AAAA.{signature}"):
        with pytest.raises(ProblemError, match="evidence-unsigned"):
            packed(data["case"], token, device.pictures.get)
    other = FileKeyStore(device.folder).sign({"photos": []}, layout.MANIFEST_TYP)
    with pytest.raises(ProblemError, match="evidence-unsigned"):
        packed(data["case"], other, device.pictures.get)
