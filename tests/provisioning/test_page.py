# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.contract.batch import encode_batch
from edge.contract.evidence import CASE_TYPE
from edge.contract.phrases import phrases
from edge.contract.problems import Language, ProblemError
from edge.contract.words import Lane
from provisioning.bench.book import Book
from provisioning.bench.page.server import PageServer
from provisioning.bench.record_sqlite import SqliteStore
from tests.provisioning.made_up import chunk, event, name_of, reference, topic

PICTURE, SCRIPT = b"\xff\xd8picture", b"<script>alert(1)</script>"
FOLDER = Path("provisioning/bench/page")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[PageServer]:
    book = Book(SqliteStore(tmp_path))
    odd = {**reference(SCRIPT), "media_type": "text/html"}
    photographs = [{"taken_at": "2026-01-01T00:00:00Z", "view": "vehicle", "blob": reference(PICTURE)}, {"blob": odd}]
    data: dict[str, Any] = {"case": "c", "place": {"name": "<b>Quay</b>"}, "dwell_s": "x", "photographs": photographs}
    book.take(topic(Lane.RECORD), encode_batch([event(Lane.RECORD, 1, data, CASE_TYPE)]))
    book.take(topic(Lane.BLOB), chunk(1, PICTURE, 0, 99))
    book.take(topic(Lane.BLOB), chunk(2, SCRIPT, 0, 99))
    book.commit(0.0)
    with PageServer(tmp_path, Language.ZH) as running:
        yield running
    book.close()


def ask(page: PageServer, path: str, method: str = "GET", host: str = "") -> tuple[int, http.client.HTTPMessage, bytes]:
    where = page.address.removeprefix("http://").rstrip("/")
    line = http.client.HTTPConnection(where, timeout=200)
    try:
        line.request(method, path, headers={"Host": host or where})
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        line.close()


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html"),
        ("/page.css", "text/css"),
        ("/page.js", "text/javascript"),
        ("/case.js", "text/javascript"),
        ("/lots.js", "text/javascript"),
        ("/flows.js", "text/javascript"),
        ("/charts.js", "text/javascript"),
        ("/words.js", "text/javascript"),
        ("/words.json", "application/json"),
        ("/state.json", "application/json"),
        (f"/blob/{name_of(PICTURE)}", "image/jpeg"),
    ],
    ids=lambda value: value if value.startswith("/") else None,
)
def test_everything_comes_with_its_fences(page: PageServer, path: str, media_type: str) -> None:
    """Each answer has its media type and forbids scripts, frames and addresses that are not the page's own."""
    status, headers, _ = ask(page, path)
    assert status == 200
    assert headers["Content-Type"].startswith(media_type)
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["/hub.db", "/../hub.db", "/blob/", "/blob/../hub.db", f"/blob/{'0' * 64}", f"/blob/{name_of(SCRIPT)}"],
    ids=["file", "parent", "bare", "path", "unknown", "html"],
)
def test_nothing_else_is_served(page: PageServer, path: str) -> None:
    """Neither the record itself nor a blob that a browser might run can be fetched."""
    assert ask(page, path)[0] == 404


def test_only_get_from_this_machine(page: PageServer) -> None:
    """The page cannot be told anything, and a foreign name that points here gets nothing."""
    assert ask(page, "/", method="POST")[0] == 404
    assert ask(page, "/", method="PUT")[0] == 501
    assert ask(page, "/", host="hub.example:80")[0] == 404


def test_state_is_typed_whatever_a_device_wrote(page: PageServer) -> None:
    """Device data arrives as text and numbers of the named fields; the browser adds it as text only."""
    state = json.loads(ask(page, "/state.json")[2])
    assert state["lanes"] == {"urgent": 0, "record": 1, "state": 0, "blob": 2, "metric": 0}
    assert state["blobs"] == {"verified": 2, "expected": 2}
    [case] = state["cases"]
    assert (case["place"], case["dwell_s"]) == ("<b>Quay</b>", None)
    assert [picture["here"] for picture in case["pictures"]] == [True, True]
    for script in ("page.js", "case.js", "words.js"):
        assert not {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"} & set(
            (FOLDER / script).read_text("utf-8").replace("(", " ").replace(".", " ").split()
        )


def test_words_of_the_page_are_all_there(page: PageServer) -> None:
    """Every phrase the page asks for is in the catalogue, and it begins in the language it was started in."""
    words = json.loads(ask(page, "/words.json")[2])
    assert words["first"] == "zh"
    sources = "".join((FOLDER / name).read_text("utf-8") for name in ("index.html", "page.js", "case.js"))
    asked = set(re.findall(r'"(page-[a-z-]*[a-z])"', sources))
    assert len(asked) > 20
    assert asked <= set(phrases("bench", Language.EN))


def test_taken_port_is_a_problem_with_a_next_step(page: PageServer, tmp_path: Path) -> None:
    """A second page on the same port says what to do instead of showing a traceback."""
    port = int(page.address.rstrip("/").rpartition(":")[2])
    with pytest.raises(ProblemError, match="another port"):
        PageServer(tmp_path, Language.EN, port).start()
