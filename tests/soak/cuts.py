# SPDX-License-Identifier: Apache-2.0
"""A network camera that hangs up after every few pictures: however often it is opened again, memory stays what it was.

By turns it sends packed pictures and MPEG-4, whose decoder FFmpeg opens and closes each time.
`python -m tests.soak.cuts` lets it hang up a thousand times, `make test` thirty times.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.processes import rss_mb
from edge.vision.feed import LiveFeed
from edge.vision.lines import Lost
from edge.vision.source import Frame
from edge.vision.sources.open import open_source
from edge.vision.worker import give_back_memory, spare_memory
from tests.vision.scene import Eye, a_camera, grey

MOST_GROWTH_MB: Final = 6.0
"""Of one picture of 1080p that is not let go of, each cut would leave as much."""
_PICTURES_PATH, _FILM = "/live.mjpg", "/live.avi"
_WARM: Final = 6
_PICTURES: Final = 2
_WAIT_S: Final = 10.0


class _Camera(BaseHTTPRequestHandler):
    """Sends a few pictures of 1080p and ends, in the midst of one where it is MPEG-4."""

    jpeg = cv2.imencode(".jpg", grey(100, 1080, 1920))[1].tobytes()
    film = b""

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path == _FILM:
            self.end_headers()
            self.wfile.write(self.film)
            return
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=part")
        self.end_headers()
        for _ in range(_PICTURES):
            head = b"--part\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
            self.wfile.write(head % len(self.jpeg) + self.jpeg + b"\r\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _film() -> bytes:
    """Four pictures that move, but for the end of the last one."""
    picture = cv2.resize(np.random.default_rng(1).integers(0, 255, (54, 96, 3), np.uint8), (1920, 1080))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.avi"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FMP4"), 25.0, (1920, 1080))
        for number in range(4):
            writer.write(np.roll(picture, number * 20, axis=1))
        writer.release()
        whole = path.read_bytes()
    return whole[: len(whole) * 4 // 5]


def growth_mb(cuts: int) -> float:
    """By how much this process has grown from the first few cuts to the last of them."""
    cv2.setNumThreads(1)
    spare_memory()
    _Camera.film = _film()
    with _serving() as address, closing(_feed(address)) as feed:
        _cut(feed, _WARM)
        warm_mb = _resident_mb()
        _cut(feed, cuts - _WARM)
        return _resident_mb() - warm_mb


def _feed(address: str) -> LiveFeed:
    """One that opens the camera in the one way and the other by turns."""
    cameras = cycle([a_camera(f"{address}{path}", pace="live") for path in (_PICTURES_PATH, _FILM)])
    return LiveFeed("cam", lambda: open_source(next(cameras)), Eye(), retry_first_s=0.01)


def _cut(feed: LiveFeed, times: int) -> None:
    for _ in range(times):
        seen = False
        while not isinstance(taken := feed.take(_WAIT_S), Lost):
            seen |= isinstance(taken, Frame)
        assert seen, taken


def _resident_mb() -> float:
    give_back_memory()
    return rss_mb(os.getpid())


@contextmanager
def _serving() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Camera) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()


def main(argv: Sequence[str]) -> int:
    """Exit 1 if memory grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.cuts", description=__doc__)
    parser.add_argument("--cuts", type=int, default=1000, help="how often the camera hangs up (1000)")
    grown = growth_mb(parser.parse_args(argv).cuts)
    print(json.dumps({"memory_mb": round(grown, 1)}))  # noqa: T201  (the product of this programme)
    return int(grown > MOST_GROWTH_MB)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
