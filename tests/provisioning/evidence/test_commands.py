# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path
from typing import Any

import pytest

from edge.contract.envelope import EventFrame, event_body
from edge.contract.evidence import CASE_TYPE
from edge.contract.words import Lane
from provisioning import cli
from provisioning.bench.book import Book
from provisioning.bench.record import Record
from provisioning.bench.record_sqlite import SqliteStore
from provisioning.evidence.chains import as_json, chains_of
from provisioning.evidence.source import cases, recorded
from tests.provisioning.evidence.made import DEVICE, EPOCH, Device


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Device:
    return Device(tmp_path_factory.mktemp("device"))


def event(data: dict[str, Any], seq: int, kind: str = CASE_TYPE) -> bytes:
    body = event_body(kind, data, data.get("case"))
    return EventFrame(DEVICE, EPOCH, Lane.RECORD).frame(seq, 1_795_000_000_000_000 + seq, "synced", 60_000, body)


@pytest.fixture(scope="module")
def replayed(device: Device, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `edge-agent replay --out` leaves: four cases, and their pictures beside them."""
    folder = tmp_path_factory.mktemp("replay")
    lines = [event(device.case(number), number) for number in range(1, 5)]
    other = event({"case": "x"}, 9, "cn.dongtou.edge.illegalparking.departed.v1")
    (folder / "events.jsonl").write_bytes(b"\n".join([*lines, other, b""]))
    (folder / "events-evidence").mkdir()
    for sha256, content in device.pictures.items():
        (folder / "events-evidence" / f"{sha256}.jpg").write_bytes(content)
    return folder / "events.jsonl"


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def run(*words: object) -> int:
    return cli.run(["evidence", *map(str, words)])


def test_from_a_replay_to_a_verified_package(
    replayed: Path, device: Device, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All cases are packed, the same to the byte each time, and each is checked against the device's own key."""
    for _ in range(2):
        assert run("pack", replayed, "--out", tmp_path, "--json") == 0
    packs = said(capsys)
    assert packs[:4] == packs[4:]
    key = device.public_key()
    for pack in packs[:4]:
        assert run("verify", pack["path"], "--key", key, "--json", "--strict") == 0
    assert {one["verdict"] for one in said(capsys)} == {"whole"}
    assert run("verify", packs[0]["path"]) == 0
    told = capsys.readouterr().out
    assert "Whose key this is was not checked" in told
    assert packs[0]["case"] in told


def test_a_changed_package_ends_with_one_and_a_next_step(
    device: Device, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scripts see the exit code and the code of the problem, people the words of their language."""
    package = bytearray(device.package(device.case(20)))
    package[-300] ^= 1
    path = tmp_path / "case.zip"
    path.write_bytes(package)
    assert run("verify", path, "--json") == 1
    assert "evidence-archive-changed" in {one["code"] for one in said(capsys)[0]["problems"]}
    monkeypatch.setenv("DONGTOU_LANG", "zh")
    assert run("verify", path) == 1
    seen = capsys.readouterr()
    assert "请勿使用此文件" in seen.out
    assert "请从中心重新获取证据包" in seen.err
    assert run("verify", tmp_path / "no.zip") == 1
    assert "evidence-unreadable" in capsys.readouterr().err


def test_strict_counts_the_rules_too(device: Device, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unchanged case by a clock that is off passes as unchanged, says that it is no evidence, and fails if asked."""
    path = tmp_path / "case.zip"
    path.write_bytes(device.package(device.case(21, clock="held")))
    assert run("verify", path) == 0
    assert "cannot be used as evidence" in capsys.readouterr().out
    assert run("verify", path, "--strict") == 1


def test_packing_says_what_it_cannot_pack(replayed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A case without its picture is told and the others are packed; foreign sources and files in the way are named."""
    events = tmp_path / "events.jsonl"
    events.write_bytes(replayed.read_bytes())
    assert run("pack", events, "--out", tmp_path / "packs") == 1
    assert capsys.readouterr().err.count("evidence-picture-missing") == 4
    assert run("pack", replayed, "--case", "nobody") == 1
    assert "evidence-no-case" in capsys.readouterr().err
    for foreign in (tmp_path, tmp_path / "missing"):
        assert run("pack", foreign) == 1
    events.write_bytes(b"{}\n")
    assert run("chain", events) == 1
    told = capsys.readouterr().err
    assert (told.count("evidence-source-foreign"), told.count("evidence-unreadable")) == (2, 1)
    (tmp_path / f"{DEVICE}-stop-1.zip").write_bytes(b"another")
    assert run("pack", replayed, "--case", f"{DEVICE}-stop-1", "--out", tmp_path) == 1
    assert "evidence-there" in capsys.readouterr().err


def test_a_case_taken_out_of_the_record_is_told(
    replayed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The chain is whole with all cases, and tells which number is missing without one, or changed by another."""
    assert run("chain", replayed, "--json") == 0
    (whole,) = said(capsys)
    assert whole["chains"] == [{"device": DEVICE, "epoch": EPOCH, "cases": 4, "last": 4, "problems": []}]
    lines = replayed.read_bytes().splitlines()
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"\n".join([lines[0], *lines[2:]]))
    assert run("chain", events) == 1
    seen = capsys.readouterr()
    assert "Cases 2 to 2 of cam-12" in seen.err
    assert "1 faults" in seen.out


def test_a_hub_packs_and_knows_its_chains(device: Device, tmp_path: Path) -> None:
    """From the record of a hub as well: cases, pictures once they are here, chains, and what bears no signature."""
    other = Device(tmp_path / "device")
    good, lost, last = (other.case(number) for number in (1, 2, 3))
    forged = {**last, "manifest": "a.b.c"}
    book = Book(SqliteStore(tmp_path / "hub"))
    for seq, data in ((1, good), (2, forged), (3, last)):
        book.take(f"dt/1/{DEVICE}/up/record", b"[" + event(data, seq) + b"]")
    book.commit(0.0)
    book.close()
    with cases(tmp_path / "hub") as found:
        assert [one.case for one in found] == [good["case"], last["case"], last["case"]]
        assert found[0].pictures(good["photographs"][0]["blob"]["sha256"]) is None
    record = Record(tmp_path / "hub")
    chains = as_json(chains_of(recorded(record)))
    record.close()
    assert chains["unchained"] == [last["case"]]
    assert [problem["code"] for problem in chains["chains"][0]["problems"]] == ["evidence-chain-missing"]
    assert lost["case"] == f"{DEVICE}-stop-2"


def test_no_case_is_no_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty record is packed and checked without a word of complaint."""
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"")
    assert (run("pack", events), run("chain", events)) == (0, 0)
    assert capsys.readouterr().err.count("There are no cases") == 2
