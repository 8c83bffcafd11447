# SPDX-License-Identifier: Apache-2.0
"""What integrators' tools read: JSON Schema and AsyncAPI, judged by those tools themselves."""

import copy
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edge.agent.main import main
from edge.contract.asyncapi import asyncapi
from edge.contract.events import EVENTS
from edge.contract.problems import catalogue
from edge.contract.schema import SOCKET, WIRE, json_schema
from edge.contract.words import Lane
from tests.contract.wire_examples import FOLDER

PARSER = "@asyncapi/parser@3.6.3"
CACHE = Path(sys.prefix) / "asyncapi-parser"
"""Outside the tree, inside the environment: made once, gone with it."""


@pytest.fixture(scope="session")
def parser_folder() -> Path:
    """The official parser, fetched once; without node or network the test is skipped and says so."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    if not (CACHE / "node_modules").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fetch = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(CACHE), PARSER]
        try:
            subprocess.run(fetch, check=True, timeout=100, capture_output=True)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            shutil.rmtree(CACHE)
            pytest.skip(f"{PARSER} cannot be had here")
    return CACHE


def parsed(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    script = Path(__file__).with_name("asyncapi_check.mjs")
    told = subprocess.run(
        ["node", script, folder], input=json.dumps(document), capture_output=True, text=True, check=True, timeout=300
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def with_examples() -> dict[str, Any]:
    """The document with every golden as an example of its message, so that its schema is tried on real bytes."""
    document = copy.deepcopy(asyncapi())
    examples = {lane.value: [f"up/{kind.name}.json" for kind in EVENTS if kind.lane is lane] for lane in Lane}
    for message, names in examples.items():
        payloads = [[json.loads((FOLDER / name).read_text("utf-8"))] for name in names]
        document["components"]["messages"][message]["examples"] = [{"payload": payload} for payload in payloads]
    single = {"presence": "up", "reported": "up", "ack": "down", "reply": "down", "blobDown": "down"}
    for message, way in single.items():
        text = (FOLDER / way / f"{message.removesuffix('Down')}.json").read_text("utf-8")
        document["components"]["messages"][message]["examples"] = [{"payload": json.loads(text)}]
    for message in ("command", "desired"):
        text = (FOLDER / f"down/{message}.jws").read_text("utf-8").strip()
        document["components"]["messages"][message]["examples"] = [{"payload": text}]
    return document


@pytest.mark.slow
def test_the_official_parser_finds_nothing_wrong(parser_folder: Path) -> None:
    """AsyncAPI's own parser takes the document and every golden as an example of its message."""
    found = parsed(with_examples(), parser_folder)
    assert found["wrong"] == []
    assert found["valid"]
    assert found["tried"] == len(EVENTS) + 7
    assert (found["sends"], found["receives"]) == (7, 6)
    assert "dt/1/{device}/up/record" in found["channels"]
    assert "dt/1/@{group}/down/command" in found["channels"]


@pytest.mark.slow
def test_the_official_parser_would_find_a_wrong_example(parser_folder: Path) -> None:
    """The examples are really tried: an ack of another shape is found."""
    document = with_examples()
    document["components"]["messages"]["ack"]["examples"] = [{"payload": {"epoch": "E!"}}]
    assert any("ack" in line for line in parsed(document, parser_folder)["wrong"])


def test_every_reference_leads_somewhere() -> None:
    """Both documents are whole in themselves."""
    for document in (asyncapi(), json_schema()):
        for reference in references(document):
            place: Any = document
            for step in reference.removeprefix("#/").split("/"):
                place = place[step]


def test_every_message_is_in_the_schema() -> None:
    """Each model of the wire and of the socket is published under its own name."""
    assert {model.__name__ for model in (*WIRE, *SOCKET)} <= json_schema()["$defs"].keys()


def test_what_is_published_is_what_is_validated() -> None:
    """A bound in a model is the bound in the schema; words of the wire are spelt as on the wire."""
    schemas = json_schema()["$defs"]
    assert schemas["BlobRef"]["properties"]["sha256"]["pattern"] == "^[0-9a-f]{64}$"
    assert schemas["Shed"]["required"][:3] == ["lane", "from", "to"]
    assert schemas["Shed"]["additionalProperties"] is False


def test_every_event_our_code_emits_is_published() -> None:
    """A type that stands anywhere in the agent is described to hubs: nothing travels that they were not told."""
    spoken = {
        kind
        for file in (Path(__file__).parents[2] / "edge").rglob("*.py")
        for kind in re.findall(r'"(cn\.dongtou\.edge\.[a-z0-9.-]+\.v[0-9]+)"', file.read_text("utf-8"))
    }
    assert spoken == {kind.type for kind in EVENTS}


def test_retained_topics_say_so() -> None:
    """A hub that asks for the device's last word needs to know which words the broker keeps."""
    operations = asyncapi()["operations"]
    kept = {name for name, one in operations.items() if one["bindings"]["mqtt"]["retain"]}
    assert kept == {"send.presence", "send.reported", "receive.desired"}
    assert {one["bindings"]["mqtt"]["qos"] for one in operations.values()} == {1}


@pytest.mark.parametrize(
    ("flags", "key", "value"),
    [
        (["--asyncapi", "--root", "dt/9"], "asyncapi", "3.0.0"),
        (["--schema"], "title", "Messages of Dongtou Edge"),
        (["--problems"], "disk-full", None),
    ],
)
def test_the_verb_prints_json(flags: list[str], key: str, value: object, capsys: pytest.CaptureFixture[str]) -> None:
    """`edge-agent contract` writes one document to stdout and nothing else."""
    assert main(["contract", *flags]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document[key] == value or document.keys() == catalogue().keys()
    if "--root" in flags:
        assert document["channels"]["ack"]["address"] == "dt/9/{device}/down/ack"


@pytest.mark.parametrize("root", ["a/+/b", "#", "a/#", "", "/a", "a//b", "a/"])
def test_a_root_with_wildcards_is_refused(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody can publish below a wildcard, so no document is printed for such a root; that is wrong use."""
    with pytest.raises(SystemExit) as ended:
        main(["contract", "--asyncapi", "--root", root])
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "is no root of topics" in said.err


def references(part: object) -> list[str]:
    match part:
        case {"$ref": str(reference)}:
            return [reference]
        case dict():
            return [reference for inner in part.values() for reference in references(inner)]
        case list():
            return [reference for inner in part for reference in references(inner)]
        case _:
            return []
