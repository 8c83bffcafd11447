# SPDX-License-Identifier: Apache-2.0
"""The bench's page: fixed files, one look at the hub as JSON, verified pictures; and cameras, if that was opted for.

Loopback alone. Nothing is changed by a GET; the one POST asks a device for a picture, and only the page itself may.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self, TypeVar
from urllib.parse import unquote

from edge.contract.phrases import phrases
from edge.contract.problems import Language, ProblemError
from provisioning.bench.broker import HOST
from provisioning.bench.page.live import cameras
from provisioning.bench.page.view import view
from provisioning.bench.record import Record
from provisioning.bench.service import Startable

Answer = TypeVar("Answer")
Sheets = Callable[[Path, str, str, Language], bytes | None]
"""Hub's folder, device, case and language to a JPEG; None while it cannot be drawn."""
Packages = Callable[[Path, str, str], bytes | None]
"""Hub's folder, device and case to an evidence package; None while it cannot be packed."""
Live = Callable[[str, str], bool]
"""Device and camera to whether a picture was asked for."""
Chains = Callable[[Path], int | None]
"""Hub's folder to the number of faults in its chains of evidence."""
_SCRIPTS: Final = ("page", "case", "live", "lots", "flows", "charts", "words")
_FILES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    **{f"/{name}.js": (f"{name}.js", "text/javascript; charset=utf-8") for name in _SCRIPTS},
}
_JSON: Final = "application/json; charset=utf-8"
_PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
"""Media types that are shown; a device could call anything a picture, and a browser would run some of it."""
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class _Made:
    """What others make of the record for the page."""

    sheets: Sheets
    packages: Packages
    chains: Chains
    live: Callable[[], Live | None]


class PageServer(Startable):
    """The page of one hub's folder, on a thread of its own."""

    def __init__(self, hub_folder: Path, language: Language, port: int = 0) -> None:
        """`language` is what the page begins with; port 0 means any free one. `start` starts it."""
        made = _Made(self._sheet, self._package, self._chain, lambda: self.live)
        self._answer = partial(_Answer, hub_folder=hub_folder, language=language, made=made)
        self._port = port
        self.sheets: Sheets | None = None
        """Who draws composite sheets; none are shown without."""
        self.packages: Packages | None = None
        """Who packs evidence; none can be had without."""
        self.chains: Chains | None = None
        """Who checks the chains of evidence; nothing is said of them without."""
        self.live: Live | None = None
        """Who asks devices for pictures; none can be looked at without."""
        self._server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        """What to type into a browser; empty before the start."""
        return f"http://{HOST}:{self._server.server_address[1]}/" if self._server else ""

    def start(self) -> Self:
        """Serve. Raises `ProblemError` bench-port-taken."""
        try:
            self._server = ThreadingHTTPServer((HOST, self._port), self._answer)
        except OSError as wrong:
            raise ProblemError("bench-port-taken", port=self._port) from wrong
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="page", daemon=True).start()
        return self

    def _sheet(self, hub_folder: Path, device: str, case: str, language: Language) -> bytes | None:
        return self.sheets(hub_folder, device, case, language) if self.sheets else None

    def _package(self, hub_folder: Path, device: str, case: str) -> bytes | None:
        return self.packages(hub_folder, device, case) if self.packages else None

    def _chain(self, hub_folder: Path) -> int | None:
        return self.chains(hub_folder) if self.chains else None

    def stop(self) -> None:
        """Stop serving."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
        self._server = None


class _Answer(BaseHTTPRequestHandler):
    """One request."""

    server_version = "bench"
    sys_version = ""

    def __init__(self, *args: object, hub_folder: Path, language: Language, made: _Made) -> None:
        self._hub_folder = hub_folder
        self._language = language
        self._made = made
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer one of the few things there are."""
        path = self.path.partition("?")[0]
        if not self._asked_by_name():
            self._nothing()
        elif path in _FILES:
            name, media_type = _FILES[path]
            self._say(files("provisioning.bench.page").joinpath(name).read_bytes(), media_type)
        elif path == "/words.json":
            self._say(_words(self._language), _JSON)
        elif path == "/state.json":
            chain = self._made.chains(self._hub_folder)
            live = self._look(cameras) if self._made.live() else []
            self._say(json.dumps({**self._look(view), "chain": chain, "live": live}).encode(), _JSON)
        elif path.startswith("/blob/"):
            self._blob(path.removeprefix("/blob/"))
        elif path.startswith("/sheet/"):
            self._sheet(path.removeprefix("/sheet/"))
        elif path.startswith("/package/"):
            self._package(path.removeprefix("/package/"))
        else:
            self._nothing()

    def do_POST(self) -> None:
        """Ask a camera for a picture."""
        live = self._made.live()
        device, _, camera = map(unquote, self.path.removeprefix("/live/").partition("/"))
        ours = self.headers.get("Sec-Fetch-Site") == "same-origin" and self._asked_by_name()
        known = live and ours and self.path.startswith("/live/") and self._look(partial(_shows, device, camera))
        if live is None or not known:
            self._nothing()
        else:
            self.send_response(HTTPStatus.NO_CONTENT if live(device, camera) else HTTPStatus.BAD_GATEWAY)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal belongs to the story told there."""

    def _asked_by_name(self) -> bool:
        """Whether the browser meant this machine, and not a foreign name that was made to point here."""
        return self.headers.get("Host", "").partition(":")[0] in {HOST, "localhost"}

    def _blob(self, sha256: str) -> None:
        found = self._look(lambda record: record.blob(sha256))
        if found is None or found[1] not in _PICTURES:
            self._nothing()
        else:
            self._say(found[0].read_bytes(), found[1], "max-age=86400, immutable")

    def _sheet(self, asked: str) -> None:
        """`LANGUAGE/DEVICE/CASE`; drawn from the signed originals each time it was not yet."""
        language, _, rest = asked.partition("/")
        device, _, case = map(unquote, rest.partition("/"))
        known = language in {one.value for one in Language}
        drawn = self._made.sheets(self._hub_folder, device, case, Language(language)) if known else None
        if drawn is None:
            self._nothing()
        else:
            self._say(drawn, "image/jpeg", "max-age=86400, immutable")

    def _package(self, asked: str) -> None:
        """`DEVICE/CASE`; a file to keep, which a browser must not show."""
        device, _, case = map(unquote, asked.partition("/"))
        packed = self._made.packages(self._hub_folder, device, case)
        if packed is None:
            self._nothing()
        else:
            self._say(packed, "application/zip", more={"Content-Disposition": "attachment"})

    def _look(self, ask: Callable[[Record], Answer]) -> Answer:
        record = Record(self._hub_folder)
        try:
            return ask(record)
        finally:
            record.close()

    def _say(
        self, body: bytes, media_type: str, caching: str = "no-store", more: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.send_response(HTTPStatus.OK)
        for name, value in {**_HEADERS, "Content-Type": media_type, "Cache-Control": caching, **more}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _nothing(self) -> None:
        self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _shows(device: str, camera: str, record: Record) -> bool:
    """Whether that camera is one of those the page shows."""
    return any((one["device"], one["camera"]) == (device, camera) for one in cameras(record))


def _words(first: Language) -> bytes:
    said = {language.value: phrases("bench", language) | phrases("seen", language) for language in Language}
    return json.dumps({"first": first.value, **said}, ensure_ascii=False).encode()
