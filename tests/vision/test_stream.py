# SPDX-License-Identifier: Apache-2.0
"""A network camera that stalls, hangs up and comes back, played by a small MJPEG server."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from typing import cast

import cv2
import pytest

from edge.vision import feed as feed_module
from edge.vision.feed import LiveFeed, Taken
from edge.vision.lines import Lost
from edge.vision.observer import Observer
from edge.vision.source import Frame
from edge.vision.sources.open import open_source
from tests.vision.scene import Eye, a_camera, grey

pytestmark = pytest.mark.slow

PART = b"--part\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n"
JPEG = cv2.imencode(".jpg", grey())[1].tobytes()
RATE = 25
WAIT_S = 200.0


class NetworkCamera(ThreadingHTTPServer):
    """Serves its pictures again and again, for as long as it may."""

    daemon_threads = True

    def __init__(self, *pictures: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Viewer)
        self.pictures = pictures or (JPEG,)
        self.flowing = threading.Event()
        self.flowing.set()
        self.hung_up = False

    @property
    def address(self) -> str:
        """Where it can be seen."""
        return f"http://user:secret@127.0.0.1:{self.server_port}/live.mjpg"


class _Viewer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=part")
        self.end_headers()
        camera = cast("NetworkCamera", self.server)
        beat = threading.Event()
        try:
            for picture in cycle(camera.pictures):
                if camera.hung_up:
                    return
                camera.flowing.wait()
                self.wfile.write(PART % (len(picture), picture))
                beat.wait(1 / RATE)
        except OSError:
            pass  # the viewer has gone

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _network_camera(*pictures: bytes) -> Iterator[NetworkCamera]:
    with NetworkCamera(*pictures) as camera:
        serving = threading.Thread(target=camera.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield camera
        finally:
            camera.hung_up = True
            camera.flowing.set()
            camera.shutdown()
            serving.join()


def _until(feed: LiveFeed, kind: type[Taken]) -> Taken:
    end_s = time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        taken = feed.take(0.1)
        if isinstance(taken, kind):
            return taken
    raise AssertionError(f"no {kind.__name__} in {WAIT_S} s")


def test_camera_stalled_is_seen_and_back(tmp_path: Path) -> None:
    """A camera that stops in mid-stream is told lost, within five seconds if the machine has time, and seen again."""
    assert feed_module._STALL_S < 5.0
    assert feed_module._RETRY_LAST_S < 3.0
    with _network_camera() as server:
        camera = a_camera(server.address, pace="live")
        with closing(LiveFeed("cam", lambda: open_source(camera), Eye())) as feed:
            _until(feed, Frame)
            server.flowing.clear()
            lost = _until(feed, Lost)
            assert "secret" not in str(lost)
            server.flowing.set()
            _until(feed, Frame)


def test_camera_hangs_up_and_answers_again(tmp_path: Path) -> None:
    """A camera that ends the connection, as when it restarts, is told lost at once and opened again."""
    with _network_camera() as server:
        camera = a_camera(server.address, pace="live")
        with closing(LiveFeed("cam", lambda: open_source(camera), Eye())) as feed:
            _until(feed, Frame)
            server.hung_up = True
            _until(feed, Lost)
            server.hung_up = False
            _until(feed, Frame)


def test_damaged_picture_is_passed_over() -> None:
    """Of a camera that sends packed pictures the whole ones are seen as they were sent, and torn ones not at all."""
    pictures = [cv2.imencode(".jpg", grey(level))[1].tobytes() for level in (40, 120, 200)]
    with (
        _network_camera(pictures[0], pictures[1][:200], pictures[2]) as server,
        closing(open_source(a_camera(server.address, pace="live"))) as source,
    ):
        frames = [source.read() for _ in range(4)]
    assert [round(float(one.image.mean())) for one in frames if one] in ([40, 200, 40, 200], [200, 40, 200, 40])


def test_camera_that_is_off_keeps_the_worker_alive(tmp_path: Path) -> None:
    """While a camera does not answer the worker says so once, and goes on beating."""
    observer = Observer(a_camera("http://127.0.0.1:1/live.mjpg", pace="live"), tmp_path, ())
    with closing(observer):
        lines = observer.lines()
        told = [next(lines) for _ in range(4)]
    assert sorted(line.line for line in told) == ["heartbeat", "heartbeat", "heartbeat", "lost"]
