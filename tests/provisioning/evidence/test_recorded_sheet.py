# SPDX-License-Identifier: Apache-2.0
"""The page's sheets, drawn from what a hub has received."""

import http.client
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.contract.batch import encode_batch
from edge.contract.envelope import EventFrame, event_body
from edge.contract.evidence import CASE_TYPE
from edge.contract.problems import Language
from edge.contract.words import Lane
from edge.identity.device_key import DeviceKey
from provisioning.bench.book import Book
from provisioning.bench.page.server import PageServer
from provisioning.bench.record_sqlite import SqliteStore
from provisioning.evidence.on_page import evidence_on
from provisioning.evidence.recorded_package import recorded_package
from provisioning.evidence.recorded_sheet import recorded_sheet
from provisioning.evidence.report import Verdict
from provisioning.evidence.verify import verify
from tests.provisioning.evidence.made import DEVICE, EPOCH, Device
from tests.provisioning.made_up import START_US, chunk, topic

CASE = f"{DEVICE}-stop-1"


def _hub(folder: Path, pictures: int) -> Path:
    """A hub that has one case and so many of its four pictures."""
    device = Device(folder / "device")
    data = device.case()
    _take(folder / "hub", data, 1)
    book = Book(SqliteStore(folder / "hub"))
    for number, picture in enumerate(list(device.pictures.values())[:pictures], 1):
        book.take(topic(Lane.BLOB), chunk(number, picture, 0, len(picture)))
    book.commit(0.0)
    book.close()
    return folder / "hub"


def _take(hub: Path, data: dict[str, object], seq: int) -> None:
    """One case comes in."""
    body = event_body(CASE_TYPE, data, str(data["case"]))
    frame = EventFrame(DEVICE, EPOCH, Lane.RECORD).frame(seq, START_US, "synced", 1, body)
    book = Book(SqliteStore(hub))
    book.take(topic(Lane.RECORD, DEVICE), encode_batch([frame]))
    book.commit(0.0)
    book.close()


def _asked(page: PageServer, path: str) -> tuple[int, bytes]:
    line = http.client.HTTPConnection(page.address.removeprefix("http://").rstrip("/"), timeout=200)
    try:
        line.request("GET", path)
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


def test_sheet_of_a_whole_case(tmp_path: Path) -> None:
    """A case whose pictures are all here is drawn, as a JPEG of the usual width."""
    page = PageServer(_hub(tmp_path, 4), Language.EN)
    page.sheets = recorded_sheet
    with page:
        status, drawn = _asked(page, f"/sheet/zh/{DEVICE}/{CASE}")
    assert status == 200
    picture = cv2.imdecode(np.frombuffer(drawn, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape[1] == 1960


@pytest.mark.parametrize(
    ("path", "pictures"),
    [(f"zh/{DEVICE}/{CASE}", 3), (f"zh/{DEVICE}/none", 4), (f"xx/{DEVICE}/{CASE}", 4), ("zh", 4)],
    ids=["on its way", "no such case", "no such language", "cut short"],
)
def test_no_sheet(tmp_path: Path, path: str, pictures: int) -> None:
    """What cannot be drawn is not found, and nothing else happens."""
    page = PageServer(_hub(tmp_path, pictures), Language.EN)
    page.sheets = recorded_sheet
    with page:
        assert _asked(page, f"/sheet/{path}")[0] == 404


def test_package_of_a_whole_case(tmp_path: Path) -> None:
    """Whoever shows the page can hand the case out: the same file that the command packs, and it verifies."""
    page = PageServer(_hub(tmp_path, 4), Language.EN)
    with page:
        assert _asked(page, f"/package/{DEVICE}/{CASE}")[0] == 404
        page.packages = recorded_package
        status, packed = _asked(page, f"/package/{DEVICE}/{CASE}")
        assert _asked(page, f"/package/{DEVICE}/none")[0] == 404
    assert status == 200
    assert verify(packed, DeviceKey.load(Device(tmp_path / "device").public_key())).verdict is Verdict.WHOLE


def test_no_package_while_a_picture_is_on_its_way(tmp_path: Path) -> None:
    """Half a case is never handed out."""
    assert recorded_package(_hub(tmp_path, 3), DEVICE, CASE) is None


def test_page_tells_gaps_in_the_chains(tmp_path: Path) -> None:
    """Whole with one case, one gap when the next but one came; before anybody looks, nothing is said."""
    hub = _hub(tmp_path, 4)
    page = PageServer(hub, Language.EN)
    with page:
        assert json.loads(_asked(page, "/state.json")[1])["chain"] is None
        evidence_on(page)
        assert json.loads(_asked(page, "/state.json")[1])["chain"] == 0
        device = Device(tmp_path / "device")
        data = [device.case(number) for number in (1, 2, 3)][2]
        _take(hub, data, 2)
        assert json.loads(_asked(page, "/state.json")[1])["chain"] == 1
