# SPDX-License-Identifier: Apache-2.0
"""Which plates are judged: names of crops and lists of photographs in the forms that other tools write them."""

from pathlib import Path

import pytest

from benchmarks.judged.left_out import LeftOut
from benchmarks.judged.plates import listed, measure, text_of


@pytest.mark.parametrize("name", ["皖A00B01.jpg", "皖A00B01_2.png", "皖A00B01-2.jpg", "皖A·00b01 (3).PNG"])
def test_a_crop_is_named_for_its_plate(name: str) -> None:
    """What counts is the plate, not the number of the copy, the dot, or small letters."""
    assert text_of(Path(name)) == "皖A00B01"


def test_a_list_in_any_order(tmp_path: Path) -> None:
    """A mark before the first byte, other columns, carriage returns; plates that nobody could read are counted."""
    file = tmp_path / "labels.csv"
    rows = ["text, File,remark,kind", 'a·1,x.png,"one, two",blue', ",y.png,,none", ",z.png,,yellow", "b 2,x.png,,blue"]
    file.write_text("\ufeff" + "\r\n".join(rows), "utf-8")
    left_out = LeftOut()
    assert listed(file, left_out) == {"x.png": ["A1", "B2"], "y.png": [""]}
    assert left_out.why == {"rows without a file or a plate's text": ["z.png"]}


def test_a_list_without_its_columns(tmp_path: Path) -> None:
    """It is said which columns are needed, in no traceback."""
    file = tmp_path / "labels.csv"
    file.write_text("x.png;blue;A1\n", "utf-8")
    with pytest.raises(ValueError, match="must name the columns file, kind and text"):
        listed(file, LeftOut())


def test_a_folder_without_plates_gives_no_figures(tmp_path: Path) -> None:
    """Nought of nought would look like a figure: it is said what is looked for."""
    with pytest.raises(FileNotFoundError, match="no plate is labelled"):
        measure(tmp_path)
