# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest

from edge.identity.sealing import OpeningKey, SealingKey
from provisioning import cli
from tests.provisioning.carried.exports import Device

NOBODY = "127.0.0.1:1"
"""Whoever tried to deliver anything would be told that nobody listens here."""


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine's own language."""
    monkeypatch.setenv("DONGTOU_LANG", "en")


@pytest.fixture
def carried(tmp_path: Path) -> tuple[Path, list[str]]:
    """An export, and the words with which it is imported."""
    device = Device.with_backlog(tmp_path / "device", 3)
    private, _ = device.opening.save(tmp_path / "keys")
    known = tmp_path / "pole-1.pub.pem"
    known.write_bytes(device.keys.public_pem())
    file = tmp_path / "e.dtx"
    device.export(file)
    return file, [str(file), "--key", str(private), "--device-key", str(known), "--broker", NOBODY]


def test_a_hub_key_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both halves, told by path and name; a second time nothing is touched."""
    assert cli.run(["hub-key", "--out", str(tmp_path), "--json"]) == cli.OK
    told = json.loads(capsys.readouterr().out)
    assert OpeningKey.load(Path(told["private"])).kid == SealingKey.load(Path(told["public"])).kid == told["kid"]
    assert cli.run(["hub-key", "--out", str(tmp_path)]) == cli.PROBLEM
    assert "[sealing-key-there]" in capsys.readouterr().err


def test_a_dry_run_shows_what_is_in_it(carried: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """Checked to the end, and nothing said to any broker."""
    _, words = carried
    assert cli.run(["import", *words, "--dry-run", "--json"]) == cli.OK
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["lanes"], told["delivered"]) == (3, {"state": {"first": 1, "last": 3, "rows": 3}}, False)
    assert told["signature_of_known_device"]


def test_a_dry_run_needs_no_device_key(carried: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """Who signed is shown, and that this says nothing yet."""
    _, words = carried
    assert cli.run(["import", *words[:3], "--dry-run"]) == cli.OK
    assert "shows only with --device-key" in capsys.readouterr().err


def test_without_the_devices_key_nothing_is_delivered(
    carried: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where that key comes from is told."""
    _, words = carried
    assert cli.run(["import", *words[:3], "--broker", NOBODY]) == cli.PROBLEM
    said = capsys.readouterr().err
    assert "[device-key-needed]" in said
    assert "edge-agent export --show-key" in said


def test_a_cut_file_is_refused_before_anything_is_said(
    carried: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even its good beginning is delivered."""
    file, words = carried
    file.write_bytes(file.read_bytes()[:-1])
    assert cli.run(["import", *words]) == cli.PROBLEM
    assert "[export-cut-short]" in capsys.readouterr().err


def test_a_hub_that_cannot_be_reached_may_be_tried_again(
    carried: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """With the exit code by which a script knows that."""
    _, words = carried
    assert cli.run(["import", *words]) == cli.CANNOT_REACH
    assert "[broker-unreachable]" in capsys.readouterr().err
