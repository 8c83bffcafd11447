# SPDX-License-Identifier: Apache-2.0
"""A file server on this machine that behaves as servers and lines do: well, or in one of the usual bad ways."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """Serves `content` at every address; the test says how, and reads what was asked of it."""

    content: bytes
    ranges: bool = True
    """Whether it can begin in the middle."""
    breaks_after: list[int] = field(default_factory=list)
    """Bytes after which each of the first answers breaks off."""
    claims: int | None = None
    """A length that it tells instead of the true one."""
    silent: bool = False
    """Whether it takes the request and then says nothing."""
    status: int = 200
    asked: list[str] = field(default_factory=list)
    """The `Range` of each request, empty for a whole one."""
    ended: threading.Event = field(default_factory=threading.Event)
    address: str = ""


@contextmanager
def serving(server: FileServer) -> Iterator[FileServer]:
    """The server, listening until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(server, self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
            """Tests have nothing to log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        server.address = f"http://127.0.0.1:{listening.server_port}/model.onnx"
        try:
            yield server
        finally:
            server.ended.set()
            listening.shutdown()
            thread.join()


def _answer(server: FileServer, request: BaseHTTPRequestHandler) -> None:
    wanted = request.headers.get("Range", "")
    server.asked.append(wanted)
    if server.silent:
        server.ended.wait(30)
        return
    if server.status != 200:
        request.send_error(server.status)
        return
    begin = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and server.ranges else 0
    if wanted and server.ranges and begin >= len(server.content):
        request.send_error(416)
        return
    rest = server.content[begin:]
    request.send_response(206 if wanted and server.ranges else 200)
    if wanted and server.ranges:
        whole = len(server.content)
        request.send_header("Content-Range", f"bytes {begin}-{whole - 1}/{whole}")
    request.send_header("Content-Length", str(server.claims or len(rest)))
    request.end_headers()
    request.wfile.write(rest[: server.breaks_after.pop(0)] if server.breaks_after else rest)
