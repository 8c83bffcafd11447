# SPDX-License-Identifier: Apache-2.0
"""`edge-agent check` and `edge-agent config`, as a technician calls them."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edge.agent import readiness
from edge.agent.main import main
from edge.agent.readiness import findings
from edge.agent.terminal import marks_for
from edge.identity.file_keystore import FileKeyStore

DEVICE = """\
[device]
name = "pole-7"

[[link.brokers]]
host = "localhost"
password_file = "password"

[store]
folder = "data/store"

[[cameras]]
name = "street"
source = "rtsp://user:hunter2@10.0.0.1/1"

[roles.illegal_parking]
place = {code = "330112-0007", name = "Harbour Road 7"}

[[roles.illegal_parking.zones]]
name = "bus-stop"
camera = "street"
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
limit_s = 180
"""


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests read English, whatever the machine speaks."""
    monkeypatch.setenv("DONGTOU_LANG", "en")


def device(folder: Path, text: str = DEVICE) -> Path:
    file = folder / "device.toml"
    file.write_text(text, "utf-8")
    (folder / "password").write_text("hunter2", "utf-8")
    return file


def checked(file: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, Any]]]:
    code = main(["check", "--json", "--config", str(file)])
    return code, json.loads(capsys.readouterr().out)


def wrong(found: list[dict[str, Any]]) -> dict[str, str]:
    return {one["subject"]: one["problem"]["code"] for one in found if not one["ok"]}


def test_a_device_that_could_run_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything that was looked at is told, good findings too, and the exit code is 0."""
    code, found = checked(device(tmp_path), capsys)
    assert (code, wrong(found)) == (0, {})
    assert [one["check"] for one in found] == ["configuration", "role", "store", "file", "broker"]
    assert not (tmp_path / "data").exists()


def test_all_that_is_wrong_is_told_in_one_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that are not there, a store in the way, a name nobody knows, a camera that a zone lacks: exit code 1."""
    text = (
        DEVICE.replace('camera = "street"', 'camera = "yard"')
        .replace("localhost", "no-such-host.invalid")
        .replace("data/store", "password/store")
        .replace('"password"', '"missing"')
    )
    code, found = checked(device(tmp_path, text), capsys)
    assert code == 1
    assert wrong(found) == {
        "illegal_parking": "camera-unknown",
        f"{tmp_path}/password/store": "store-unwritable",
        f"link.brokers[0].password_file {tmp_path}/missing": "file-unreadable",
        "no-such-host.invalid": "broker-unresolved",
    }


@pytest.mark.parametrize(("protocol", "told"), [("5", False), ("3.1.1", True), ("auto", True)])
def test_broker_that_cannot_tell_that_nobody_listens(
    protocol: str, told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trusting the broker's word alone is safe only where MQTT 5 is spoken for certain."""
    text = DEVICE.replace('host = "localhost"', f'host = "localhost"\nprotocol = "{protocol}"')
    code, found = checked(device(tmp_path, text.replace("[store]", '[link]\nack = "broker"\n[store]')), capsys)
    assert (code == 1, "broker-cannot-tell" in wrong(found).values()) == (told, told)


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("limit_s = 180", "limit = 180", "config-invalid"),
        ("roles.illegal_parking", "roles.juggling", "role-unknown"),
    ],
)
def test_a_role_is_asked_about_its_own_table(
    before: str, after: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Settings that a role does not understand, and roles that nobody knows, are findings like any other."""
    _, found = checked(device(tmp_path, DEVICE.replace(before, after)), capsys)
    assert list(wrong(found).values()) == [code]


def test_a_role_that_nobody_knows_is_pointed_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File, line and the nearest name: a misspelt role is mended without a search."""
    _, found = checked(device(tmp_path, DEVICE.replace("roles.illegal_parking", "roles.ilegal_parking")), capsys)
    [problem] = [one["problem"] for one in found if not one["ok"]]
    assert problem["meaning"] == f"{tmp_path}/device.toml:15: there is no role 'ilegal_parking'."
    assert (problem["detail"]["line"], problem["detail"]["near"]) == (15, "illegal_parking")


ZONE = DEVICE[DEVICE.index("[[roles") :]


@pytest.mark.parametrize(
    ("added", "line", "says"),
    [
        (ZONE, 24, 'roles.illegal_parking.zones[1].name is already the name of another, found "bus-stop"'),
        (
            ZONE.replace("bus-stop", "gate") + 'exempt = ["bus", "car", "truck", "van", "vehicle"]\n',
            28,
            "roles.illegal_parking.zones[1].exempt: every kind of vehicle is exempt, so nothing can count in: gate",
        ),
    ],
    ids=["twice", "idle"],
)
def test_a_zone_that_does_not_go_with_the_others_is_pointed_at(
    added: str, line: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is the zone's own line that is told, not that of the role's table."""
    _, found = checked(device(tmp_path, DEVICE + added), capsys)
    [problem] = [one["problem"] for one in found if not one["ok"]]
    [told] = problem["detail"]["mistakes"]
    assert (told["line"], told["says"]) == (line, says)


def test_a_file_that_cannot_be_read_is_the_only_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a configuration there is nothing else to look at."""
    _, found = checked(tmp_path / "missing.toml", capsys)
    assert wrong(found) == {f"{tmp_path}/missing.toml": "config-missing"}


def test_a_recording_a_manifest_and_a_key_are_looked_for(tmp_path: Path) -> None:
    """Every file that the configuration names is asked for by the key that names it, and a model by its own name."""
    text = 'models = ["car.toml"]\n' + DEVICE.replace("rtsp://user:hunter2@10.0.0.1/1", "street.mp4").replace(
        "[store]", '[commands.keys]\nhub-1 = "hub.pem"\n[store]'
    ).replace(
        "[roles.illegal_parking]", '[cameras.detector]\nkind = "onnx"\nmodel = "car.toml"\n[roles.illegal_parking]'
    )
    told = [one.subject.partition(" ")[0] for one in findings(device(tmp_path, text), {}) if one.problem]
    assert told == ["commands.keys.hub-1", "models[0]", "cameras[0].source", str(tmp_path / "car.toml")]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("street:demo?stop_s=8", None),
        ("street:nosuch", "source-invalid"),
        ("street:demo?cars=99", "source-invalid"),
        ("street:demo?colour=red", "source-invalid"),
        ("street:demo?", None),
        ("street:demo?stop_s", "source-invalid"),
    ],
)
def test_a_simulated_street_is_read_as_the_worker_reads_it(source: str, code: str | None, tmp_path: Path) -> None:
    """An unknown play, a parameter out of bounds and a misspelt one are found before the camera is started."""
    text = DEVICE.replace("rtsp://user:hunter2@10.0.0.1/1", source)
    told = [one.problem and one.problem.code for one in findings(device(tmp_path, text), {}) if one.check == "source"]
    assert told == [code]


def test_a_check_of_a_street_loads_nothing_that_sees(tmp_path: Path) -> None:
    """The street's words are read without its painter: no picture library comes into a check."""
    file = device(tmp_path, DEVICE.replace("rtsp://user:hunter2@10.0.0.1/1", "street:demo"))
    code = (
        "import sys; from pathlib import Path; from edge.agent.readiness import findings;"
        f"list(findings(Path({str(file)!r}), {{}})); print({{'cv2', 'numpy', 'cryptography'}} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "set()"


def test_a_key_that_is_none_is_found(tmp_path: Path) -> None:
    """A damaged device key is a finding; a good one is looked at and stays as it is."""
    folder = tmp_path / "data/store"
    key = FileKeyStore(folder).public_pem()
    assert [one.problem for one in findings(device(tmp_path), {}) if one.check == "key"] == [None]
    assert FileKeyStore(folder).public_pem() == key
    (folder / "device.key").write_text("junk", "utf-8")
    [found] = [one for one in findings(device(tmp_path), {}) if one.check == "key"]
    assert found.problem is not None
    assert found.problem.code == "key-unusable"


def test_a_check_makes_no_key(tmp_path: Path) -> None:
    """Where there is no key yet none is made: a check changes nothing."""
    (tmp_path / "data/store").mkdir(parents=True)
    assert [one for one in findings(device(tmp_path), {}) if one.check == "key"] == []
    assert list((tmp_path / "data/store").iterdir()) == []


def test_a_silent_name_server_does_not_hold_the_check_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver may take minutes; the check says after a while that there was no answer."""
    monkeypatch.setattr(readiness, "RESOLVE_S", 0.0)
    monkeypatch.setattr("edge.agent.readiness.Thread.start", lambda _self: None)
    monkeypatch.setattr("edge.agent.readiness.Thread.join", lambda _self, _timeout: None)
    last = list(findings(device(tmp_path), {}))[-1]
    assert last.problem is not None
    assert last.problem.detail["reason"] == "no answer within 0 s"


def test_a_person_sees_marks_words_and_a_next_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad finding says what is wrong, why, and what to do; its code leads to the reference."""
    assert main(["check", "--config", str(device(tmp_path, DEVICE.replace('"password"', '"missing"')))]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"✓ configuration {tmp_path}/device.toml"
    assert f"✗ file link.brokers[0].password_file {tmp_path}/missing" in lines
    assert any(line.startswith("  → ") and line.endswith("[file-unreadable]") for line in lines)


def test_a_terminal_that_knows_no_ticks_gets_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On plain ASCII the marks are letters, and a Chinese sentence is escaped rather than fatal."""
    monkeypatch.setenv("DONGTOU_LANG", "zh")
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    assert main(["check", "--config", str(device(tmp_path))]) == 0
    assert raw.getvalue().startswith(b"ok \\u914d\\u7f6e")


class Terminal(io.StringIO):
    """A terminal that writes UTF-8."""

    encoding = "UTF-8"

    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_and_can_be_declined() -> None:
    """NO_COLOR, set to anything, keeps a terminal plain; so does being no terminal."""
    assert marks_for(Terminal(), {}).good == "\x1b[32m✓\x1b[0m"
    assert marks_for(Terminal(), {"NO_COLOR": "1"}).good == "✓"


def test_each_value_is_shown_with_its_origin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File and line, variable, or package; a role's own defaults are shown too, and no secret is."""
    assert main(["config", "--origin", "--config", str(device(tmp_path))]) == 0
    told = {line.partition(" = ")[0]: " ".join(line.split()) for line in capsys.readouterr().out.splitlines()}
    assert told["device.name"] == f'device.name = "pole-7" # {tmp_path}/device.toml:2'
    assert told["link.root"] == 'link.root = "dt/1" # package defaults'
    assert told["roles.illegal_parking.zones[0].grace_s"].endswith("= 30.0 # package defaults")
    assert told["cameras[0].source"].startswith('cameras[0].source = "rtsp://user:***@10.0.0.1/1"')
    assert "hunter2" not in "".join(told.values())


def test_values_without_origin_are_bare_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --origin a line is a key and a value; a role that nobody knows is shown as it was written."""
    monkeypatch.setenv("DONGTOU_LINK__DEFLATE", "false")
    main(["config", "--config", str(device(tmp_path, DEVICE.replace("roles.illegal_parking", "roles.juggling")))])
    lines = capsys.readouterr().out.splitlines()
    assert "link.deflate = false" in lines
    assert "roles.juggling.zones[0].limit_s = 180" in lines


def test_programs_get_values_and_origins_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json gives real values, files and lines; the password of an address is masked there as well."""
    main(["config", "--json", "--config", str(device(tmp_path))])
    said = capsys.readouterr().out
    told = {one["key"]: one for one in json.loads(said)}
    assert told["cameras[0].detector.tiles"]["value"] == [1, 1]
    assert told["roles.illegal_parking.kinds"]["value"] == ["bus", "car", "truck", "van", "vehicle"]
    assert (told["device.name"]["file"], told["device.name"]["line"]) == (f"{tmp_path}/device.toml", 2)
    assert "hunter2" not in said
