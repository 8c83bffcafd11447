# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.contract.problems import Language, ProblemError
from provisioning import cli
from provisioning.evidence import sheet as drawing
from provisioning.evidence.jpeg import read_jpeg
from provisioning.evidence.source import SourceCase, case_of
from tests.provisioning.evidence.made import AT, DEVICE, Device, jpeg


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Device:
    return Device(tmp_path_factory.mktemp("device"))


def source(device: Device, data: dict[str, object]) -> SourceCase:
    return case_of(DEVICE, data, device.pictures.get)


def test_a_sheet_is_drawn_from_the_originals(device: Device, tmp_path: Path) -> None:
    """From a package alone: one sheet, a copy of each photograph with a band below, and originals as they were."""
    data = device.case(1, views=("whole-scene", "plate"))
    before = dict(device.pictures)
    path = tmp_path / "case.zip"
    path.write_bytes(device.package(data))
    assert cli.run(["evidence", "sheet", str(path), "--out", str(tmp_path / "out"), "--copies"]) == 0
    drawn = {one.name: read_jpeg(one.read_bytes()).pixels for one in (tmp_path / "out").iterdir()}
    assert set(drawn) == {f"{DEVICE}-stop-1{end}" for end in (".jpg", "-01.jpg", "-02.jpg")}
    assert drawn[f"{DEVICE}-stop-1.jpg"].width == 1960
    copy = drawn[f"{DEVICE}-stop-1-01.jpg"]
    assert (copy.width, copy.height > 18) == (32, True)
    assert device.pictures == before


def test_the_copy_shows_the_picture_untouched_above_its_band(device: Device) -> None:
    """Nothing of the scene is covered but the corner with the code: the text stands below."""
    picture = np.random.default_rng(1).integers(60, 200, (360, 640, 3), dtype=np.uint8)
    _, encoded = cv2.imencode(".jpg", cv2.GaussianBlur(picture, (0, 0), 5), (cv2.IMWRITE_JPEG_QUALITY, 95))
    ref = device.keep(encoded.tobytes())
    data = device.case(2, views=())
    shown = [{"taken_at": AT.isoformat(), "view": "whole-scene", "blob": ref.model_dump()}]
    data = device.case(2, views=(), photographs=shown)
    drawn = cv2.imdecode(np.frombuffer(drawing.overlay(source(device, data), 1), np.uint8), cv2.IMREAD_COLOR)
    original = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert drawn is not None
    assert original is not None
    assert float(np.abs(drawn[60:360].astype(int) - original[60:].astype(int)).mean()) < 3
    band = drawn[360:]
    assert band.shape[0] > 80
    assert 0.02 < float((band > 128).mean()) < 0.5


def test_nothing_unsigned_is_drawn_as_if_it_were_true(device: Device) -> None:
    """A case whose signature does not hold, a picture that is not here, and a number there is none of are told."""
    data = device.case(3)
    with pytest.raises(ProblemError, match="evidence-unsigned"):
        drawing.sheet(source(device, {**data, "manifest": data["manifest"][:-8] + "AAAAAAAA"}))
    with pytest.raises(ProblemError, match="evidence-picture-missing"):
        drawing.sheet(case_of(DEVICE, data, lambda _: None))
    with pytest.raises(ProblemError, match="evidence-sheet-failed"):
        drawing.overlay(source(device, data), 9)
    with pytest.raises(ProblemError, match="evidence-sheet-failed"):
        drawing.sheet(source(device, device.case(4, views=("plate",))))


def test_a_picture_that_cannot_be_decoded_breaks_nothing_but_its_sheet(device: Device) -> None:
    """The drawer is a process of its own: it ends with a reason, and we go on."""
    data = device.case(5, views=("whole-scene",))
    with pytest.raises(ProblemError, match="evidence-sheet-failed"):
        drawing.sheet(source(device, data), pictures=lambda _: jpeg(3)[:40])


def test_long_texts_and_missing_pictures_have_their_place(device: Device) -> None:
    """Two panoramas, no plate, and texts that no designer expected: drawn all the same, in either language."""
    place = {"code": "330305001002-东岙沿线", "name": "浙江省温州市洞头区" * 12, "direction": "由东北向西南" * 9}
    data = device.case(6, views=("whole-scene",) * 2, place=place, plate=None, no_plate="not-legible", zone="z" * 64)
    sizes = {read_jpeg(drawing.sheet(source(device, data), language=one)).pixels.width for one in Language}
    assert sizes == {1960}


def test_without_opencv_the_way_to_it_is_told(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a bare laptop packages and reports work, and a sheet says what to install."""

    def bare(command: list[str], **_: object) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.CompletedProcess(command, 1, b"", b"ModuleNotFoundError: No module named 'cv2'\n")

    monkeypatch.setattr(subprocess, "run", bare)
    with pytest.raises(ProblemError, match="dongtou-edge\\[vision-headless\\]"):
        drawing.sheet(source(device, device.case(7)))


def test_checking_and_packing_load_no_eyes() -> None:
    """The technician's tool runs where OpenCV is not installed."""
    loaded = "import sys, provisioning.commands.evidence, provisioning.evidence.sheet, provisioning.evidence.pdf"
    done = subprocess.run(
        [sys.executable, "-c", f"{loaded}; print('cv2' in sys.modules, 'numpy' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["False", "False"]
