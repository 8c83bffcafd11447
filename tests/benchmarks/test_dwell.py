# SPDX-License-Identifier: Apache-2.0
"""Films of time-stamped frames: names, zones and truth in every form that is allowed, and what counts as wrong."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.judged.device import Told
from benchmarks.judged.dwell import judge, measure
from benchmarks.judged.films import Film, Stood, films

SIX = 1_361_657_700_000_000
"""24 February 2013, 06:15 at +08:00."""
SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]


def folder_of(folder: Path, zones: str, text: str) -> Path:
    """A folder with three empty frames and a zones file."""
    folder.mkdir(exist_ok=True)
    for minute in (15, 20, 25):
        cv2.imwrite(str(folder / f"2013-02-24_06_{minute}_00.png"), np.full((90, 160, 3), 90, np.uint8))
    (folder / zones).write_text(text, "utf-8")
    return folder


def test_zones_in_every_form(tmp_path: Path) -> None:
    """The role's table or a list, fractions or pixels, with or without a name, a camera and a limit."""
    pixels = [[x * 160, y * 90] for x, y in SQUARE]
    forms = {
        "zones.toml": f'[[zones]]\nname = "Gate A"\nlimit_s = 600\npolygon = {SQUARE}\n',
        "zones.json": json.dumps([{"points": pixels, "limit_s": 600, "name": "gate-a"}]),
    }
    for number, (name, text) in enumerate(forms.items()):
        (film,) = films(folder_of(tmp_path / str(number), name, text))
        (zone,) = film.settings.zones
        assert (zone.name, zone.limit_s, zone.polygon) == ("gate-a", 600, tuple(map(tuple, SQUARE)))
    (film,) = films(folder_of(tmp_path / "named", "zones.json", json.dumps({"zones": {"kerb": SQUARE}})))
    assert (film.limits_s, film.truth, len(list(film.frames))) == ({"kerb": 300.0}, None, 3)


def test_truth_in_both_forms_and_folders_for_cameras(tmp_path: Path) -> None:
    """One zones file for several folders, truth beside it by camera, in seconds or instants."""
    for camera in ("east", "west"):
        folder_of(tmp_path / camera, "unused.txt", "")
    zones = [
        {"name": "kerb", "polygon": SQUARE, "camera": "east"},
        {"name": "gate", "polygon": SQUARE, "camera": "west"},
    ]
    (tmp_path / "zones.json").write_text(json.dumps(zones), "utf-8")
    (tmp_path / "truth.csv").write_text(
        "camera,zone,first_seen,last_seen,dwell_s\neast,kerb,2013-02-24_06_15_00,2013-02-24T06:25:00,\n"
        "west,gate,300,,300\nwest,nowhere,0,,300\n",
        "utf-8",
    )
    east, west = films(tmp_path)
    assert east.truth == (Stood("kerb", SIX, SIX + 600_000_000),)
    assert west.truth == (Stood("gate", SIX + 300_000_000, SIX + 600_000_000),)


def test_wrong_and_missed_cases_count(tmp_path: Path) -> None:
    """Who stood for less than the limit is no case; one that nobody knows is made up, one not told is missed."""
    (film,) = films(folder_of(tmp_path / "one", "zones.json", json.dumps([{"name": "kerb", "polygon": SQUARE}])))
    truth = (Stood("kerb", SIX, SIX + 400_000_000), Stood("kerb", SIX + 900_000_000, SIX + 1_000_000_000))
    spans = ((1_000_000, 400_000_000), (950_000_000, 1_300_000_000))
    told = [Told("kerb", SIX + first, SIX + last) for first, last in spans]
    assert judge(told, truth, film) == (1, [1.0])
    assert judge([], truth, Film("x", film.settings, (), truth)) == (1, [])


def test_nothing_to_judge(tmp_path: Path) -> None:
    """A folder without zones, and one whose frames cannot be read, give no figures but a line that says what lacks."""
    with pytest.raises(FileNotFoundError, match=r"neither zones.toml or zones.json with frames"):
        measure(tmp_path)
    folder = folder_of(tmp_path / "torn", "zones.json", json.dumps([{"name": "kerb", "polygon": SQUARE}]))
    for frame in folder.glob("*.png"):
        frame.write_bytes(b"no picture")
    with pytest.raises(ValueError, match="no frame of torn can be read"):
        measure(folder)


def test_chinese_names_stay_apart(tmp_path: Path) -> None:
    """Two zones with Chinese names in files that begin with a mark are two zones, and truth finds its own."""
    zones = [{"name": name, "polygon": SQUARE} for name in ("东侧", "西侧")]
    folder = folder_of(tmp_path / "码头", "zones.json", "\ufeff" + json.dumps(zones, ensure_ascii=False))
    (folder / "truth.csv").write_text("\ufeffzone,first_seen,dwell_s\r\n西侧,0,400\r\n", "utf-8")
    (film,) = films(folder)
    east, west = (zone.name for zone in film.settings.zones)
    assert east != west
    assert film.truth == (Stood(west, SIX, SIX + 400_000_000),)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("zones.json", "[{", "JSON is expected"),
        ("zones.json", '["a"]', "not laid out as it should be"),
        ("zones.json", '[{"name": "a", "polygon": [[0, 0], [1, 1]]}]', "polygon: Tuple should have at least 3 items"),
        ("truth.json", '[{"dwell_s": 4}]', "there is no 'first_seen'"),
        ("truth.json", '["a"]', "a row has `zone`, `first_seen`"),
    ],
)
def test_what_cannot_be_understood_is_told_with_its_file(tmp_path: Path, name: str, text: str, told: str) -> None:
    """A slip in either file ends in a line with the file's name and what belongs there, in no traceback."""
    folder = folder_of(tmp_path / "one", "zones.json", json.dumps([{"name": "kerb", "polygon": SQUARE}]))
    (folder / name).write_text(text, "utf-8")
    with pytest.raises(ValueError, match=told) as refused:
        films(folder)
    assert str(folder / name) in str(refused.value)
