# SPDX-License-Identifier: Apache-2.0
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from edge.agent import outbox_look
from edge.agent.columns import width_of
from edge.agent.drain import Rate
from edge.agent.main import main
from edge.agent.outbox_page import Page
from edge.agent.terminal import Marks
from edge.agent.verbs import outbox as verb
from edge.contract.local import LaneDepth, LinkState, Outbox
from edge.contract.problems import Language, Problem
from edge.contract.words import Lane
from edge.core.clock import instant
from edge.identity.file_keystore import FileKeyStore
from edge.identity.sealing import OpeningKey
from provisioning.carried.opened import opened as opened_export
from tests.durable.stores import NOW, append, forget, new_row, opened


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine's own language; and no test waits a second for a rate."""
    monkeypatch.setenv("DONGTOU_LANG", "en")
    monkeypatch.setattr(verb, "_MEASURED_S", 0.0)
    monkeypatch.setattr(verb, "_LOOK_EVERY_S", 0.005)


@pytest.fixture
def device(tmp_path: Path) -> Path:
    """A device's file whose agent does not run, with three rows in its store."""
    with opened(tmp_path / "store") as store:
        append(store, *(new_row(Lane.STATE) for _ in range(3)))
    file = tmp_path / "device.toml"
    file.write_text(
        f"""\
[device]
name = "pole-1"
[store]
folder = "{tmp_path / "store"}"
[[link.brokers]]
host = "127.0.0.1"
port = 1
""",
        "utf-8",
    )
    return file


@pytest.fixture
def hub(tmp_path: Path) -> OpeningKey:
    made = OpeningKey.make()
    made.save(tmp_path / "keys")
    return made


def page(width: int = 80, language: Language = Language.EN) -> Page:
    later = instant(NOW.wall_us) + timedelta(hours=30)
    return Page(language, width, Marks("ok", "!!", "->"), later, 1024**3, Path("/store"))


def seen(link: LinkState | None, *problems: Problem, **lanes: LaneDepth) -> Outbox:
    nothing = LaneDepth(rows=0, bytes=0, last_seq=0, acked_seq=0)
    return Outbox(
        device="pole-1",
        epoch="e1",
        lanes={lane: lanes.get(lane.value, nothing) for lane in Lane},
        disk_bytes=1024**2,
        link=link,
        problems=problems,
    )


FULL = LaneDepth(
    rows=1_234,
    bytes=2_000_000,
    last_seq=9_876,
    acked_seq=8_000,
    oldest=instant(NOW.wall_us),
    shed_rows=642,
    shed_bytes=1_000_000,
)
UP = LinkState(connected=True, broker="hub:1883")
STILL, QUICK = Rate(0.0, 0.0, 0.0, None), Rate(120.0, 194_531.0, 0.0, 10.3)


def test_a_page_for_a_wide_terminal() -> None:
    """Everything that is known, in columns."""
    assert page(100).lines(seen(UP, metric=FULL), QUICK, 1.0) == [
        "pole-1 · store e1",
        "connected to hub:1883",
        "",
        "lane    waiting    size   oldest  newest no.  hub has  given up  of size",
        "urgent        0     0 B        –           0        0         0      0 B",
        "record        0     0 B        –           0        0         0      0 B",
        "state         0     0 B        –           0        0         0      0 B",
        "metric    1,234  1.9 MB  1 d 6 h       9,876    8,000       642   977 KB",
        "blob          0     0 B        –           0        0         0      0 B",
        "all       1,234  1.9 MB                                     642",
        "",
        "1.0 MB on disk of 1.0 GB at most (0.1 %)",
        "Given up so far for want of room, and told to the hub: 642 rows, 977 KB.",
        "draining 120 rows/s, about 190 KB/s; empty in 10 s",
    ]


@pytest.mark.parametrize("language", Language)
def test_a_page_for_a_narrow_terminal(language: Language) -> None:
    """Forty columns are enough for the table in either language; what is given up is told below it all the same."""
    lines = page(40, language).lines(seen(UP, metric=FULL), QUICK, 1.0)
    assert max(width_of(line) for line in lines[3:10]) <= 40
    assert any("642" in line for line in lines[10:])


@pytest.mark.parametrize(
    ("link", "rate", "lanes", "due"),
    [
        (UP, STILL, {}, "Nothing waits: the hub has everything."),
        (UP, STILL, {"state": FULL}, "not draining: nothing left the outbox in 1 s"),
        (None, STILL, {"state": FULL}, "not draining, since no agent runs."),
        (UP, Rate(5.0, 9.0, 9.0, None), {"state": FULL}, "draining 5 rows/s, about 9 B/s, and as much comes in"),
    ],
)
def test_the_page_says_why_it_stands(link: LinkState | None, rate: Rate, lanes: dict[str, LaneDepth], due: str) -> None:
    """One sentence on whether it drains, and if not, what is known of the reason."""
    assert any(line.startswith(due) for line in page().lines(seen(link, **lanes), rate, 1.0))


def test_the_page_ends_with_what_is_wrong() -> None:
    """Each problem with its next step."""
    lines = page().lines(seen(UP, Problem(code="hub-silent"), state=FULL), STILL, 1.0)
    assert lines[-1].startswith("!! The broker takes our events")
    assert lines[-1].endswith("[hub-silent]")


def test_without_an_agent_the_store_is_read(device: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The technician's case: the agent is dead, and what waits is shown all the same."""
    assert main(["outbox", "--config", str(device)]) == 0
    said = capsys.readouterr().out
    assert "no agent runs; read from" in said
    assert "state         3" in said


def test_for_programs(device: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object, with rates and the cap."""
    assert main(["outbox", "--config", str(device), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["lanes"]["state"]["rows"] == 3
    assert (told["agent"], told["rows_per_s"], told["left_s"], told["cap_bytes"]) == (False, 0.0, None, 1024**3)


@pytest.mark.parametrize("as_json", [False, True])
def test_watching_ends_when_nothing_waits(
    device: Path, capsys: pytest.CaptureFixture[str], as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines in a log, one after another, until the hub has all."""
    with opened(device.parent / "store") as store:
        looks: list[int] = []

        def look(folder: Path, name: str) -> Outbox:
            looks.append(1)
            if len(looks) > 3:
                forget(store, Lane.STATE, min(3, len(looks) - 3))
            return outbox_look.look(folder, name)

        monkeypatch.setattr(verb, "look", look)
        assert main(["outbox", "--config", str(device), "--watch", *(["--json"] if as_json else [])]) == 0
    lines = capsys.readouterr().out.splitlines()
    if as_json:
        assert [sum(lane["rows"] for lane in json.loads(line)["lanes"].values()) for line in lines] == [3, 3, 2, 1, 0]
    else:
        assert lines[-1] == "Nothing waits: the hub has everything."
        assert any(line.startswith("100 %") for line in lines)


def test_an_export_is_written_and_told(device: Path, hub: OpeningKey, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it lies, what is in it, and what to do next; and it opens."""
    stick = device.parent / "stick"
    stick.mkdir()
    key = device.parent / "keys" / "hub-sealing.pub.pem"
    assert main(["export", "--config", str(device), "--to", str(stick), "--hub-key", str(key)]) == 0
    (file,) = stick.iterdir()
    said = capsys.readouterr().out
    assert f"3 events in {file.stat().st_size / 1024:.1f} KB: {file}" in said
    assert f"provision import {file.name}" in said
    with opened_export(file, hub) as export:
        assert (export.rows, export.header.device) == (3, "pole-1")


def test_the_configuration_names_the_hubs_key(
    device: Path, hub: OpeningKey, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then nothing else needs to be typed; programs are told the same in JSON."""
    with device.open("a", encoding="utf-8") as file:
        file.write('[hub]\nsealing_key = "keys/hub-sealing.pub.pem"\n')
    target = device.parent / "a.dtx"
    assert main(["export", "--config", str(device), "--to", str(target), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["path"], told["rows"], told["kid"], told["bytes"]) == (str(target), 3, hub.kid, target.stat().st_size)
    assert told["lanes"] == {"state": {"first": 1, "last": 3, "rows": 3}}


def test_the_devices_key_is_shown(device: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The public half, as the hub needs it."""
    assert main(["export", "--config", str(device), "--show-key"]) == 0
    assert capsys.readouterr().out.encode() == FileKeyStore(device.parent / "store").public_pem()


def no_key(_: Path) -> list[str]:
    return ["--to", "."]


def no_folder(folder: Path) -> list[str]:
    return ["--to", str(folder / "nowhere"), *with_key(folder)]


def no_parent(folder: Path) -> list[str]:
    return ["--to", str(folder / "nowhere" / "a.dtx"), *with_key(folder)]


def wrong_key(folder: Path) -> list[str]:
    return ["--to", str(folder), "--hub-key", str(folder / "device.toml")]


def with_key(folder: Path) -> list[str]:
    return ["--hub-key", str(folder / "keys" / "hub-sealing.pub.pem")]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (no_key, "sealing-key-missing"),
        (no_folder, "export-target-missing"),
        (no_parent, "export-target-missing"),
        (wrong_key, "sealing-key-unusable"),
    ],
)
def test_what_keeps_an_export_from_being_written(
    device: Path,
    hub: OpeningKey,
    words: Callable[[Path], list[str]],
    code: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each reason with its next step, and exit code 1."""
    assert main(["export", "--config", str(device), *words(device.parent)]) == 1
    assert f"[{code}]" in capsys.readouterr().err


def test_an_empty_outbox_needs_no_stick(device: Path, hub: OpeningKey, capsys: pytest.CaptureFixture[str]) -> None:
    """That is said, and the stick is left as it is."""
    with opened(device.parent / "store") as store:
        forget(store, Lane.STATE, 3)
    stick = device.parent / "stick"
    stick.mkdir()
    assert main(["export", "--config", str(device), "--to", str(stick), *with_key(device.parent)]) == 1
    assert "[export-empty]" in capsys.readouterr().err
    assert list(stick.iterdir()) == []


def test_a_store_whose_agent_does_not_answer_is_left_alone(
    device: Path, hub: OpeningKey, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody has the store, and only he knows which rows will not change any more: no export without his word."""
    with opened(device.parent / "store"):
        assert main(["export", "--config", str(device), "--to", str(device.parent), *with_key(device.parent)]) == 1
    assert "[agent-unreachable]" in capsys.readouterr().err
    assert list(device.parent.glob("*.dtx")) == []
