# SPDX-License-Identifier: Apache-2.0
"""The live view: what the page may ask of a camera, and what a device makes of the question."""

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from edge.contract.batch import encode_batch
from edge.contract.commands import RESULT_TYPE
from edge.contract.problems import Language
from edge.contract.topics import Down, Topics
from edge.contract.words import Lane
from edge.identity.trusted_keys import TrustedKeys
from provisioning.bench.book import Book
from provisioning.bench.broker import HOST, Broker
from provisioning.bench.live import LiveEye
from provisioning.bench.page.live import cameras
from provisioning.bench.page.server import PageServer
from provisioning.bench.record import Record
from provisioning.bench.record_sqlite import SqliteStore
from tests.provisioning.made_up import DEVICE, chunk, event, reference, topic

WITHIN_S = 200.0
PICTURE = b"\xff\xd8picture of now"
PRESENCE = b'{"online": true, "boot": "b", "epoch": "e1", "agent": "0", "role": "r", "time": "2026-01-01T00:00:00Z"}'
STATE = b'{"revision": 1, "state": {"cameras": [{"name": "kerb", "online": true}]}, "problems": []}'


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Path]:
    """A hub that a device with one camera is connected to; the camera's picture has come."""
    folder = tmp_path / "hub"
    book = Book(SqliteStore(folder))
    book.take(f"dt/1/{DEVICE}/up/presence", PRESENCE)
    book.take(f"dt/1/{DEVICE}/up/reported", STATE)
    output = {"camera": "kerb", "at": "2026-01-01T00:00:00Z", "picture": reference(PICTURE)}
    result = {"jti": "1", "cmd": "snapshot", "status": "done", "output": output}
    book.take(topic(Lane.RECORD), encode_batch([event(Lane.RECORD, 1, result, RESULT_TYPE)]))
    book.take(topic(Lane.BLOB), chunk(1, PICTURE, 0, len(PICTURE)))
    book.commit(0.0)
    yield folder
    book.close()


def _post(page: PageServer, path: str, site: str = "same-origin") -> int:
    line = http.client.HTTPConnection(page.address.removeprefix("http://").rstrip("/"), timeout=WITHIN_S)
    try:
        line.request("POST", path, headers={"Sec-Fetch-Site": site})
        return line.getresponse().status
    finally:
        line.close()


def test_newest_picture(hub: Path) -> None:
    """A camera of a device that is online is shown with the newest picture that has arrived whole."""
    record = Record(hub)
    try:
        [camera] = cameras(record)
    finally:
        record.close()
    assert (camera["device"], camera["camera"], camera["online"]) == (DEVICE, "kerb", True)
    assert camera["sha256"] == reference(PICTURE)["sha256"]


@pytest.mark.parametrize(
    ("path", "site", "status"),
    [
        (f"/live/{DEVICE}/kerb", "same-origin", 204),
        (f"/live/{DEVICE}/kerb", "cross-site", 404),
        (f"/live/{DEVICE}/other", "same-origin", 404),
        ("/live/nobody/kerb", "same-origin", 404),
        ("/state.json", "same-origin", 404),
    ],
    ids=["a camera", "foreign page", "no camera", "no device", "not live"],
)
def test_who_may_ask(hub: Path, path: str, site: str, status: int) -> None:
    """Only the page itself may ask, and only cameras that it shows."""
    asked: list[tuple[str, str]] = []
    page = PageServer(hub, Language.EN)
    page.live = lambda device, camera: not asked.append((device, camera))  # type: ignore[func-returns-value]
    with page:
        assert _post(page, path, site) == status
    assert asked == ([(DEVICE, "kerb")] if status == 204 else [])


def test_nobody_looks_unless_opted_for(hub: Path) -> None:
    """Without the live view nothing can be asked."""
    with PageServer(hub, Language.EN) as page:
        assert _post(page, f"/live/{DEVICE}/kerb") == 404


@pytest.mark.broker
def test_signed_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that trusts the key reads a snapshot order with faces and plates blurred; asked twice at once, once."""
    monkeypatch.setattr("provisioning.bench.live._AT_MOST_EVERY_S", WITHIN_S)
    heard: Queue[bytes] = Queue()
    listening = threading.Event()
    with Broker(tmp_path / "broker", 0) as broker:
        eye = LiveEye(tmp_path / "eye", lambda: (HOST, broker.port))
        device = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        device.on_connect = lambda client, *_: client.subscribe(Topics().down(DEVICE, Down.COMMAND), 1)
        device.on_subscribe = lambda *_: listening.set()
        device.on_message = lambda _, __, message: heard.put(bytes(message.payload))
        device.connect(HOST, broker.port)
        device.loop_start()
        try:
            assert listening.wait(WITHIN_S)
            assert eye.ask(DEVICE, "kerb")
            assert eye.ask(DEVICE, "kerb")
            token = heard.get(timeout=WITHIN_S).decode()
        finally:
            device.disconnect()
            device.loop_stop()
    claims = TrustedKeys({eye.kid: eye.public_key}).claims(token, "command+jwt")
    assert (claims["aud"], claims["cmd"]) == (DEVICE, "snapshot")
    assert claims["args"] == {"camera": "kerb", "blur": True, "plates": True}
    assert heard.empty()


def test_broker_away(tmp_path: Path) -> None:
    """A question that cannot be sent is told."""
    with socket.create_server((HOST, 0)) as nobody:
        port = int(nobody.getsockname()[1])
    assert not LiveEye(tmp_path, lambda: (HOST, port)).ask(DEVICE, "kerb")
