# SPDX-License-Identifier: Apache-2.0

import subprocess
import sys
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest

from benchmarks.judged.plates import measure
from edge.config.models import Plates
from edge.contract.problems import ProblemError
from edge.vision.plates.build import build_finder, build_reader
from edge.vision.plates.cutout import PlateFound, colour_of, joined, sharpness, straightened
from edge.vision.plates.finder import ModelFinder
from edge.vision.plates.reading import PlateReader
from edge.vision.plates.recogniser import SmallReader
from edge.vision.plates.search import SearchingFinder
from edge.vision.source import Image
from models.catalog import standard_catalog
from tests.vision.plates.scene import (
    BLACK,
    CROPS,
    MODELS,
    PHOTOS,
    WHITE,
    YELLOW,
    drawn,
    drawn_in_two_lines,
    needs_crops,
    needs_finder,
    needs_ppocr,
    on_a_car,
)

WHOLE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)


@pytest.fixture(scope="module")
def careful() -> PlateReader:
    return build_reader("ppocr", ())


def seen(plate: Image, width: int = 180) -> Image:
    """The plate as a camera shows it from some way off."""
    small = cv2.resize(plate, (width, round(width * plate.shape[0] / plate.shape[1])), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.uint8)


def cut_out(plate: Image, *, two_lines: bool = False) -> Image:
    corners = WHOLE * np.array([plate.shape[1], plate.shape[0]], np.float32)
    return straightened(plate, PlateFound(corners.astype(np.float32), 1.0, two_lines))


@needs_ppocr
@pytest.mark.parametrize(
    ("text", "ground", "ink"),
    [("闽B7Q248", (150, 60, 10), WHITE), ("浙CD15790", (130, 200, 90), BLACK), ("云A4371警", WHITE, BLACK)],
)
def test_plates_of_one_line(
    careful: PlateReader, text: str, ground: tuple[int, int, int], ink: tuple[int, int, int]
) -> None:
    """A car's, a new-energy car's with its eight characters, a policeman's: all are read, and with certainty."""
    reading = careful.read(cut_out(seen(drawn(text, ground, ink))))
    assert reading is not None
    assert reading.text == text
    assert reading.sure > 0.9


@needs_ppocr
@pytest.mark.parametrize("text", ["粤B52863", "鲁K4826挂"])
def test_plates_of_two_lines(careful: PlateReader, text: str) -> None:
    """The upper line is laid to the left of the lower one, and then it is a plate like any other."""
    reading = careful.read(cut_out(seen(drawn_in_two_lines(text)), two_lines=True))
    assert reading is not None
    assert reading.text == text


@pytest.mark.parametrize("reader", ["small", pytest.param("auto", marks=needs_ppocr)])
def test_who_is_asked_about_a_text_tells_it(reader: Literal["small", "auto"]) -> None:
    """A text that no view thought of is told as well, as what it is worth; where nothing is written there is none."""
    eyes = build_reader(reader, ())
    reading = eyes.read_closely(cut_out(seen(drawn("闽B7Q248"))), ["云A43715"])
    assert reading is not None
    assert reading.text.endswith("B7Q248")
    told = {one.text: one.log_p for one in reading.candidates}
    assert told["云A43715"] < told[reading.text] - 5
    assert eyes.read_closely(np.full((48, 163, 3), 90, np.uint8), ["云A43715"]) is None


def test_two_lines_become_one() -> None:
    """The joined strip has the height of a line, and ink of both lines."""
    strip = joined(seen(drawn_in_two_lines("粤B52863"), 200))
    assert strip.shape == (48, 240, 3)
    dark = strip.max(axis=2) < 120
    assert dark[:, :85].any()
    assert dark[:, 90:].any()


@pytest.mark.parametrize(
    ("ground", "ink", "colour"),
    [
        ((150, 60, 10), WHITE, "blue"),
        (YELLOW, BLACK, "yellow"),
        ((90, 190, 90), BLACK, "green"),
        (WHITE, BLACK, "white"),
    ],
)
def test_colour_of_the_ground(ground: tuple[int, int, int], ink: tuple[int, int, int], colour: str) -> None:
    """The ground's colour is told, whatever is written on it."""
    assert colour_of(cut_out(drawn("闽B7Q248", ground, ink))) == colour


def test_blur_shows_in_sharpness() -> None:
    """A blurred plate weighs less than the same one in focus."""
    sharp = cut_out(drawn("闽B7Q248"))
    assert sharpness(np.asarray(cv2.GaussianBlur(sharp, (0, 0), 3), np.uint8)) < sharpness(sharp) / 2


def test_searching_finds_a_plate_on_a_car() -> None:
    """Without any model a blue plate on a dark car is the first place that is proposed."""
    found = SearchingFinder().find(on_a_car(drawn("闽B7Q248"), 120, (260, 200)))
    assert found
    assert abs(found[0].corners.mean(axis=0) - (320, 219)).max() < 6
    assert 100 < found[0].width_px < 140


def test_searching_finds_nothing_on_an_empty_street() -> None:
    """A picture without structure proposes no place."""
    assert SearchingFinder().find(np.full((360, 640, 3), 128, np.uint8)) == []


@needs_finder
@needs_crops
@needs_ppocr
@pytest.mark.parametrize("model", [None, "plate_y5fu_320"])
def test_whole_photographs(tmp_path: Path, careful: PlateReader, model: str | None) -> None:
    """With the added model and without any, a plate in a street photograph is found, straightened and read."""
    finder = build_finder(Plates(finder=model), [MODELS])
    lines = (PHOTOS / "labels.csv").read_text("utf-8").splitlines()[1:3]
    for file, _, text in (line.split(",") for line in lines):
        picture = np.asarray(cv2.imread(str(PHOTOS / file)), np.uint8)
        readings = [careful.read(straightened(picture, one)) for one in finder.find(picture)]
        assert [one.text == text for one in readings if one is not None and one.sure > 0.9] == [True]


@needs_crops
@needs_ppocr
def test_benchmark_copes_with_little(tmp_path: Path) -> None:
    """A folder with two crops, one of them named twice, and no photographs gives all six figures."""
    crops = tmp_path / "plates" / "crops"
    crops.mkdir(parents=True)
    for place, file in enumerate(sorted(CROPS.iterdir())[:2]):
        (crops / f"{file.stem}_{place}.jpg").write_bytes(file.read_bytes())
    assert measure(tmp_path) == {
        "crops_exact": 2,
        "crops_total": 2,
        "right_at_95_coverage": 1.0,
        "photos_exact": 0,
        "photos_total": 0,
        "false_reads": 0,
    }


def test_the_wheels_code_is_never_loaded() -> None:
    """Of the recogniser's package only a file is read: its code would bring other libraries with it."""
    code = (
        "import sys; from edge.vision.plates.build import build_reader; build_reader('auto', ());"
        "sys.exit('rapidocr_onnxruntime' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_named_reader_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for the careful reader on a device without it is told so, with its next step."""
    monkeypatch.setattr("edge.vision.plates.build.ppocr_reader", lambda: None)
    with pytest.raises(ProblemError) as wrong:
        build_reader("ppocr", ())
    assert wrong.value.problem.code == "plate-reader-missing"


def test_a_named_finder_must_be_there() -> None:
    """A finder that nobody knows is a problem at the start, not at the first car."""
    with pytest.raises(ProblemError) as wrong:
        build_finder(Plates(finder="plate_nobody_knows"), ())
    assert wrong.value.problem.code == "model-unknown"


def test_a_reader_is_no_finder() -> None:
    """A model of another layout is refused in both places."""
    small = standard_catalog().open("dongtou_plate")
    with pytest.raises(ProblemError):
        ModelFinder(small)
    assert SmallReader(small).columns(seen(drawn("闽B7Q248"))).shape == (32, 73)
