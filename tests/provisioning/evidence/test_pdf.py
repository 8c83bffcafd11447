# SPDX-License-Identifier: Apache-2.0
import base64
import re
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4

from edge.identity.device_key import DeviceKey
from provisioning import cli
from provisioning.evidence.ink import Ink
from provisioning.evidence.pdf import About, report_pdf
from provisioning.evidence.report import Report
from provisioning.evidence.verify import verify
from tests.provisioning.evidence.made import AT, VIEWS, Device

ABOUT = About("case.zip", datetime(2026, 11, 24, 5, 0, tzinfo=UTC), "provision 0")
LONG_PLACE = {"code": "330305001002-东岙沿线", "name": "浙江省温州市洞头区" * 12, "direction": "由东北向西南" * 9}


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Device:
    return Device(tmp_path_factory.mktemp("device"))


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def text(pdf: bytes) -> str:
    """What the page's content says in Latin letters."""
    streams = re.findall(rb"(?<!end)stream\s*(.*?)~>", pdf, re.DOTALL)
    plain = b" ".join(map(_plain, streams)).decode("latin-1")
    return " ".join(re.findall(r"\(((?:[^()\\]|\\.)*)\) Tj", plain))


def _plain(stream: bytes) -> bytes:
    try:
        return zlib.decompress(base64.a85decode(stream.strip()))
    except (zlib.error, ValueError):
        return b""


def drawn(report: Report, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, list[tuple[float, float, float]]]:
    """The page, and where each line of text begins and ends, and at which height."""
    lines: list[tuple[float, float, float]] = []
    line = Ink.line

    def noted(ink: Ink, at: tuple[float, float], *rest: object) -> float:
        end = line(ink, at, *rest)  # type: ignore[arg-type]
        lines.append((at[0], end, at[1]))
        return end

    with monkeypatch.context() as patch:
        patch.setattr(Ink, "line", noted)
        return report_pdf(report, ABOUT), lines


def test_the_report_is_one_page_that_names_every_hash(device: Device, tmp_path: Path) -> None:
    """A court finds file, key, code and every photograph's SHA-256 on one page of A4, and the same bytes each time."""
    package = device.package(device.case())
    report = verify(package, DeviceKey.load(device.public_key()))
    pdf = report_pdf(report, ABOUT)
    assert pdf == report_pdf(report, ABOUT)
    assert pages(pdf) == 1
    said = text(pdf)
    for wanted in (report.sha256, report.kid, report.code, *(one.sha256 for one in report.shown), "For human review"):
        assert wanted in said
    path = tmp_path / "case.zip"
    path.write_bytes(package)
    assert cli.run(["evidence", "verify", str(path), "--pdf", str(tmp_path / "report.pdf")]) == 0
    assert pages((tmp_path / "report.pdf").read_bytes()) == 1
    assert cli.run(["evidence", "verify", str(path), "--pdf", str(tmp_path / "no" / "report.pdf")]) == 1


def test_nothing_runs_off_the_page_or_into_the_foot(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the texts, however many pictures and problems: all lines lie on the page, and none on another."""
    many = device.case(2, views=[*VIEWS[:3] * 6, "vehicle", "plate"], place=LONG_PLACE, zone="z" * 64, clock="held")
    package = bytearray(device.package(many))
    for at in range(9000, len(package) - 3000, 700):
        package[at] ^= 1
    broken = bytearray(device.package(device.case(3)))
    broken[4000] ^= 1
    for data in (bytes(package), device.package(many), bytes(broken), b"", b"no package"):
        pdf, lines = drawn(verify(data), monkeypatch)
        assert pages(pdf) == 1
        assert min(start for start, _, _ in lines) >= 40
        assert max(end for _, end, _ in lines) <= A4[0] - 39
        assert min(height for _, _, height in lines) >= 30
        foot = [height for _, _, height in lines if height < 92]
        assert len(foot) == 4, "two lines to sign on, and the foot in two languages"


def test_a_picture_that_was_changed_is_marked(device: Device) -> None:
    """Whoever looks at the page sees which one it is."""
    package = bytearray(device.package(device.case(4, last_seen=AT + timedelta(seconds=70))))
    place = package.index(b"photographs/02") + 400
    package[place] ^= 1
    said = text(report_pdf(verify(bytes(package)), ABOUT))
    assert "CHANGED" in said
    assert "NOT WHOLE" in said
