# SPDX-License-Identifier: Apache-2.0
"""Loading a device's configuration, as a technician meets it."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Self, cast

import pytest
from pydantic import BaseModel, ConfigDict, model_validator

from edge.config.load import LoadedConfig, check_cameras, check_role, load_config
from edge.contract.problems import Language, ProblemError

DEVICE = """\
models = ["models/car.toml"]

[device]
name = "pole-7"

[[link.brokers]]
host = "hub.example"
password_file = "password"

[store]
folder = "data"

[[cameras]]
name = "street"
source = "street.mp4"

[roles.watching]
zones = ["a"]
picture = "mask.png"
"""


class Watching(BaseModel):
    model_config = ConfigDict(extra="forbid")

    zones: tuple[str, ...]
    picture: Path | None = None
    limit_s: float = 60.0

    @model_validator(mode="after")
    def _later(self) -> Self:
        if self.limit_s < 0:
            raise ValueError("the limit is in the past")
        return self


def write(folder: Path, text: str = DEVICE, name: str = "device.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def load(folder: Path, text: str = DEVICE, **variables: str) -> LoadedConfig:
    return load_config(
        write(folder, text), {f"DONGTOU_{key}": value for key, value in variables.items()}, folder / "etc"
    )


def mistakes(folder: Path, text: str, **variables: str) -> list[str]:
    """What is told of a wrong configuration: line or variable, and words."""
    with pytest.raises(ProblemError) as wrong:
        load(folder, text, **variables)
    assert wrong.value.problem.code == "config-invalid"
    told: Any = wrong.value.problem.detail["mistakes"]
    return [f"{one['line'] or one['variable']}: {one['says']}" for one in told]


def test_what_the_file_leaves_out_comes_from_the_defaults(tmp_path: Path) -> None:
    """A device is described by what is special about it; [camera] and [broker] fill each entry of their arrays."""
    loaded = load(tmp_path)
    assert loaded.config.link.brokers[0].port == 1883
    assert loaded.config.cameras[0].detector.kind == "motion"
    assert str(loaded.origin("cameras", 0, "fps")) == "package defaults"
    assert str(loaded.origin("device", "language")) == "package defaults"
    assert str(loaded.origin("link", "brokers", 0, "host")) == f"{tmp_path}/device.toml:7"


def test_the_later_layer_wins_and_says_so(tmp_path: Path) -> None:
    """Defaults, system folder, device file, environment: each overrides the one before, key by key."""
    write(tmp_path / "etc", '[link]\nroot = "a"\nack = "broker"\n[camera]\nfps = 3\n', "10-district.toml")
    text = DEVICE.replace("[store]", '[link]\nroot = "b"\n[store]')
    loaded = load(tmp_path, text, LINK__KEEPALIVE_S="30")
    link = loaded.config.link
    assert (link.root, link.ack, link.keepalive_s, link.window_batches) == ("b", "broker", 30, 16)
    assert loaded.config.cameras[0].fps == 3
    assert str(loaded.origin("link", "ack")) == f"{tmp_path}/etc/10-district.toml:3"
    assert str(loaded.origin("cameras", 0, "fps")) == f"{tmp_path}/etc/10-district.toml:5"
    assert str(loaded.origin("link", "keepalive_s")) == "DONGTOU_LINK__KEEPALIVE_S"


def test_a_device_file_inside_the_system_folder_is_read_once(tmp_path: Path) -> None:
    """The usual place of the device's file is the system folder itself; it is still the file that wins."""
    file = write(tmp_path, DEVICE, "a-device.toml")
    write(tmp_path, '[device]\nname = "other"\n', "z-later.toml")
    assert load_config(file, {}, tmp_path).config.device.name == "pole-7"


def test_a_named_list_of_brokers_replaces_the_one_below(tmp_path: Path) -> None:
    """Arrays are replaced whole: a device never speaks to a broker that its own file does not name."""
    write(tmp_path / "etc", '[[link.brokers]]\nhost = "one"\n[[link.brokers]]\nhost = "two"\n', "brokers.toml")
    assert [broker.host for broker in load(tmp_path).config.link.brokers] == ["hub.example"]


@pytest.mark.parametrize(
    ("variable", "text", "path", "value"),
    [
        ("LINK__BROKERS__0__HOST", "10.0.0.9", ("link", "brokers", 0, "host"), "10.0.0.9"),
        ("LINK__DEFLATE", "false", ("link", "deflate"), False),
        ("DEVICE__GROUPS", '["poles", "north"]', ("device", "groups"), ("poles", "north")),
        ("MODELS", "[]", ("models",), ()),
        ("CAMERA__FPS", "9", ("cameras", 0, "fps"), 9.0),
        ("STORE__FOLDER", "/data\nx = 1", ("store", "folder"), Path("/data\nx = 1")),
    ],
)
def test_the_environment_speaks_toml_or_plain_text(
    tmp_path: Path, variable: str, text: str, path: tuple[str | int, ...], value: object
) -> None:
    """A variable holds a TOML literal, or else its text is taken as it is; two underscores separate levels."""
    loaded = load(tmp_path, **{variable: text})
    found: Any = loaded.config
    for step in path:
        found = found[step] if isinstance(step, int) else getattr(found, step)
    assert found == value
    assert str(loaded.origin(*path)) == f"DONGTOU_{variable}"


def test_a_device_can_live_in_the_environment_alone(tmp_path: Path) -> None:
    """A container needs no file but an empty one: lists are made by their numbers."""
    loaded = load(tmp_path, "", DEVICE__NAME="x", LINK__BROKERS__0__HOST="a", LINK__BROKERS__1__HOST="b")
    assert [broker.host for broker in loaded.config.link.brokers] == ["a", "b"]


def test_other_programs_variables_are_left_alone(tmp_path: Path) -> None:
    """DONGTOU_LANG and its like share the prefix and are no settings."""
    assert load(tmp_path, LANG="zh", CONFIG="/x", EVIDENCE="y").language is Language.ZH


def test_relative_paths_lie_beside_the_file_that_names_them(tmp_path: Path) -> None:
    """Wherever the agent is started, files are found; role settings are treated alike; addresses are left alone."""
    text = (
        DEVICE + '[[cameras]]\nname = "b"\nsource = "rtsp://10.0.0.1/1"\ndetector = {kind = "onnx", model = "m.toml"}\n'
    )
    loaded = load(tmp_path, text)
    config = loaded.config
    assert config.store.folder == tmp_path / "data"
    assert config.models == (tmp_path / "models/car.toml",)
    assert config.link.brokers[0].password_file == tmp_path / "password"
    assert config.cameras[0].source == str(tmp_path / "street.mp4")
    assert config.cameras[1].source == "rtsp://10.0.0.1/1"
    assert config.cameras[1].detector.model == str(tmp_path / "m.toml")
    assert check_role(loaded, "watching", Watching).picture == tmp_path / "mask.png"


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Each with its line, what was expected and found, and the nearest name: nobody corrects one mistake at a time."""
    text = """\
[device]
nme = "pole"
[link]
ack = "hubb"
[[link.brokers]]
port = 99999
[[cameras]]
name = "a"
source = "rtsp://user:secret@h/"
fps = "fast"
evidence = 3
"""
    assert mistakes(tmp_path, text, LINK__DEFLTE="1") == [
        "1: device.name is missing",
        "2: device.nme is not a key here; did you mean name?",
        "5: link.brokers[0].host is missing",
        "6: link.brokers[0].port must be at most 65535, found 99999",
        "4: link.ack must be one of 'hub' or 'broker', found \"hubb\"; did you mean hub?",
        "DONGTOU_LINK__DEFLTE: link.deflte is not a key here; did you mean deflate?",
        '10: cameras[0].fps must be a number, found "fast"',
        "11: cameras[0].evidence must be a table, found 3",
    ]


def test_a_wrong_line_of_a_template_is_told_once(tmp_path: Path) -> None:
    """[camera] stands for every camera, and its one wrong line is one mistake."""
    text = DEVICE + '[[cameras]]\nname = "b"\nsource = "b.mp4"\n[camera]\ngates = true\n'
    assert mistakes(tmp_path, text) == ["24: cameras[0].gates is not a key here; did you mean gate?"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("camera = 3", "1: camera is not a key here; did you mean cameras?"),
        (
            "elephants = 3",
            (
                "1: elephants is not a key here; "
                "known are cameras, commands, device, hub, link, models, roles, signs, store"
            ),
        ),
        ("cameras = 3", "1: cameras must be a list in [brackets], found 3"),
    ],
)
def test_a_stray_line_at_the_top_is_named(tmp_path: Path, line: str, told: str) -> None:
    """A template that is no table, a key of nobody, a list that is none: told with line one, like any other mistake."""
    bare = DEVICE.partition("[[cameras]]")[0].partition("\n")[2]
    assert mistakes(tmp_path, f"{line}\n{bare}") == [told]


def test_a_variable_in_the_way_of_a_value_is_named(tmp_path: Path) -> None:
    """DONGTOU_LINK__ROOT__X makes a table of a text and ..BROKERS__HOST an entry that is no table: both are told."""
    told = mistakes(tmp_path, DEVICE, LINK__ROOT__X="1", LINK__BROKERS__HOST="h", STORE__FOLDER__7="1")
    assert told == [
        "DONGTOU_LINK__ROOT__X: link.root must be text in quotation marks, found {x = 1}",
        'DONGTOU_LINK__BROKERS__HOST: link.brokers[1] must be a table, found "h"',
        "DONGTOU_STORE__FOLDER__7: store.folder must be the name of a file, found {7 = 1}",
    ]


def test_values_that_disagree_are_mistakes_too(tmp_path: Path) -> None:
    """Two cameras of one name, and a longest wait below the shortest, are told with their lines."""
    text = DEVICE + '[[cameras]]\nname = "street"\nsource = "b.mp4"\n[link]\nbackoff_max_s = 0.1\n'
    assert mistakes(tmp_path, text) == [
        '21: cameras[1].name is already the name of another, found "street"',
        "24: link.backoff_max_s must not be below link.backoff_min_s, found 0.1",
    ]


def test_a_password_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    """What is told ends in logs: the value of an unknown key and the password of an address stay out of it."""
    text = DEVICE.replace('password_file = "password"', 'password = "hunter2"')
    told = mistakes(tmp_path, text + '[[cameras]]\nname = "b"\nsource = ["rtsp://u:hunter2@h/"]\n')
    assert len(told) == 2
    assert "hunter2" not in "".join(told)


def test_mistakes_are_told_in_the_language_of_the_reader(tmp_path: Path) -> None:
    """DONGTOU_LANG=zh gives the same mistakes in Chinese."""
    assert mistakes(tmp_path, "", LANG="zh", DEVICE__NAME="a")[0] == "None: 缺少 [[link.brokers]]；至少需要一个"


def test_a_file_that_is_no_toml_names_line_and_column(tmp_path: Path) -> None:
    """Syntax errors point at the character; one at the end of the text points there."""
    for text, place in (("a = 1\n[b\n", (2, 3)), ('a = 1\nb = "', (2, 6))):
        with pytest.raises(ProblemError) as wrong:
            load(tmp_path, text)
        assert wrong.value.problem.code == "config-syntax"
        assert (wrong.value.problem.detail["line"], wrong.value.problem.detail["column"]) == place


def test_a_file_that_is_not_there_or_not_text_is_said_to_be(tmp_path: Path) -> None:
    """Each way of not getting at the text has its own words."""
    codes = []
    (tmp_path / "latin.toml").write_bytes(b'a = "\xe9"')
    for path in (tmp_path / "missing.toml", tmp_path, tmp_path / "latin.toml"):
        with pytest.raises(ProblemError) as wrong:
            load_config(path, {}, tmp_path / "etc")
        codes.append(wrong.value.problem.code)
    assert codes == ["config-missing", "config-unreadable", "config-unreadable"]


def test_a_role_tells_its_mistakes_with_lines(tmp_path: Path) -> None:
    """A role's own settings are checked by its own model and told like any other part of the file."""
    loaded = load(tmp_path, DEVICE.replace('zones = ["a"]', "zone = 1\nlimit_s = true"))
    with pytest.raises(ProblemError) as wrong:
        check_role(loaded, "watching", Watching)
    told: Any = wrong.value.problem.detail["mistakes"]
    assert [(one["line"], one["key"], one["nearest"]) for one in told] == [
        (17, "roles.watching.zones", None),
        (18, "roles.watching.zone", "zones"),
    ]


def test_a_roles_own_rule_speaks_for_itself(tmp_path: Path) -> None:
    """What a role's model says of values that disagree is told in its own words, at the line of the table."""
    with pytest.raises(ProblemError) as wrong:
        check_role(load(tmp_path, DEVICE + "limit_s = -1"), "watching", Watching)
    told: Any = wrong.value.problem.detail["mistakes"]
    assert [(one["line"], one["expected"]) for one in told] == [(17, "roles.watching: the limit is in the past")]


def test_brokers_that_nobody_names_are_asked_of_the_devices_file(tmp_path: Path) -> None:
    """No package can name a device's brokers, so it is the device's file that lacks them, told as it is written."""
    text = DEVICE.replace('[[link.brokers]]\nhost = "hub.example"\npassword_file = "password"\n', "")
    with pytest.raises(ProblemError) as wrong:
        load(tmp_path, text)
    [told] = cast("list[Any]", wrong.value.problem.detail["mistakes"])
    assert told["file"] == f"{tmp_path}/device.toml"
    assert told["says"] == "[[link.brokers]] is missing; at least one such table is needed"


def test_programs_get_rule_value_and_sentence_apart(tmp_path: Path) -> None:
    """What is expected does not repeat what was found; the whole sentence stands beside them."""
    with pytest.raises(ProblemError) as wrong:
        load(tmp_path, DEVICE.replace("[store]", '[link]\nack = "hubb"\n[store]'))
    [told] = cast("list[Any]", wrong.value.problem.detail["mistakes"])
    assert told["expected"] == "link.ack must be one of 'hub' or 'broker'"
    assert (told["found"], told["nearest"]) == ('"hubb"', "hub")
    assert told["says"] == "link.ack must be one of 'hub' or 'broker', found \"hubb\"; did you mean hub?"


def test_a_camera_that_a_role_lacks_is_named(tmp_path: Path) -> None:
    """The problem says which role wants which camera, and which there are."""
    loaded = load(tmp_path)
    check_cameras(loaded, "watching", {"street"})
    with pytest.raises(ProblemError, match="needs the camera 'yard'") as wrong:
        check_cameras(loaded, "watching", {"street", "yard"})
    assert wrong.value.problem.detail["known"] == "street"


@pytest.mark.parametrize(
    ("line", "number"),
    [('cameras = ["street", "stret"]', 22), ('camera = "stret"', 22), ('by = "stret"', 17)],
    ids=["in-a-list", "alone", "under-another-key"],
)
def test_a_camera_is_pointed_at_where_it_is_named(line: str, number: int, tmp_path: Path) -> None:
    """The line that names the missing camera is told, with the nearest that is there; else the role's table is."""
    text = DEVICE + f'[[roles.watching.places]]\nname = "stret"\n{line}\n'
    with pytest.raises(ProblemError) as wrong:
        check_cameras(load(tmp_path, text), "watching", {"stret"})
    detail = wrong.value.problem.detail
    assert (detail["line"], detail["near"]) == (number, "street")
    assert detail["place"] == f"{tmp_path}/device.toml:{number}"


def test_loading_costs_pydantic_and_nothing_else() -> None:
    """A verb that only reads the configuration starts at once: no role, no model, no loop, no database comes along."""
    code = "import sys; import edge.config.load; print('\\n'.join(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = ("edge.roles", "edge.vision", "edge.core", "asyncio", "sqlite3", "cryptography", "numpy", "paho", "joserfc")
    assert not [name for name in modules if name.startswith(heavy)]
