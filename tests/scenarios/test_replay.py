# SPDX-License-Identifier: Apache-2.0
"""`edge-agent replay` as a person runs it: illegal_parking on a recording, events a line each, evidence beside."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from edge.contract.envelope import CloudEvent
from edge.contract.evidence import CASE_TYPE, Case, CaseManifest
from edge.identity.file_keystore import FileKeyStore

DEVICE = """
[device]
name = "kerb-7"
[[link.brokers]]
host = "127.0.0.1"
[store]
folder = "data"
[[cameras]]
name = "east"
source = "street:quiet"
[roles.illegal_parking]
place = { code = "1", name = "Harbour Road" }
[[roles.illegal_parking.zones]]
name = "kerb"
camera = "east"
polygon = [[0.26, 0.66], [0.74, 0.66], [0.76, 0.80], [0.24, 0.80]]
limit_s = 12
grace_s = 2
photo_interval_s = 4
"""

pytestmark = pytest.mark.scenario


def replayed(folder: Path, source: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the verb on the device of this file."""
    config = folder / "device.toml"
    config.write_text(DEVICE, "utf-8")
    command = [sys.executable, "-m", "edge.agent.main", "replay", "--config", str(config), "--source", source, *more]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env={"LANG": "C.UTF-8"})


def manifest_of(jws: str, public_pem: bytes) -> CaseManifest:
    """The manifest, if the device's key signed it: by RFC 7515, with nothing of the project's own."""
    signed, _, signature = jws.rpartition(".")
    key = load_pem_public_key(public_pem)
    assert isinstance(key, Ed25519PublicKey)
    key.verify(base64.urlsafe_b64decode(signature + "=="), signed.encode())
    return CaseManifest.model_validate_json(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))


def events_of(file: Path) -> list[CloudEvent]:
    """Every line as the event it must be."""
    return [CloudEvent.model_validate_json(line) for line in file.read_text("utf-8").splitlines()]


def test_a_case_lies_beside_its_photographs_and_is_signed(tmp_path: Path) -> None:
    """One line is one CloudEvent; the pictures a case names are files of that hash; its manifest holds."""
    out = tmp_path / "events.jsonl"
    done = replayed(tmp_path, "street:demo?stop_s=8&stay_s=25&end_s=50", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    (case,) = [Case.model_validate(event.data) for event in events_of(out) if event.type == CASE_TYPE]
    names = {f"{photograph.blob.sha256}.jpg" for photograph in case.photographs}
    assert {path.name for path in (tmp_path / "events-evidence").iterdir()} == names
    assert summary["pictures"] == len(names)
    signed = manifest_of(case.manifest, FileKeyStore(tmp_path / "data").public_pem())
    assert signed.photos == tuple(photograph.blob.sha256 for photograph in case.photographs)


def test_a_stay_that_comes_to_nothing_leaves_no_picture(tmp_path: Path) -> None:
    """The car left before the limit: it is told that it left, and nothing of it lies on the disk."""
    out = tmp_path / "events.jsonl"
    done = replayed(tmp_path, "street:demo?stop_s=8&stay_s=6&end_s=40", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert [event.type.split(".")[-2] for event in events_of(out) if "illegalparking" in event.type] == [
        "opened",
        "departed",
    ]
    assert not list((tmp_path / "events-evidence").iterdir())


def test_without_a_file_events_go_to_stdout_and_talk_does_not(tmp_path: Path) -> None:
    """A pipe gets events and nothing else."""
    done = replayed(tmp_path, "street:demo?stop_s=30&end_s=20")
    assert done.returncode == 0, done.stderr
    assert all(CloudEvent.model_validate_json(line) for line in done.stdout.splitlines())
    assert "events" in done.stderr


def test_what_shows_nothing_is_told_as_looked_at(tmp_path: Path) -> None:
    """Pictures that say when they were taken, in which nothing is: how many, from when on, by what, and what to try."""
    (tmp_path / "lot").mkdir()
    for minute in ("15", "20", "25"):
        cv2.imwrite(str(tmp_path / f"lot/2013-02-24_06_{minute}_00.png"), np.full((180, 320, 3), 90, np.uint8))
    done = replayed(tmp_path, "lot")
    assert (done.returncode, done.stdout) == (0, "")
    assert "3 pictures of lot: 600.0 s from 2013-02-24 06:15:00 +08:00 on" in done.stderr
    assert "detector motion, roles illegal_parking" in done.stderr
    assert "Found nothing" in done.stderr
    assert "dongtou_street" in done.stderr


@pytest.mark.parametrize(
    ("source", "more", "code"),
    [
        ("no-such-file.mp4", (), "video-missing"),
        ("street:demo", ("--camera", "west"), "replay-no-camera"),
        ("street:demo", ("--json",), "replay-needs-out"),
    ],
)
def test_what_cannot_be_replayed_is_said_with_its_code(
    tmp_path: Path, source: str, more: tuple[str, ...], code: str
) -> None:
    """Exit 1, nothing on stdout, and a next step on stderr."""
    done = replayed(tmp_path, source, *more)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"[{code}]" in done.stderr
